"""Fields of an ApplicationSet are found in its file again."""

from __future__ import annotations

from collections.abc import Callable

from presync.argocd.appset.lines import Lines
from presync.argocd.context import Context
from presync.argocd.model import Manifest
from presync.base import goyaml
from presync.base.finding import Location

FILES = {
    "many.yaml": "a: b\n---\nkind: X\nspec:\n  list:\n    - one\n    - {two: 2}\n",
    "list.yaml": "kind: List\nitems:\n  - kind: X\n    spec: {a: 1}\n  - kind: X\n    spec: {a: 2}\n",
}


def test_places(context_for: Callable[..., Context]) -> None:
    context = context_for(FILES)
    data = list(goyaml.documents(FILES["many.yaml"]))[1].data
    lines = Lines(Manifest(data, Location("many.yaml", 3)), context)
    assert str(lines.at(("spec", "list", 1, "two"))) == "many.yaml:7:8"
    assert str(lines.at(("spec", "list", 9))) == "many.yaml:5:3"
    assert str(lines.at(("nothing",))) == "many.yaml:3:1"


def test_an_item_of_a_list(context_for: Callable[..., Context]) -> None:
    context = context_for(FILES)
    lines = Lines(Manifest({"kind": "X", "spec": {"a": 2}}, Location("list.yaml", 1)), context)
    assert str(lines.at(("spec", "a"))) == "list.yaml:6:12"


def test_what_is_not_in_a_file(context_for: Callable[..., Context]) -> None:
    context = context_for(FILES)
    for manifest in (
        Manifest({"kind": "X"}, Location("many.yaml", 3), parent="application"),
        Manifest({"kind": "other"}, Location("many.yaml", 3)),
        Manifest({"kind": "X"}, Location("missing.yaml", 3)),
        Manifest({}, Location("many.yaml", 77)),
    ):
        assert Lines(manifest, context).at(("spec",)) == manifest.location
