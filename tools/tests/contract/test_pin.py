"""presync pin writes what is rendered, where it stands, and nothing else."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from presync.contract.pinning import plan
from presync.contract.pins import pins
from tests.commands.conftest import Run

from .conftest import STALE, TREE, Load

HASH = "sha256:" + hashlib.sha256(b'{"featureSets": {}}').hexdigest()
DEV = hashlib.sha256(b"dev").hexdigest()
PROD = hashlib.sha256(b"prod").hexdigest()


def test_only_the_hashes_change(small: Path, run: Run) -> None:
    before = {path: path.read_text() for path in small.rglob("*.yaml")}
    done = run("-C", small, "pin")
    assert done.returncode == 0, done.stderr
    changed = {str(path.relative_to(small)) for path, text in before.items() if path.read_text() != text}
    assert changed == {"envs/dev/model/values.yaml", "envs/prod/model/values.yaml"}
    dev = TREE["envs/dev/model/values.yaml"]
    assert (small / "envs/dev/model/values.yaml").read_text() == dev.replace(STALE, HASH).replace("a2" * 32, DEV)
    assert "envs/dev/model/values.yaml:5:3: contract.hash is sha256:" in done.stdout

    again = run("-C", small, "pin")
    assert (again.returncode, again.stdout) == (0, "every pin is current: 4 in 2 Applications\n")


def test_a_hash_that_nobody_sets_is_added_to_the_own_file(small: Path, run: Run) -> None:
    assert run("-C", small, "pin", "--env", "prod").returncode == 0
    text = (small / "envs/prod/model/values.yaml").read_text()
    assert text.startswith("# Nothing yet.\n")
    assert f"  hash: {HASH}\n" in text
    assert STALE in (small / "envs/dev/model/values.yaml").read_text()  # another environment


def test_check_writes_nothing_and_names_the_command(small: Path, run: Run) -> None:
    done = run("-C", small, "pin", "--check")
    assert done.returncode == 1
    assert "is to be" in done.stdout
    assert "Run: presync pin" in done.stderr
    assert (small / "envs/dev/model/values.yaml").read_text() == TREE["envs/dev/model/values.yaml"]
    run("-C", small, "pin")
    assert run("-C", small, "pin", "--check").returncode == 0


def test_check_finds_what_pin_mends(small: Path, run: Run) -> None:
    def rules() -> set[str]:
        return set(re.findall(r"\bCON\d{3}\b", run("-C", small, "check").stdout))

    assert {"CON001", "CON002"} <= rules()
    run("-C", small, "pin")
    assert not {"CON001", "CON002"} & rules()


def test_what_only_a_person_can_write_is_said(small: Path, opened: Load) -> None:
    (small / "envs/dev/model/values.yaml").write_text(f"contract: {{hash: &pin {STALE}}}\n")
    platform = opened(small)
    todo = plan(platform, list(pins(platform)))
    stuck = [f"{one.location}: {one.message}" for one in todo.stuck if one.location.file.startswith("envs/dev")]
    assert any("has an anchor or a tag: write contract.hash: sha256:" in one for one in stuck), stuck
    assert any("braces" in one for one in stuck), stuck


def test_a_line_that_two_environments_read(small: Path, opened: Load) -> None:
    """The contract's hash is the same for both; the configuration's is not, and nothing is guessed."""
    set_file = small / "apps/all.yaml"
    set_file.write_text(set_file.read_text().replace('valueFiles: ["', 'valueFiles: ["/envs/all.yaml", "'))
    (small / "envs/all.yaml").write_text(f"contract:\n  hash: {STALE}\n  config: {'a2' * 32}\n")
    for environment in ("dev", "prod"):
        (small / f"envs/{environment}/model/values.yaml").write_text("words: none\n")
    platform = opened(small)
    todo = plan(platform, list(pins(platform)))
    (edit,) = todo.edits
    assert (edit.file, edit.key, edit.new) == ("envs/all.yaml", "contract.hash", HASH)
    assert set(edit.entries) == {"model-dev", "model-prod"}
    (stuck,) = todo.stuck
    assert "need different hashes" in stuck.message


def test_a_tree_without_a_contract(small: Path, run: Run) -> None:
    (small / "charts/features/templates/part.yaml").unlink()
    done = run("-C", small, "pin")
    assert done.returncode == 2
    assert "there is no contract to pin" in done.stderr


def test_a_contract_that_does_not_render_is_no_pass(small: Path, run: Run) -> None:
    part = small / "charts/features/templates/part.yaml"
    part.write_text('{{ if eq .Values.environment "prod" }}{{ fail "no" }}{{ end }}' + part.read_text())
    done = run("-C", small, "pin")
    assert done.returncode == 2, done.stdout
    assert "features-prod could not be rendered" in done.stderr


def test_other_annotations(small: Path, run: Run) -> None:
    for path in small.rglob("*.yaml"):
        path.write_text(path.read_text().replace("features.example.com/contract-hash", "example.com/hash"))
    (small / "presync.yaml").write_text("contract:\n  hash: example.com/hash\n")
    assert "contract.hash is" in run("-C", small, "pin").stdout
    assert run("-C", small, "pin", "--check").returncode == 0
