"""Files: what is not touched stays, what is written reads back the same in Go and elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from presync.base import goyaml
from presync.base.errors import PresyncError
from presync.seal.files import SealedFile, dump, find_files

KUBESEAL = """\
---
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  creationTimestamp: null
  name: a
  namespace: ns
spec:
  encryptedData:
    b: AgB=
    a: AgA=
  template:
    metadata:
      creationTimestamp: null
      finalizers:
      - example.com/a
      name: a
"""

COMMENTED = """\
# yaml-language-server: $schema=https://example.com/sealed.json
# Made by hand, once.
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  name: a  # as the chart has it
  namespace: 'ns'
spec:
  encryptedData:
    # for the server
    a: "AgA="  # 2024
    b: AgB=

  template: {type: Opaque, metadata: {annotations: {on: "off", n: '1'}}}
---
# something else in the same file
apiVersion: v1
kind: ConfigMap
metadata: {name: c}
data:
  text: |
    two
      lines
  folded: >-
    one
    line
  number: 0o17
  flag: yes
"""


def write(tmp_path: Path, text: str, name: str = "a.yaml") -> Path:
    path = tmp_path / name
    path.write_text(text)
    return path


@pytest.mark.parametrize("text", [KUBESEAL, COMMENTED], ids=["kubeseal", "commented"])
def test_untouched_is_unchanged(tmp_path: Path, text: str) -> None:
    assert SealedFile.read(write(tmp_path, text)).dump() == text


def test_only_what_was_changed_changes(tmp_path: Path) -> None:
    file = SealedFile.read(write(tmp_path, COMMENTED))
    [document] = file.sealed
    document["spec"]["encryptedData"]["b"] = "AgNEW="
    document["spec"]["encryptedData"]["on"] = "AgON="
    document["metadata"]["annotations"] = {"x": "1", "lines": "a b\nc\n"}
    expected = COMMENTED.replace("    b: AgB=\n", '    b: AgNEW=\n\n    "on": AgON=\n').replace("AgON=\n\n", "AgON=\n")
    expected = expected.replace(
        "  namespace: 'ns'\n", "  namespace: 'ns'\n  annotations:\n    x: \"1\"\n    lines: |\n      a b\n      c\n"
    )
    assert file.dump() == expected


def test_json_stays_json(tmp_path: Path) -> None:
    text = '{\n  "kind": "SealedSecret",\n  "apiVersion": "bitnami.com/v1alpha1"\n}\n'
    assert SealedFile.read(write(tmp_path, text, "a.json")).dump() == text


def test_indentation_is_kept(tmp_path: Path) -> None:
    text = "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata:\n    name: a\n"
    text += "spec:\n    encryptedData:\n        a: AgA=\n"
    assert SealedFile.read(write(tmp_path, text)).dump() == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no SealedSecret"),
        ("a: 1\n", "no SealedSecret"),
        ("a: [\n", "line 2"),
        ("{not json", "begins like JSON"),
        ("kind: SealedSecret\na: 1\na: 2\n", "no SealedSecret|a.yaml:3|duplicate|twice"),
        ("a: &a [*a]\n", "alias to itself"),
        (
            "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
            + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 10)}]\n" for n in range(8)),
            "grows beyond",
        ),
    ],
    ids=["empty", "other", "broken", "json", "twice", "loop", "bomb"],
)
def test_refused(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(PresyncError, match=reason):
        SealedFile.read(write(tmp_path, text))


def test_refused_paths(tmp_path: Path) -> None:
    with pytest.raises(PresyncError, match="No such file"):
        SealedFile.read(tmp_path / "b.yaml")
    with pytest.raises(PresyncError, match="Is a directory"):
        SealedFile.read(tmp_path)
    with pytest.raises(PresyncError, match="does not exist"):
        list(find_files([tmp_path / "b.yaml"]))


def test_find(tmp_path: Path) -> None:
    for name in ("b/one.yaml", "a/two.yml", "a/three.json", ".git/four.yaml", "a/five.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        write(tmp_path, '{"kind": "SealedSecret"}\n' if "three" in name else "kind: SealedSecret  # here\n", name)
    write(tmp_path, '{\n  "kind": "SealedSecret",\n}\n', "a/three.json")
    write(tmp_path, "# a SealedSecret would be here\nkind: Secret\n", "a/six.yaml")
    (tmp_path / "a" / "seven.yaml").symlink_to("nowhere")
    found = [str(path.relative_to(tmp_path)) for path in find_files([tmp_path])]
    assert found == ["a/three.json", "a/two.yml", "b/one.yaml"]
    assert list(find_files([tmp_path / "a" / "six.yaml"])) == [tmp_path / "a" / "six.yaml"]


TEXT = st.text(st.characters(blacklist_categories=["Cs"]), max_size=30) | st.sampled_from(
    [
        "on",
        "y",
        "null",
        "~",
        "1e3",
        "0x1f",
        "1_000",
        "12:30",
        "2026-11-22",
        "true",
        "",
        " a",
        "a ",
        "a: b",
        "#x",
        "a\n",
        "-",
        "=",
        "<<",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(TEXT, TEXT, max_size=5))
def test_text_reads_back_as_text(texts: dict[str, str]) -> None:
    text = dump([{"labels": dict(texts)}])
    assert goyaml.load(text) == {"labels": texts}


def test_style() -> None:
    assert dump([{"a": {"b": "true", "c": "x", "d": True}, "e": ["f"]}, {"g": "h"}]) == (
        'a:\n  b: "true"\n  c: x\n  d: true\ne:\n  - f\n---\ng: h\n'
    )
    long = "Ag" + "B" * 3000
    assert dump([{"a": long}]) == f"a: {long}\n"
    assert yaml.safe_load(dump([{"a": long}])) == {"a": long}
