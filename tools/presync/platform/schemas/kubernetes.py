"""The built-in kinds of one Kubernetes version, from the data of the ``kubernetes-validate`` package."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache, cached_property
from importlib import resources
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING, Any

from presync.platform.schemas.keys import KEYWORDS
from presync.platform.schemas.refinements import refine

if TYPE_CHECKING:
    import jsonschema_rs

_FOLDER = re.compile(r"v(1\.\d+)\.0-local-strict")
GroupVersionKind = tuple[str, str, str]


def _data() -> Traversable:
    return resources.files("kubernetes_validate").joinpath("kubernetes-json-schema")


@cache
def available() -> tuple[str, ...]:
    """Versions there are schemas of, oldest first."""
    found = [match[1] for entry in _data().iterdir() if (match := _FOLDER.fullmatch(entry.name))]
    return tuple(sorted(found, key=lambda version: int(version.split(".")[1])))


class Kubernetes:
    """The schemas of one version; everything is read when it is first asked for."""

    def __init__(self, version: str) -> None:
        self.version = version
        self._validators: dict[tuple[GroupVersionKind, bool], jsonschema_rs.Draft202012Validator] = {}

    @cached_property
    def document(self) -> dict[str, Any]:
        """Every definition, as published and refined."""
        path = _data().joinpath(f"v{self.version}.0-local-strict", "_definitions.json")
        loaded: dict[str, Any] = json.loads(path.read_bytes())
        refine(loaded["$defs"])
        return loaded

    @property
    def definitions(self) -> Mapping[str, Any]:
        """Name to schema."""
        found: Mapping[str, Any] = self.document["$defs"]
        return found

    @cached_property
    def kinds(self) -> dict[GroupVersionKind, str]:
        """(group, version, kind) to the name of its definition.

        The files of the package are named after the first part of the group only, so ``networking.istio.io`` would be
        taken for ``networking.k8s.io``; the definitions themselves carry the whole group.
        """
        found: dict[GroupVersionKind, str] = {}
        for name, definition in self.definitions.items():
            listed: list[dict[str, str]] = definition.get("x-kubernetes-group-version-kind") or []
            properties = definition.get("properties", {})
            if len(listed) == 1 and "metadata" in properties and "items" not in properties:  # no list of a kind
                one = listed[0]
                found[one["group"], one["version"], one["kind"]] = name
        return found

    @cached_property
    def groups(self) -> frozenset[str]:
        """Every built-in API group of this version."""
        return frozenset(kind[0] for kind in self.kinds)

    def schema(self, kind: GroupVersionKind) -> Mapping[str, Any] | None:
        """The definition of a kind; its ``$ref`` point into :attr:`definitions`."""
        name = self.kinds.get(kind)
        return None if name is None else self.definitions[name]

    def validator(self, kind: GroupVersionKind, server_side: bool) -> jsonschema_rs.Draft202012Validator | None:
        """A compiled validator; None for a kind this version does not have.

        ``server_side`` refuses doubles in lists that server-side apply takes for maps.
        """
        key = (kind, server_side)
        if key not in self._validators:
            import jsonschema_rs  # noqa: PLC0415 - 20 ms that a run without resources need not pay

            name = self.kinds.get(kind)
            if name is None:
                return None
            schema = {"$ref": f"{self._uri}#/$defs/{name}"}
            keywords = KEYWORDS if server_side else None
            self._validators[key] = jsonschema_rs.Draft202012Validator(
                schema, registry=self._registry, keywords=keywords
            )
        return self._validators[key]

    @property
    def _uri(self) -> str:
        return f"presync:/kubernetes/{self.version}"

    @cached_property
    def _registry(self) -> jsonschema_rs.Registry:
        import jsonschema_rs  # noqa: PLC0415 - see validator()

        document = {**self.document, "$id": self._uri}
        return jsonschema_rs.Registry([(self._uri, document)])


@cache
def kubernetes(version: str) -> Kubernetes | None:
    """The schemas of a version such as ``1.36``; None when there are none."""
    return Kubernetes(version) if version in available() else None
