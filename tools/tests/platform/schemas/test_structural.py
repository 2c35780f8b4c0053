"""CRD schemas as the API server means them; the verdicts are those of Kubernetes 1.36.1 for the same objects."""

from __future__ import annotations

from typing import Any

import pytest

from presync.base import goyaml
from presync.platform.schemas.crd import declared
from presync.platform.schemas.structural import without_nulls
from presync.rules.run import run
from tests.rules.support import platform

CRD = goyaml.load("""\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              required: [size, colour]
              properties:
                size: {type: integer, format: int32}
                colour: {type: string, default: red}
                text: {type: string}
                map: {type: object, additionalProperties: {type: string}}
                anything: {type: object, additionalProperties: true}
                empty: {type: object}
                nullable: {type: string, nullable: true}
                keyed:
                  type: array
                  x-kubernetes-list-type: map
                  x-kubernetes-list-map-keys: [name]
                  items: {type: object, required: [name], properties: {name: {type: string}}}
                set: {type: array, x-kubernetes-list-type: set, items: {type: string}}
                embedded:
                  type: object
                  x-kubernetes-embedded-resource: true
                  x-kubernetes-preserve-unknown-fields: true
                open:
                  type: object
                  x-kubernetes-preserve-unknown-fields: true
                  properties: {known: {type: object, properties: {a: {type: integer}}}}
                percent: {x-kubernetes-int-or-string: true, pattern: "^[0-9]+%$"}
                time: {type: string, format: date-time}
                bytes: {type: string, format: byte}
                above: {type: number, minimum: 0, exclusiveMinimum: true}
                either:
                  type: object
                  properties: {a: {type: string}, b: {type: string}}
                  oneOf: [{required: [a]}, {required: [b]}]
""")
OLD = {"apiVersion": "v1", "kind": "X"}


def errors(data: dict[str, Any], server_side: bool) -> list[str]:
    options = ["ServerSideApply=true"] if server_side else []
    case = {"resources": [CRD, data], "application": {"spec": {"syncPolicy": {"syncOptions": options}}}}
    return [one.field for one in run(platform(case)) if one.rule.startswith("K8S") and one.severity == "error"]


@pytest.mark.parametrize(
    ("spec", "created", "applied"),
    [
        ({}, True, True),
        ({"colour": None}, True, True),
        ({"size": None}, False, False),
        ({"text": None}, True, False),
        ({"map": {"a": None}}, True, False),
        ({"nullable": None}, True, True),
        ({"anything": {"a": 1, "b": "c"}}, True, True),
        ({"anything": {"a": {"b": 1}}}, False, True),
        ({"anything": {"a": [{"b": 1}]}}, False, True),
        ({"empty": {}}, True, True),
        ({"empty": {"a": 1}}, False, True),
        ({"keyed": [{"name": "a"}, {"name": "a"}]}, False, False),
        ({"keyed": [{"name": "a"}, {"name": "b"}]}, True, True),
        ({"set": ["a", "a"]}, False, False),
        ({"embedded": {**OLD, "metadata": {"name": "a", "lables": {}}}}, False, False),
        ({"embedded": {**OLD, "foo": 1}}, True, True),
        ({"embedded": {"kind": "X"}}, False, False),
        ({"open": {"x": {"y": [1]}, "known": {"a": 1}}}, True, True),
        ({"open": {"known": {"b": 1}}}, False, True),
        ({"open": {"known": {"a": "x"}}}, False, False),
        ({"percent": 5}, True, True),
        ({"percent": "5%"}, True, True),
        ({"percent": "x"}, False, False),
        ({"percent": 1.5}, False, False),
        ({"time": "2026-01-01T00:00:00Z"}, True, True),
        ({"time": "2026-01-01"}, False, False),
        ({"bytes": "YQ=="}, True, True),
        ({"bytes": "!!"}, False, False),
        ({"above": 5}, True, True),
        ({"above": 0}, False, False),
        ({"either": {"a": "x"}}, True, True),
        ({"either": {"a": "x", "b": "y"}}, False, False),
        ({"size": 2**31}, False, False),
        ({"size": 1.5}, False, False),
        ({"unknown": 1}, False, False),
        ({"Text": "x"}, False, False),
    ],
)
def test_as_the_server(spec: dict[str, Any], created: bool, applied: bool) -> None:
    data = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "x"}, "spec": {"size": 1, **spec}}
    assert (not errors(data, server_side=False), not errors(data, server_side=True)) == (created, applied)


@pytest.mark.parametrize(
    ("metadata", "good"),
    [
        ({"name": "x", "creationTimestamp": None, "labels": None}, True),
        ({"name": "x", "lables": {}}, False),
        ({"name": "X_Y"}, False),
        ({"name": "x", "labels": {"a": "b c"}}, False),
        ({"name": "x", "labels": {"a": 1}}, False),
        ({}, False),
    ],
)
def test_metadata(metadata: dict[str, Any], good: bool) -> None:
    data = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": metadata, "spec": {"size": 1}}
    assert (not errors(data, server_side=True)) is good


def test_nulls_in_lists_stay() -> None:
    [widget] = declared(CRD, "here")
    schema = widget.schema()
    data = {"spec": {"text": None, "set": [None], "nullable": None, "open": {"x": None}, "map": {"a": None, "b": "c"}}}
    assert without_nulls(data, schema, schema) == {
        "spec": {"set": [None], "nullable": None, "open": {"x": None}, "map": {"b": "c"}}
    }


@pytest.mark.parametrize(
    "schema", [{"type": 5}, {"properties": []}, {"items": {"items": 7}}, {"enum": "x"}, {"required": "a"}]
)
def test_a_schema_of_any_shape_is_no_crash(schema: dict[str, Any]) -> None:
    crd = {
        "kind": "CustomResourceDefinition",
        "spec": {
            "group": "example.com",
            "names": {"kind": "Widget"},
            "versions": [{"name": "v1", "schema": {"openAPIV3Schema": {"properties": {"spec": schema}}}}],
        },
    }
    data = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "x"}, "spec": {"size": 1}}
    found = run(platform({"resources": [{"apiVersion": "apiextensions.k8s.io/v1", **crd}, data]}))
    assert [one.message for one in found if one.rule == "PRE000"] == []


def test_a_template_declares_a_constraint() -> None:
    template = {
        "apiVersion": "templates.gatekeeper.sh/v1",
        "kind": "ConstraintTemplate",
        "spec": {"crd": {"spec": {"names": {"kind": "NeedsLabels"}}}},
    }
    found = list(declared(template, "here"))
    assert [(one.group, one.version, one.namespaced) for one in found] == [
        ("constraints.gatekeeper.sh", "v1beta1", False),
        ("constraints.gatekeeper.sh", "v1alpha1", False),
    ]
    assert "parameters" not in found[0].schema()["properties"]["spec"]["properties"]
