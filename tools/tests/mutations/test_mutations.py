"""The gate's own test: each mistake in this tree is named, on the line to edit; ordinary changes are not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from presync.base.finding import Severity
from presync.rules.registry import registry

from .support import Case, Remembering, cases, dangers, findings, place, shown

MISTAKES, ORDINARY = cases("mistakes"), cases("ordinary")
# Rules that no edit of this tree can lead to, and why.
WITHOUT: Mapping[str, str] = {
    "PRE000": "a fault of presync itself",
}


@pytest.fixture(scope="module")
def engine() -> Iterator[Remembering]:
    with Remembering() as shared:
        yield shared


@pytest.fixture(scope="module")
def before(engine: Remembering) -> frozenset[str]:
    """What is said of the tree as it is."""
    return frozenset(one.fingerprint for one in findings(engine, {}))


@pytest.mark.parametrize("case", MISTAKES, ids=lambda case: case.name)
def test_mistake(engine: Remembering, before: frozenset[str], case: Case) -> None:
    files = case.files(engine)
    found = [one for one in findings(engine, files, case.without) if one.fingerprint not in before]
    expected = case.expect
    for one in found:
        file, line = place(one, files)
        said = expected.get("line", "") in line and expected.get("message", "") in one.message
        if said and (one.rule, file) == (expected["rule"], expected["file"]):
            return
    pytest.fail(f"expected {dict(expected)}, there is:\n" + "\n".join(shown(one, files) for one in found))


@pytest.mark.parametrize("case", ORDINARY, ids=lambda case: case.name)
def test_ordinary_change(engine: Remembering, before: frozenset[str], case: Case) -> None:
    files = case.files(engine)
    found = [one for one in findings(engine, files) if one.fingerprint not in before]
    wrong = [one for one in found if one.rule not in case.notes or one.severity is not Severity.INFO]
    assert [shown(one, files) for one in wrong] == []


def test_enough_of_both() -> None:
    assert len(MISTAKES) >= 75
    assert len(ORDINARY) >= 25


def test_every_rule_has_a_mutation() -> None:
    caught = {case.expect["rule"] for case in MISTAKES} | {danger.rule for danger in dangers()}
    assert {rule.id for rule in registry()} - caught == WITHOUT.keys()
