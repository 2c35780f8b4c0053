"""Suites: this repository's, the layout of a new policy, and what a suite may get wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PRESYNC = Path(sys.executable).parent / "presync"
ROOT = Path(__file__).resolve().parents[3]


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    words = [str(PRESYNC), *map(str, arguments)]
    return subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    """A new policy, as it is laid out."""
    done = run("-C", tmp_path, "new", "policy", "owner-label")
    assert done.returncode == 0, done.stderr
    return tmp_path / "policies" / "owner-label"


def results(folder: Path, *more: object) -> tuple[int, Any]:
    done = run("-C", folder, "test", *more, "-o", "json")
    return done.returncode, json.loads(done.stdout)["suites"]


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def test_those_of_this_repository_pass() -> None:
    done = run("-C", ROOT, "test", "policies")
    assert done.returncode == 0, done.stdout


def test_every_policy_has_a_suite_and_is_listed() -> None:
    listed = (ROOT / "policies" / "kustomization.yaml").read_text()
    for file in (ROOT / "policies").glob("*/constraint.yaml"):
        assert (file.parent / "suite.yaml").is_file()
        assert f"  - {file.parent.name}/constraint.yaml\n" in listed


def test_a_new_policy_passes(policy: Path) -> None:
    code, suites = results(policy.parent)
    assert code == 0
    assert [case["messages"] for case in suites[0]["tests"][0]["cases"]] == [
        [],
        ["Deployment web needs the label owner"],
    ]


def test_a_new_policy_is_listed_and_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "policies").mkdir()
    listed = tmp_path / "policies" / "kustomization.yaml"
    listed.write_text("resources:\n  - zones/constraint.yaml\n")
    assert run("-C", tmp_path, "new", "policy", "owner").returncode == 0
    assert listed.read_text() == "resources:\n  - owner/constraint.yaml\n  - zones/constraint.yaml\n"
    assert run("-C", tmp_path, "new", "policy", "owner").returncode == 2
    assert run("-C", tmp_path, "new", "policy", "../x").returncode == 2


def test_a_failure_says_what_came(policy: Path) -> None:
    edit(policy / "suite.yaml", "label owner$", "label team$")
    done = run("-C", policy, "test")
    assert done.returncode == 1
    assert 'got 0 violations containing "^Deployment web needs the label team$" but want exactly 1' in done.stdout
    assert "Deployment web needs the label owner" in done.stdout
    assert results(policy, "--run", "owner-label//allowed")[0] == 0
    assert 'failures="1"' in run("-C", policy, "test", "-o", "junit").stdout


def test_what_cannot_be_told_is_neither(policy: Path) -> None:
    edit(policy / "template.yaml", "object_ := input", "http.send({})\n                object_ := input")
    code, suites = results(policy)
    assert code == 2
    assert suites[0]["undetermined"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("constraint: constraint.yaml", "constraint: nowhere.yaml", "nowhere.yaml"),
        ("object: samples/denied.yaml", "object: ../../../../../../etc/passwd", "leads out of"),
        ("template: template.yaml", "template: samples/allowed.yaml", "samples/allowed.yaml"),
    ],
)
def test_a_suite_that_cannot_run(policy: Path, old: str, new: str, message: str) -> None:
    edit(policy / "suite.yaml", old, new)
    code, suites = results(policy)
    assert code == 1
    assert message in json.dumps(suites)


def test_an_invalid_constraint(policy: Path) -> None:
    edit(policy / "suite.yaml", "    cases:", "    invalid: true\n    cases:")
    assert results(policy)[0] == 1
    edit(policy / "constraint.yaml", "label: owner", "label: 7")
    assert results(policy)[0] == 0


def test_an_inventory_and_a_request(policy: Path) -> None:
    asks = ['input.review.operation == "UPDATE"', 'data.inventory.namespace["web-dev"]', "not object_.metadata.labels"]
    edit(policy / "template.yaml", asks[-1], "\n                ".join(asks))
    denied = (policy / "samples" / "denied.yaml").read_text().splitlines()
    lines = ["apiVersion: admission.k8s.io/v1", "kind: AdmissionReview", "request:", "  operation: UPDATE", "  object:"]
    (policy / "samples" / "request.yaml").write_text("\n".join([*lines, *(f"    {line}" for line in denied)]))
    found = "object: samples/request.yaml\n        inventory: [samples/allowed.yaml]"
    edit(policy / "suite.yaml", "object: samples/denied.yaml", found)
    assert results(policy)[0] == 0


def test_no_suite_is_an_error(tmp_path: Path) -> None:
    assert run("-C", tmp_path, "test").returncode == 2
    assert run("test", tmp_path / "nowhere").returncode == 2
