"""The git generator beyond what the recorded cases show: where parameters come from, and what cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from presync.argocd.appset import gitgenerator
from presync.base import goyaml

from .conftest import URL, Expander, kinds, manifest_text, names


def _git(path: str = "envs/*", more: str = "", url: str = URL, revision: str = "main") -> str:
    return f"- git: {{repoURL: '{url}', revision: '{revision}', files: [{{path: '{path}'}}]{more}}}"


NAME = "{name: '{{ .path.basename }}-{{ .name | default `x` }}'}"


def test_origins_are_lines_of_files(expand_set: Expander) -> None:
    files = {
        "envs/a/one.yaml": "# comment\n\nname: one\n",
        "envs/b/two.yaml": "- name: x\n\n- {name: z}\n",
        "envs/c/t.json": "",
    }
    expansion = expand_set(manifest_text(_git(), NAME), files)
    found = {one.name: str(one.origin.parameters[0]) for one in expansion.applications}
    assert found == {
        "a-one": "envs/a/one.yaml:3",
        "b-x": "envs/b/two.yaml:1",
        "b-z": "envs/b/two.yaml:3",
        "c-x": "envs/c/t.json:1",
    }


def test_another_repository(expand_set: Expander) -> None:
    text = manifest_text(_git(url="https://other.example.com/x.git") + "\n- list: {elements: [{name: a}]}")
    expansion = expand_set(text)
    assert names(expansion) == ["a"]
    assert kinds(expansion) == ["generator-unavailable"]
    assert str(expansion.problems[0].location) == "apps/set.yaml:8:13"


@pytest.mark.parametrize("revision", ["no-such-branch", "--upload-pack=touch x", "v1.*"])
def test_a_revision_that_is_not_here(expand_set: Expander, revision: str) -> None:
    expansion = expand_set(manifest_text(_git(revision=revision)))
    assert kinds(expansion) == ["generator-unavailable"]
    assert expansion.error == ""


def test_links(expand_set: Expander, tmp_path: Path) -> None:
    """A link inside the repository is read, one that leads out of it is not."""
    (tmp_path / "envs/a").mkdir(parents=True)
    (tmp_path / "envs/a/real.yaml").write_text("name: real")
    (tmp_path / "envs/a/inside.yaml").symlink_to("real.yaml")
    expansion = expand_set(manifest_text(_git("envs/a/inside.yaml"), NAME))
    assert names(expansion) == ["a-real"]
    (tmp_path / "envs/a/outside.yaml").symlink_to("/etc/hostname")
    expansion = expand_set(manifest_text(_git("envs/a/o*"), NAME))
    assert kinds(expansion) == ["generator-unavailable"]
    assert "leaves the repository" in expansion.problems[0].message


def test_text_that_is_not_utf8(expand_set: Expander) -> None:
    expansion = expand_set(manifest_text(_git()), {"envs/a": b"x: y\na: \xff\n"})
    assert "yaml: invalid leading UTF-8 octet" in expansion.error
    assert str(expansion.problems[0].location) == "envs/a:2"


def test_a_broken_file_is_the_place_to_look_at(expand_set: Expander) -> None:
    expansion = expand_set(manifest_text(_git()), {"envs/a.yaml": "a: b\nc: [\n"})
    assert "unable to process file 'envs/a.yaml'" in expansion.error
    assert expansion.problems[0].location.file == "envs/a.yaml"


def test_an_alias_bomb_is_refused_as_go_refuses_it(expand_set: Expander) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    expansion = expand_set(manifest_text(_git()), {"envs/a.yaml": "\n".join(lines)})
    assert "document contains excessive aliasing" in expansion.error


def test_a_file_beyond_bounds(expand_set: Expander, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(goyaml, "MAX_BYTES", 2000)
    expansion = expand_set(manifest_text(_git("big.yaml")), {"big.yaml": "a: " + "x" * 3000})
    assert kinds(expansion) == ["generator-too-large"]
    assert expansion.error == ""


def test_magic_that_is_not_understood(expand_set: Expander) -> None:
    assert kinds(expand_set(manifest_text(_git(":!envs")))) == ["generator-unsupported"]


def test_files_are_read_once(expand_set: Expander, monkeypatch: pytest.MonkeyPatch) -> None:
    """A matrix of many sets over one pattern reads every file once."""
    read: list[str] = []
    original = gitgenerator._read

    def counted(run: object, tree: object, file: str, path: object) -> object:
        read.append(file)
        return original(run, tree, file, path)  # type: ignore[arg-type]

    monkeypatch.setattr(gitgenerator, "_read", counted)
    elements = ", ".join(f"{{x: '{number}'}}" for number in range(50))
    second = _git(more=', values: {z: "{{ .x }}"}').removeprefix("- ")
    text = manifest_text(
        f"- matrix: {{generators: [{{list: {{elements: [{elements}]}}}}, {{{second}}}]}}",
        "{name: '{{ .path.filename | normalize }}-{{ .values.z }}'}",
    )
    expansion = expand_set(text, {"envs/a.yaml": "", "envs/b.yaml": ""})
    assert len(expansion.applications) == 100
    assert read == ["envs/a.yaml", "envs/b.yaml"]
