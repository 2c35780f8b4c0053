"""Reading Secrets: everything Kubernetes takes, and no message that repeats a value."""

from __future__ import annotations

import base64
import json
import traceback

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from presync.base.errors import PresyncError
from presync.seal.reading import read_env_file, read_manifests

from .conftest import MANIFEST

WORD = "geheim"  # stands for a value in everything below; no message may hold it


def test_manifest() -> None:
    [secret] = read_manifests(MANIFEST.encode(), "in")
    assert (secret.name, secret.namespace, secret.type, secret.labels) == (
        "redis-auth",
        "redis-dev",
        "Opaque",
        {"team": "1"},
    )
    assert secret.values == {"password": b"hunter2", "user": b"feast"}
    assert "hunter2" not in repr(secret)
    assert str(secret) == "redis-dev/redis-auth"


def test_several_documents_and_a_list() -> None:
    item = yaml.safe_load(MANIFEST)
    listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": [item, item]})
    assert len(read_manifests(f"---\n{MANIFEST}---\n# nothing\n---\n{listed}\n".encode(), "in")) == 3


def test_json_documents_one_after_another_and_yaml_in_braces() -> None:
    text = json.dumps(yaml.safe_load(MANIFEST), indent=1)
    assert len(read_manifests(f"\n{text}\n{text}\n".encode(), "in")) == 2
    assert read_manifests(b"{apiVersion: v1, kind: Secret, metadata: {name: a}}", "in")[0].name == "a"


def test_string_data_wins() -> None:
    text = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {k: eA==}\nstringData: {k: y1}\n"
    assert read_manifests(text.encode(), "in")[0].values == {"k": b"y1"}


def test_folded_base64_and_null() -> None:
    text = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata:\n  k: |\n    aHVu\n    dGVyMg==\n  e: null\n"
    assert read_manifests(text.encode(), "in")[0].values == {"k": b"hunter2", "e": b""}


def test_what_a_cluster_adds_is_left_out() -> None:
    manifest = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "a",
            "uid": "1",
            "resourceVersion": "2",
            "ownerReferences": [{"name": "x"}],
            "managedFields": [{"manager": "x"}],
            "finalizers": ["example.com/keep"],
            "annotations": {
                "kubectl.kubernetes.io/last-applied-configuration": f'{{"stringData":{{"k":"{WORD}"}}}}',
                "argocd.argoproj.io/tracking-id": "x",
                "presync.example.com/sealed-for": "strict:x/y",
                "keep": "me",
            },
        },
        "immutable": True,
        "stringData": {"k": WORD},
    }
    [secret] = read_manifests(json.dumps(manifest).encode(), "in")
    assert secret.annotations == {"keep": "me"}
    assert (secret.finalizers, secret.immutable) == (("example.com/keep",), True)


HEAD = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "in is empty"),
        (" \n", "in is empty"),
        ("# only a comment\n", "no Secret in it"),
        (WORD, "in:1: not a Kubernetes object"),
        (f"- {WORD}\n", "not a Kubernetes object"),
        ("kind: ConfigMap\napiVersion: v1\n", "not a Secret"),
        (f"---\n{MANIFEST}---\nkind: SealedSecret\n", "in:14: this is a SealedSecret already"),
        (HEAD + f"stringData:\n  k: *{WORD}\n", "in:5:6: not valid YAML"),
        (HEAD + f"stringData:\n  k: !{WORD} x\n", "in:5:6: not valid YAML"),
        (HEAD + f"stringData:\n  k: %{WORD}\n", "in:5:6: not valid YAML"),
        (HEAD + f'stringData:\n  k: "{WORD}\\q"\n', "in:5:[0-9]+: not valid YAML"),
        (HEAD + f'stringData:\n  k: "{WORD}\n', "in:[0-9]+:[0-9]+: not valid YAML"),
        (HEAD + f"stringData:\n  k: !!bool {WORD}\n", "in:5:6: not valid YAML"),
        (HEAD + f"stringData:\n  k: &{WORD} x\n  l: &{WORD} *{WORD}\n", "not valid YAML"),
        (HEAD + f"stringData:\n\t{WORD}: 1\n", "not valid YAML"),
        (HEAD + f"stringData: {WORD}\n", "stringData is not a mapping"),
        (HEAD + "stringData:\n  k: 123456\n", "Secret a: stringData.k is not text"),
        (HEAD + "stringData:\n  k: on\n", "stringData.k is not text"),
        (HEAD + "data:\n  k: 123456\n", "data.k is not base64"),
        (HEAD + f"data:\n  k: {WORD}!\n", "data.k is not base64"),
        (HEAD + f"data:\n  k: {WORD}\n", "data.k is not base64"),
        (HEAD + f"data:\n  ? [{WORD}]\n  : x\n", "not valid YAML"),
        (HEAD + f"stringData:\n  {WORD} und noch eins: 12\n", "stringData.<not a key> is not text"),
        (HEAD + f"stringData:\n  k: {WORD}\n  k: x\n", "in:6: this key is there twice"),
        (HEAD + "type: 3\n", "type is not text"),
        (HEAD + "immutable: maybe\n", "immutable is neither"),
        ("apiVersion: v1\nkind: Secret\nmetadata: {name: a, labels: {a: 1}}\n", "labels.a is not text"),
        ('{"kind": "Secret", "kind": "Secret"}', "a key is there twice"),
        ('{"kind": "Secret", "apiVersion": "v1", "stringData": {"k": "\\ud800"}}', "stringData.k is not text"),
        ('{"kind": "Secret", "apiVersion": "v1", "type": "\\ud800"}', "type is not text"),
        (
            f'{{"apiVersion": "v1", "kind": "Secret", "stringData": {{"k": "{WORD}", }}}} x',
            "in:1:[0-9]+: not valid YAML",
        ),
        ('{"a":' * 100_000, "in:[0-9]+.*: not valid YAML"),
    ],
)
def test_refused(text: str, reason: str) -> None:
    with pytest.raises(PresyncError, match=reason) as caught:
        read_manifests(text.encode(), "in")
    assert WORD not in "".join(traceback.format_exception(caught.value))


def test_bytes_that_are_no_text() -> None:
    with pytest.raises(PresyncError, match="in:2: not valid YAML"):
        read_manifests(b"kind: Secret\nx: \xff\n", "in")


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(st.from_regex(r"[a-zA-Z][-._a-zA-Z0-9]{0,20}", fullmatch=True), st.binary(max_size=300), max_size=4)
)
def test_any_value(values: dict[str, bytes]) -> None:
    data = {key: base64.b64encode(value).decode() for key, value in values.items()}
    manifest = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "data": data}
    assert read_manifests(json.dumps(manifest).encode(), "in")[0].values == values


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from("abc"), st.text(st.characters(blacklist_categories=["Cs"]), max_size=50), min_size=1
    )
)
def test_any_text(values: dict[str, str]) -> None:
    manifest = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "stringData": values}
    found = read_manifests(json.dumps(manifest).encode(), "in")[0].values
    assert found == {key: value.encode() for key, value in values.items()}


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: (HEAD + text).encode("utf-8", "replace")))
def test_anything_else_is_a_sentence(data: bytes) -> None:
    try:
        read_manifests(data, "in")
    except PresyncError as error:
        assert error.message.startswith("in")


def test_env_file() -> None:
    data = b'\xef\xbb\xbf# comment\n\nUSER=feast\r\n  PASSWORD=a=b "c" $d\nEMPTY=\n\xff=x\n'.replace(b"\xff=x\n", b"")
    assert read_env_file(data, "in") == {"USER": b"feast", "PASSWORD": b'a=b "c" $d', "EMPTY": b""}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"A=1\n" + WORD.encode(), "in:2: there is no '='"),
        (WORD.encode() + b" x=1\n", "in:1: a key of the Secret"),
        (b"A=geheim\nA=2\n", "in:2: A is there twice"),
        (b"# A=1\n", "no KEY=VALUE line"),
        (b"", "no KEY=VALUE line"),
    ],
)
def test_env_file_refused(data: bytes, reason: str) -> None:
    with pytest.raises(PresyncError, match=reason) as caught:
        read_env_file(data, "in")
    assert WORD not in str(caught.value)
