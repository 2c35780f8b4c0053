"""A Secret in memory, and what Kubernetes would say to it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from presync.base.errors import PresyncError

MAX_BYTES = 1024 * 1024  # of all values of one Secret, as the API server has it
_KEY = re.compile(r"[-._a-zA-Z0-9]{1,253}")
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")

# The keys without which the API server refuses a Secret of the type.
# https://kubernetes.io/docs/concepts/configuration/secret/#secret-types
REQUIRED_KEYS: Mapping[str, tuple[str, ...]] = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
}


@dataclass(frozen=True, slots=True)
class Secret:
    """What is to be sealed. Its values show in no representation."""

    name: str
    namespace: str
    values: Mapping[str, bytes] = field(repr=False)
    type: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict, repr=False)
    finalizers: tuple[str, ...] = ()
    immutable: bool | None = None

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name or "the Secret"


def check_key(key: str) -> None:
    """Refuse what Kubernetes would refuse as a key. What was typed is not repeated: it may hold the value.

    Raises:
        PresyncError: not a key.
    """
    if not _KEY.fullmatch(key) or key in (".", "..") or key.startswith(".."):
        raise PresyncError(
            "a key of the Secret has letters, digits, '-', '_' and '.' only, at most 253, and does not begin with '..'",
            "A value is never given on the command line: --key asks for it, --from-file and a manifest are read.",
        )


def check_place(name: str, namespace: str, namespace_needed: bool) -> None:
    """Refuse a name or namespace that Kubernetes would refuse.

    Raises:
        PresyncError: with what is missing or wrong.
    """
    if not name:
        raise PresyncError("the Secret has no name", "Set metadata.name, or give --name.")
    if not _NAME.fullmatch(name) or ".." in name or ".-" in name or "-." in name:
        raise PresyncError(f"{name!r} is not a name of a Secret (lower case letters, digits, '-' and '.')")
    if not namespace and namespace_needed:
        raise PresyncError(
            f"{name}: the namespace is not known, and the value is bound to it",
            "Set metadata.namespace, or give --namespace; only --scope cluster-wide goes without.",
        )
    if namespace and not _LABEL.fullmatch(namespace):
        raise PresyncError(f"{namespace!r} is not a name of a namespace (lower case letters, digits and '-')")


def check_values(secret: Secret, allow_empty: bool, present: Collection[str] = ()) -> None:
    """Refuse what the API server would refuse later, in the cluster, where fewer people look.

    Args:
        secret: what is to be sealed.
        allow_empty: whether an empty value is meant.
        present: keys that the SealedSecret already has, when values are merged into one.

    Raises:
        PresyncError: no values, an empty one, too much of them, a key missing for the type.
    """
    if not secret.values:
        raise PresyncError(f"{secret}: there is no value to seal", "data and stringData are both empty.")
    for key, value in secret.values.items():
        check_key(key)
        if not value and not allow_empty:
            raise PresyncError(
                f"{secret}: the value of {key} is empty",
                "If a pipe feeds it, see whether the program before it failed. --allow-empty seals it all the same.",
            )
    size = sum(len(value) for value in secret.values.values())
    if size > MAX_BYTES:
        raise PresyncError(f"{secret}: {size:,} bytes of values; Kubernetes takes {MAX_BYTES:,} in one Secret")
    missing = [key for key in REQUIRED_KEYS.get(secret.type, ()) if key not in secret.values and key not in present]
    if missing:
        raise PresyncError(
            f"{secret}: a Secret of type {secret.type} needs {' and '.join(missing)}; the API server would refuse it"
        )
