"""Holes are found in Argo CD's order and filled."""

from __future__ import annotations

from presync.argocd.appset.filling import Form
from presync.argocd.appset.gotypes import dotted, struct

TEMPLATE = struct("ApplicationSetTemplate")


def test_order_and_keys() -> None:
    value = {
        "spec": {
            "project": "{{ p }}",
            "source": {
                "repoURL": "{{ r }}",
                "helm": {"valuesObject": {"{{ k }}": {"l": [None, "{{ v }}", 3.0], "gone": None}}, "skipCrds": True},
                "kustomize": {"replicas": [{"name": "a", "count": "{{ c }}"}, {"name": "b", "count": 3}]},
            },
        },
        "metadata": {"name": "{{ n }}", "labels": {"{{ lk }}": "{{ lv }}", "plain": "text"}},
    }
    form = Form(TEMPLATE, value, ("spec", "template"))
    assert [slot.text for slot in form.slots] == [
        "{{ n }}", "{{ lv }}", "{{ lk }}", "{{ r }}", "{{ v }}", "{{ k }}", "{{ c }}", "{{ p }}"
    ]  # fmt: skip
    assert dotted(form.slots[1].path) == "spec.template.metadata.labels.{{ lk }}"
    filled = form.fill([slot.text.strip("{ }") for slot in form.slots])
    assert filled == {
        "metadata": {"name": "n", "labels": {"lk": "lv", "plain": "text"}},
        "spec": {
            "source": {
                "repoURL": "r",
                "helm": {"valuesObject": {"k": {"l": [None, "v", 3.0]}}, "skipCrds": True},
                "kustomize": {"replicas": [{"name": "a", "count": "c"}, {"name": "b", "count": 3}]},
            },
            "project": "p",
        },
    }


def test_lenient_maps_keep_their_keys() -> None:
    generator = struct("ApplicationSetGenerator")
    value = {"git": {"repoURL": "{{ r }}", "values": {"{{ k }}": "{{ v }}", "b": "text"}}}
    form = Form(generator, value, (), lambda of, key: of.name == "GitGenerator" and key == "values")
    assert [(slot.text, slot.lenient) for slot in form.slots] == [("{{ r }}", False), ("{{ v }}", True)]
    assert form.fill(["r", "v"]) == {"git": {"repoURL": "r", "values": {"{{ k }}": "v", "b": "text"}}}


def test_without_holes_everything_is_shared() -> None:
    form = Form(TEMPLATE, {"metadata": {"name": "a"}, "spec": {"info": [{"name": "b", "value": "c"}]}})
    assert not form.slots
    assert form.fill([]) is form.fill([])
