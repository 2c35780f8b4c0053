"""Patches beyond what the recorded cases show."""

from __future__ import annotations

from typing import Any

import pytest

from presync.argocd.appset.generation import Undetermined
from presync.argocd.appset.patch import PatchError, PatchUnsupported, apply
from presync.base import goyaml
from presync.engine import Engine

APP: dict[str, Any] = {
    "metadata": {"name": "a", "finalizers": ["one", "two", "three"]},
    "spec": {"project": "p", "destination": {"server": "s"}, "info": [{"name": "i", "value": "v"}]},
}


@pytest.mark.parametrize(
    ("patch", "finalizers"),
    [
        ("[four]", ["four", "one", "two", "three"]),
        ("[three, one]", ["two", "three", "one"]),
        ("[two, four]", ["one", "two", "four", "three"]),
        ("[one, one]", ["one", "two", "three"]),
        ("[]", ["one", "two", "three"]),
    ],
)
def test_finalizers(engine: Engine, patch: str, finalizers: list[str]) -> None:
    assert apply(APP, f"metadata: {{finalizers: {patch}}}", engine)["metadata"]["finalizers"] == finalizers


def test_the_original_is_not_changed(engine: Engine) -> None:
    before = str(APP)
    apply(APP, "metadata: {labels: {a: b}}\nspec: {info: null}", engine)
    assert str(APP) == before


@pytest.mark.parametrize("text", ["", "\n  \n", "# nothing", "null"])
def test_nothing(engine: Engine, text: str) -> None:
    assert apply(APP, text, engine) == APP


def test_only_the_first_document_counts(engine: Engine) -> None:
    assert apply(APP, "metadata: {name: b}\n---\nmetadata: {name: c}", engine)["metadata"]["name"] == "b"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("metadata: {$patch: nonsense}", "unknown patch type: nonsense in map"),
        ("spec: {source: {$retainKeys: [path], repoURL: x}}", "invalid patch format of retainKeys"),
        ('{"spec": {', "unexpected end of JSON input"),
        ('{"a": nan}', "invalid character 'n' looking for beginning of value"),
        ('{"a": NaN}', "invalid character 'N' looking for beginning of value"),
        ("a: b: c", "mapping values are not allowed in this context"),
    ],
)
def test_refused(engine: Engine, text: str, words: str) -> None:
    app = {**APP, "spec": {**APP["spec"], "source": {"repoURL": "r"}}}
    with pytest.raises(PatchError, match=words):
        apply(app, text, engine)


def test_not_done(engine: Engine) -> None:
    with pytest.raises(PatchUnsupported, match="setElementOrder"):
        apply(APP, "spec: {$setElementOrder/info: []}", engine)


def test_beyond_bounds(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(goyaml, "MAX_BYTES", 3)
    with pytest.raises(Undetermined, match="reads at most 3"):
        apply(APP, "metadata: {labels: {beyond: bounds}}", engine)
