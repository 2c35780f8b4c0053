"""presync gives what the real Argo CD gave for the same input, or says that it cannot tell.

The answers of Argo CD are files (`python -m parity record` writes them again), so that this runs without it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from parity import cases, goldens
from parity.model import Case
from parity.replay import replay
from parity.verdict import DIFFERS, judge
from presync.engine import Engine

CASES = cases.read()


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(workers=1) as one:
        yield one


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_as_argo_cd_does(case: Case, engine: Engine, tmp_path: Path) -> None:
    assert goldens.exists(case), f"python -m parity record {case.id}"
    verdict = judge(case, goldens.read(case), replay(cases.write(case, tmp_path), engine))
    assert verdict.result != DIFFERS, "\n".join([case.why, *map(str, verdict.differences)])


def test_no_result_without_a_case() -> None:
    recorded = {file.parent.parent for file in cases.ROOT.glob("*/*/expected/version")}
    assert recorded == {goldens.folder(case).parent for case in CASES}


def test_all_results_are_of_one_version() -> None:
    versions = {(goldens.folder(case) / goldens.VERSION).read_text().strip() for case in CASES}
    assert len(versions) == 1


def test_enough_cases_and_few_of_them_unsupported() -> None:
    counts = Counter(bool(case.unsupported) for case in CASES)
    assert counts.total() >= 120
    assert counts[True] <= counts.total() // 20
