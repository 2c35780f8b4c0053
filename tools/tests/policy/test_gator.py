"""The same verdicts and messages as Gatekeeper's own ``gator verify``, case by case."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from controlplane import build
from gatekeeper.programs import GATEKEEPER

ROOT = Path(__file__).resolve().parents[3]
PRESYNC = Path(sys.executable).parent / "presync"
BUILT = build.folder_of(GATEKEEPER) / "bin" / "gator"
SUITES = sorted(path.relative_to(ROOT) for path in (ROOT / "policies").glob("*/suite.yaml"))
_CASE = re.compile(
    r"--- FAIL: (\S+)\t[^\n]*\n\s*unexpected number of violations:.*?got messages \[(.*?)\]\n", re.DOTALL
)


def gator() -> str:
    named = os.environ.get("PRESYNC_GATOR")
    found = named or (str(BUILT) if BUILT.is_file() else shutil.which("gator"))
    if not found:
        pytest.skip("NOT TRIED: gator is missing; `make gatekeeper` builds it (needs Go), or name it in PRESYNC_GATOR")
    return found


@pytest.mark.oracle
@pytest.mark.parametrize("suite", SUITES, ids=lambda path: path.parent.name)
def test_same_verdict(suite: Path) -> None:
    done = subprocess.run([gator(), "verify", suite.parent], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.oracle
@pytest.mark.parametrize("suite", SUITES, ids=lambda path: path.parent.name)
def test_same_messages(suite: Path, tmp_path: Path) -> None:
    program = gator()
    shutil.copytree(ROOT / "policies", tmp_path / "policies")
    copy = tmp_path / suite
    # A count that nothing reaches makes gator print the messages of every case.
    text = re.sub(
        r"(assertions:\n)(?:\s+(?:- )?(?:violations|message):.*\n?)+",
        r"\1          - violations: 999\n",
        copy.read_text(),
    )
    copy.write_text(text)
    done = subprocess.run([program, "verify", "-v", copy.parent], capture_output=True, text=True, check=False)
    theirs = _CASE.findall(done.stdout)
    found = subprocess.run(
        [PRESYNC, "-C", ROOT, "test", suite.parent, "-o", "json"], capture_output=True, text=True, check=True
    )
    ours = [case for test in json.loads(found.stdout)["suites"][0]["tests"] for case in test["cases"]]
    assert [name for name, _ in theirs] == [case["name"] for case in ours]
    for (name, rest), case in zip(theirs, ours, strict=True):
        for message in case["messages"]:
            assert message in rest, name
            rest = rest.replace(message, "", 1)  # noqa: PLW2901 - what is left of it
        assert not rest.strip(), name
