"""The gate's own test: each mistake in this tree is named, on the line to edit; ordinary changes are not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from presync.base.finding import Finding
from presync.engine import Engine

from .support import cases, changed, findings, repository


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(1) as shared:
        yield shared


@pytest.fixture(scope="module")
def before(engine: Engine) -> frozenset[str]:
    """What is said of the tree as it is."""
    return frozenset(one.fingerprint for one in findings(engine, {}))


@pytest.mark.parametrize(("name", "case"), [pytest.param(*case, id=case[0]) for case in cases("mistakes")])
def test_mistake(engine: Engine, before: frozenset[str], name: str, case: Mapping[str, Any]) -> None:
    files = changed(case["edits"])
    found = [one for one in findings(engine, files) if one.fingerprint not in before]
    expected = case["expect"]
    matching = [one for one in found if one.rule == expected["rule"]]
    assert matching, f"{expected['rule']} says nothing; there is: {[_shown(one) for one in found]}"
    places = [_place(one, files) for one in matching]
    assert any(file == expected["file"] and str(expected.get("line", "")) in line for file, line in places), (
        f"expected {expected['file']} with {expected.get('line')!r}, got {places}"
    )
    assert any(expected.get("message", "") in one.message for one in matching), [one.message for one in matching]


@pytest.mark.parametrize(("name", "case"), [pytest.param(*case, id=case[0]) for case in cases("ordinary")])
def test_ordinary_change(engine: Engine, before: frozenset[str], name: str, case: Mapping[str, Any]) -> None:
    found = [one for one in findings(engine, changed(case["edits"])) if one.fingerprint not in before]
    assert [_shown(one) for one in found] == []


def _place(finding: Finding, files: Mapping[str, bytes | None]) -> tuple[str, str]:
    """The file, and the text of the line, so that cases do not break when lines move."""
    place = finding.location
    data = files.get(place.file) or (
        repository().worktree.read(place.file) if repository().worktree.is_file(place.file) else b""
    )
    lines = data.decode().split("\n")
    return place.file, lines[place.line - 1] if 0 < place.line <= len(lines) else ""


def _shown(finding: Finding) -> str:
    return f"{finding.rule} {finding.location} {finding.field} {finding.message}"
