"""Mistakes that the other tools are made for, written without looking at what presync says of them.

Each is a file of ``cases`` like those of ``tests/mutations``; ``expect`` says where the mistake is, not which rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from compare.mutants import Mutant
from presync.base.finding import Finding
from tests.mutations.support import Case, cases, place

FOLDER = Path(__file__).parent / "cases"


def theirs() -> list[Case]:
    """Every one, by file name."""
    return cases(str(FOLDER))


def said(case: Case, base: Mutant, mutant: Mutant, files: Mapping[str, bytes | None]) -> tuple[Finding | None, bool]:
    """What presync says of it that it does not say of the clean tree, and whether that is on the line."""
    known = {_key(one) for one in base.findings}
    new = [one for one in mutant.findings if _key(one) not in known]
    for one in new:
        file, line = place(one, files)
        if file == case.expect["file"] and case.expect["line"] in line:
            return one, True
    return (new[0] if new else None), False


def _key(one: Finding) -> tuple[str, str, str, str]:
    return one.rule, one.resource, one.field, one.message
