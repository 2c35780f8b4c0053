"""`presync diff` on this tree: each danger is told, what looks alike is not, and ordinary changes have none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from presync.base.finding import Finding, Severity
from presync.rules.registry import registry

from .support import Case, Danger, Remembering, cases, change_findings, dangers, shown

DANGERS, ORDINARY = dangers(), cases("ordinary")
OF_THE_WHOLE = {"CHG015", "CHG016"}  # findings about the change itself, which no line of it causes
# What these changes do, and their authors want: it is said, and it is right.
MEANT: Mapping[str, frozenset[str]] = {
    "operator-upgrade": frozenset({"CHG012"}),
    "image-mirror": frozenset({"CHG011"}),
    "tighter-threshold": frozenset({"CHG020"}),  # what was stored may be refused from now on
}


@pytest.fixture(scope="module")
def engine() -> Iterator[Remembering]:
    with Remembering() as shared:
        yield shared


def told(findings: list[Finding]) -> list[str]:
    return [shown(one, {}) for one in findings]


@pytest.mark.parametrize("danger", DANGERS, ids=lambda danger: danger.name)
def test_danger(engine: Remembering, danger: Danger) -> None:
    found = change_findings(engine, *danger.states(engine, danger.danger, pins=False))
    mine = [one for one in found if one.rule == danger.rule]
    assert mine, told(found)
    least = Severity.INFO if danger.severity == "info" else Severity.WARNING
    assert any(one.severity is Severity.ERROR or one.severity is least for one in mine), told(mine)
    assert all(one.remedy for one in mine)
    assert all(one.location.file or one.rule in OF_THE_WHOLE for one in mine)


@pytest.mark.parametrize("danger", DANGERS, ids=lambda danger: danger.name)
def test_what_looks_alike(engine: Remembering, danger: Danger) -> None:
    found = change_findings(engine, *danger.states(engine, danger.harmless, pins=danger.pins))
    quiet = danger.severity != "info"
    assert not told([one for one in found if one.rule == danger.rule and not (quiet and one.severity is Severity.INFO)])


@pytest.mark.parametrize("case", ORDINARY, ids=lambda case: case.name)
def test_ordinary_change(engine: Remembering, case: Case) -> None:
    found = change_findings(engine, {}, case.files(engine))
    meant = MEANT.get(case.name, frozenset())
    assert not told([one for one in found if one.severity is not Severity.INFO and one.rule not in meant])


def test_every_danger_has_a_pair() -> None:
    assert {rule.id for rule in registry() if rule.change is not None} == {danger.rule for danger in DANGERS}
    assert len(ORDINARY) >= 20
