"""ConfigMaps and Secrets. Values of Secrets never get into a message."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping

from presync.platform.validation import names
from presync.platform.validation.access import Object, duplicate, invalid, obj, required, text
from presync.platform.violation import Category, Path, Violation

_MAX_SIZE = 1024 * 1024
_SERVICE_ACCOUNT = "kubernetes.io/service-account.name"
# Type of a Secret to the keys it must have; in a group of keys one is enough.
_KEYS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "kubernetes.io/dockercfg": ((".dockercfg",),),
    "kubernetes.io/dockerconfigjson": ((".dockerconfigjson",),),
    "kubernetes.io/basic-auth": (("username", "password"),),
    "kubernetes.io/ssh-auth": (("ssh-privatekey",),),
    "kubernetes.io/tls": (("tls.crt",), ("tls.key",)),
}


def config_map(data: Object, minor: int) -> Iterator[Violation]:
    """A ConfigMap."""
    values, binary = obj(data, "data"), obj(data, "binaryData")
    size = 0
    for field, entries in (("data", values), ("binaryData", binary)):
        for key, value in entries.items():
            path: Path = (field, key)
            if names.config_key(key):
                yield invalid(Category.NAME, path, key, names.config_key(key))
            if field == "binaryData" and key in values:
                yield duplicate(path, key)
            content = value if isinstance(value, str) else ""
            if field == "binaryData":
                decoded = _decoded(content)
                if decoded is None:
                    yield _not_base64(path)
                size += len(decoded or b"")
            else:
                size += len(content.encode("utf-8", "surrogatepass"))
    yield from _too_large(size, ())


def secret(data: Object, minor: int) -> Iterator[Violation]:
    """A Secret."""
    stored, plain = obj(data, "data"), obj(data, "stringData")
    size = 0
    broken = False
    for field, entries in (("data", stored), ("stringData", plain)):
        for key, value in entries.items():
            path: Path = (field, key)
            if names.config_key(key):
                yield invalid(Category.NAME, path, key, names.config_key(key))
            content = value if isinstance(value, str) else ""
            decoded = _decoded(content) if field == "data" else content.encode("utf-8", "surrogatepass")
            if decoded is None:
                broken = True
                yield _not_base64(path)
            size += len(decoded or b"")
    yield from _too_large(size, ("data",))
    if not broken:
        yield from _typed(data, {**stored, **plain}, plain)


def _typed(data: Object, keys: Mapping[str, object], plain: Mapping[str, object]) -> Iterator[Violation]:
    kind = text(data, "type")
    for group in _KEYS.get(kind, ()):
        if not any(key in keys for key in group):
            yield required(("data", group[0]), f"a Secret of type {kind} has the key {' or '.join(group)}")
    named = obj(data, "metadata", "annotations").get(_SERVICE_ACCOUNT)
    if kind == "kubernetes.io/service-account-token" and not named:
        yield required(("metadata", "annotations", _SERVICE_ACCOUNT))
    key = ".dockerconfigjson" if kind == "kubernetes.io/dockerconfigjson" else ".dockercfg"
    value = keys[key] or "" if key in keys else None  # the server reads a null as an empty text
    if kind in ("kubernetes.io/dockerconfigjson", "kubernetes.io/dockercfg") and isinstance(value, str):
        content = value.encode() if key in plain else _decoded(value) or b""
        try:
            parsed = json.loads(content)
        except (ValueError, RecursionError):
            parsed = None
        if not isinstance(parsed, dict):
            message = 'Invalid value: "<secret contents redacted>": is not a JSON object'
            yield Violation(Category.FORMAT, ("stringData" if key in plain else "data", key), message)


def _decoded(value: str) -> bytes | None:
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        return None


def _not_base64(path: Path) -> Violation:
    remedy = "Encode the value, or put it under stringData." if path[0] == "data" else "Encode the value."
    return Violation(Category.FORMAT, path, "Invalid value: illegal base64 data", remedy)


def _too_large(size: int, path: Path) -> Iterator[Violation]:
    if size > _MAX_SIZE:
        yield Violation(Category.RANGE, path, f"Too long: must have at most {_MAX_SIZE} bytes (has {size})")
