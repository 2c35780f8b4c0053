"""jsonschema-rs, which presync uses, gives the verdicts of jsonschema, the reference, on every planted error."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import jsonschema_rs
import pytest
import referencing
from referencing.jsonschema import DRAFT202012

from presync.base import goyaml
from presync.platform.schemas import bundled
from presync.platform.schemas.kubernetes import Kubernetes
from tests.platform.validation.mutations import mutations

MANIFESTS = Path(__file__).parents[1] / "validation" / "cases"
URI = "presync:/kubernetes"
EVERY = 9  # of the mutations, so that the slow reference does not take minutes
BUILT_IN = ("CronJob", "HorizontalPodAutoscaler", "Ingress", "NetworkPolicy", "Service", "StatefulSet")
CUSTOM = ("AppProject", "ApplicationSet", "Certificate", "SealedSecret", "ServiceMonitor")

Verdict = set[tuple[str | int, ...]]


@cache
def documents(name: str) -> list[dict[str, Any]]:
    return [one.data for one in goyaml.documents((MANIFESTS / f"{name}.yaml").read_text())]


def cases(name: str, kinds: tuple[str, ...]) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Each manifest with some of its mutations."""
    return [
        (data, [data, *[mutated for _, mutated in list(mutations(data))[::EVERY]]])
        for data in documents(name)
        if data["kind"] in kinds
    ]


@cache
def definitions() -> dict[str, Any]:
    return {**Kubernetes("1.36").document, "$id": URI}


def built_in(data: Mapping[str, Any]) -> tuple[Any, Any]:
    group, _, version = data["apiVersion"].rpartition("/")
    schema = {"$ref": f"{URI}#/$defs/{Kubernetes('1.36').kinds[group, version, data['kind']]}"}
    registry = referencing.Registry().with_resource(URI, DRAFT202012.create_resource(definitions()))
    fast = jsonschema_rs.Draft202012Validator(schema, registry=jsonschema_rs.Registry([(URI, definitions())]))
    return fast, jsonschema.Draft202012Validator(schema, registry=registry)


def custom(data: Mapping[str, Any]) -> tuple[Any, Any]:
    group, _, version = data["apiVersion"].rpartition("/")
    declared = bundled.load(group, version, data["kind"])
    assert declared is not None
    return jsonschema_rs.Draft202012Validator(declared.schema()), jsonschema.Draft202012Validator(declared.schema())


def verdicts(fast: Any, slow: Any, data: dict[str, Any]) -> tuple[Verdict, Verdict]:
    return (
        {tuple(error.instance_path) for error in fast.iter_errors(data)},
        {tuple(error.absolute_path) for error in slow.iter_errors(copy.deepcopy(data))},
    )


@pytest.mark.parametrize("name", ["builtin", "custom"])
def test_the_same_verdicts_at_the_same_places(name: str) -> None:
    checked = refused = 0
    for data, mutated in cases(name, BUILT_IN if name == "builtin" else CUSTOM):
        fast, slow = built_in(data) if name == "builtin" else custom(data)
        for one in mutated:
            quick, thorough = verdicts(fast, slow, one)
            assert quick == thorough, (data["kind"], one)
            checked += 1
            refused += bool(quick)
    assert checked >= 100 and refused >= 50
