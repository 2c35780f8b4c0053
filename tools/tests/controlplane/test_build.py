"""What is built is pinned, and built again when a pin changes."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from controlplane import build, fixture, instance, programs
from controlplane.__main__ import main


@pytest.mark.parametrize("module", programs.ALL, ids=lambda module: module.name)
def test_every_program_is_a_tool_of_a_pinned_module(module: programs.Module) -> None:
    text = (module.folder / "go.mod").read_text(encoding="utf-8")
    block = re.search(r"^tool \((.*?)^\)|^tool (\S+)$", text, re.MULTILINE | re.DOTALL)
    assert block is not None
    assert sorted((block[1] or block[2]).split()) == sorted(module.programs.values())
    assert re.fullmatch(r"v\d+\.\d+\.\d+", module.version)
    assert f"{module.path} {module.version} h1:" in (module.folder / "go.sum").read_text(encoding="utf-8")
    assert not re.search(r"=> \.", text), "a replacement by a directory works on one machine only"
    for path, version in module.detached.items():
        assert f"{path} => {path} {version}" in text


def test_a_changed_pin_is_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRESYNC_CONTROLPLANE", str(tmp_path / "cache"))
    before = {module.name: build.folder_of(module) for module in programs.ALL}
    assert all(folder.parent == tmp_path / "cache" for folder in before.values())
    shutil.copytree(programs.MODULES, tmp_path / "modules")
    copied = [replace(module, pins=tmp_path / "modules") for module in programs.ALL]
    assert {module.name: build.folder_of(module) for module in copied} == before
    with (tmp_path / "modules" / "helm" / "go.sum").open("a", encoding="utf-8") as sums:
        sums.write("example.com/more v1.0.0 h1:x\n")
    after = {module.name: build.folder_of(module) for module in copied}
    assert [name for name in after if after[name] != before[name]] == ["helm"]


def test_a_failed_build_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRESYNC_CONTROLPLANE", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(build.BuildError, match="go is not installed"):
        build.build(lambda _: None, (programs.HELM,))
    assert [file.name for file in tmp_path.iterdir()] == ["lock"]
    assert build.missing((programs.HELM,)) == ["helm"]


def test_what_is_missing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert instance.unavailable() == "not installed: redis-server, git, openssl"
    with pytest.warns(pytest.PytestWarning, match="not installed: redis-server"), pytest.raises(pytest.skip.Exception):
        fixture.require()


def test_the_command_line_explains_itself(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["--help"])
    assert stopped.value.code == 0
    said = capsys.readouterr().out
    assert all(verb in said for verb in ("build", "start", "stop", "snapshot", "shell", "dry-run", "pin"))
    assert main(["status", "--run", str(tmp_path)]) == 2
    assert f"controlplane: no instance runs in {tmp_path}" in capsys.readouterr().err
    assert main(["stop", "--run", str(tmp_path)]) == 0
    assert main(["pin", "helm=4"]) == 2
    assert main(["build", "helmet"]) == 2


def test_other_pins_are_pruned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRESYNC_CONTROLPLANE", str(tmp_path))
    current = build.folder_of(programs.HELM)
    for name in (current.name, "helm-0123456789ab", "helm.interrupted", "run"):
        (tmp_path / name / "bin").mkdir(parents=True)
    assert build.prune() == ["helm-0123456789ab", "helm.interrupted"]
    assert sorted(folder.name for folder in tmp_path.iterdir() if folder.is_dir()) == sorted([current.name, "run"])
