"""What a sealed value is bound to: its scope, and the label that goes into the encryption."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

GROUP = "bitnami.com"
KIND = "SealedSecret"
API_VERSION = f"{GROUP}/v1alpha1"


class Scope(enum.StrEnum):
    """How far a SealedSecret may be moved and still be opened."""

    STRICT = "strict"  # this name in this namespace
    NAMESPACE_WIDE = "namespace-wide"  # any name in this namespace
    CLUSTER_WIDE = "cluster-wide"  # anywhere


ANNOTATIONS = {
    Scope.NAMESPACE_WIDE: f"sealedsecrets.{GROUP}/namespace-wide",
    Scope.CLUSTER_WIDE: f"sealedsecrets.{GROUP}/cluster-wide",
}


def scope_of(annotations: Mapping[str, Any]) -> Scope:
    """The scope that an object's annotations declare; cluster-wide wins, as in the controller."""
    for scope in (Scope.CLUSTER_WIDE, Scope.NAMESPACE_WIDE):
        if annotations.get(ANNOTATIONS[scope]) == "true":
            return scope
    return Scope.STRICT


def with_scope(annotations: Mapping[str, str], scope: Scope) -> dict[str, str]:
    """The annotations with the ones of ``scope`` and of no other."""
    others = {key: value for key, value in annotations.items() if key not in ANNOTATIONS.values()}
    return others if scope is Scope.STRICT else {ANNOTATIONS[scope]: "true", **others}


@dataclass(frozen=True, slots=True)
class Binding:
    """Where a sealed value may be opened; fields that do not matter for the scope are empty."""

    scope: Scope
    namespace: str = ""
    name: str = ""

    @classmethod
    def of(cls, scope: Scope, namespace: str, name: str) -> Binding:
        """The binding of an object with this name and namespace."""
        if scope is Scope.CLUSTER_WIDE:
            return cls(scope)
        return cls(scope, namespace, name if scope is Scope.STRICT else "")

    @classmethod
    def parse(cls, text: str) -> Binding | None:
        """Reads what ``str`` wrote; None when it is something else."""
        word, _, rest = text.partition(":")
        namespace, _, name = rest.partition("/")
        try:
            found = cls(Scope(word), namespace, name)
        except ValueError:
            return None
        return found if str(found) == text and found == cls.of(found.scope, namespace, name) else None

    @property
    def label(self) -> bytes:
        """The label of the RSA-OAEP encryption: ``namespace/name``, ``namespace``, or nothing.

        https://github.com/bitnami-labs/sealed-secrets/blob/v0.40.0/pkg/apis/sealedsecrets/v1alpha1/sealedsecret_expansion.go
        """
        if self.scope is Scope.STRICT:
            return f"{self.namespace}/{self.name}".encode()
        return self.namespace.encode()

    def __str__(self) -> str:
        place = self.label.decode()
        return f"{self.scope}:{place}" if place else str(self.scope)

    @property
    def words(self) -> str:
        """For a sentence that begins with "sealed for"."""
        if self.scope is Scope.STRICT:
            return f"the name {self.name} in the namespace {self.namespace}"
        if self.scope is Scope.NAMESPACE_WIDE:
            return f"any name in the namespace {self.namespace}"
        return "any name in any namespace"
