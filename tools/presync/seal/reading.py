"""Reading what is to be sealed. No message repeats any of it: a parser quotes what it stumbles over."""

from __future__ import annotations

import binascii
import contextlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from presync.base import goyaml
from presync.base.errors import PresyncError
from presync.seal.record import DOMAIN
from presync.seal.secret import Secret, check_key

# Annotations that tools put on a Secret in the cluster. The first two hold a copy of the plain values.
_DROPPED_ANNOTATIONS = (
    "kubectl.kubernetes.io/last-applied-configuration",
    "kubecfg.ksonnet.io/last-applied-configuration",
    "argocd.argoproj.io/tracking-id",
)


def read_manifests(data: bytes, what: str) -> list[Secret]:
    """Every Secret of a YAML or JSON stream; a List counts as its items.

    Values of ``data`` are decoded, ``stringData`` wins over ``data``, as in Kubernetes. What only a cluster writes
    (uid, resourceVersion, ownerReferences, managedFields, …) is left out.

    Raises:
        PresyncError: not YAML, something other than a Secret, a value that is not text. Names line, object and key.
    """
    secrets: list[Secret] = []
    try:
        for document, line in _documents(goyaml.decode(data), what):
            where = f"{what}:{line}"
            secrets += [_secret(item, where) for item in _items(document, where)]
    except goyaml.GoYamlError as error:
        place = f"{what}:{error.line}:{error.column}" if error.column else f"{what}:{error.line}"
        raise PresyncError(
            f"{place}: not valid YAML", "What stands there is not repeated here, it may be a value. Quotes often help."
        ) from None
    if not secrets:
        raise PresyncError(
            f"{what}: there is no Secret in it" if data.strip() else f"{what} is empty",
            "If a pipe feeds it, see whether the program before it failed.",
        )
    return secrets


def read_env_file(data: bytes, what: str) -> dict[str, bytes]:
    """``KEY=VALUE`` lines as ``kubectl create secret --from-env-file`` reads them; nothing is unquoted or expanded.

    Raises:
        PresyncError: a line without ``=``, a bad key, a key twice. Names the line.
    """
    found: dict[str, bytes] = {}
    for number, raw in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        line = raw.removesuffix(b"\r").lstrip()
        if not line or line.startswith(b"#"):
            continue
        name, equals, value = line.partition(b"=")
        if not equals:
            raise PresyncError(f"{what}:{number}: there is no '=' in this line", "Each line is KEY=VALUE.")
        key = name.decode("utf-8", "replace")
        try:
            check_key(key)
        except PresyncError as error:
            raise PresyncError(f"{what}:{number}: {error.message}") from None
        if key in found:
            raise PresyncError(f"{what}:{number}: {key} is there twice")
        found[key] = value
    if not found:
        raise PresyncError(f"{what}: there is no KEY=VALUE line in it")
    return found


def _documents(text: str, what: str) -> Iterator[tuple[Any, int]]:
    """Every document and its first line. JSON is read as JSON: a pair of surrogates is no YAML."""
    if text.lstrip().startswith("{"):
        with contextlib.suppress(ValueError, RecursionError):  # then it is a YAML mapping in braces
            yield from _json(text, what)
            return
    for document in goyaml.documents(text):
        _refuse_duplicates(document.node, what)
        yield document.data, document.line


def _json(text: str, what: str) -> list[tuple[Any, int]]:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            raise PresyncError(f"{what}: a key is there twice in one object")
        return found

    decoder = json.JSONDecoder(object_pairs_hook=unique)
    found: list[tuple[Any, int]] = []
    position = len(text) - len(text.lstrip())
    while position < len(text):
        data, end = decoder.raw_decode(text, position)
        found.append((data, text.count("\n", 0, position) + 1))
        position = len(text) - len(text[end:].lstrip())
    return found


def _refuse_duplicates(root: yaml.Node, what: str) -> None:
    """A key that stands twice silently loses its first value."""
    stack, seen = [root], set[int]()
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            keys = set[str]()
            for key, value in node.value:
                if isinstance(key, yaml.ScalarNode) and key.value in keys and key.value != "<<":
                    raise PresyncError(f"{what}:{key.start_mark.line + 1}: this key is there twice in one mapping")
                keys.add(key.value if isinstance(key, yaml.ScalarNode) else "")
                stack.append(value)
        elif isinstance(node, yaml.SequenceNode):
            stack += node.value


def _items(data: Any, where: str) -> Iterator[Mapping[str, Any]]:
    if not isinstance(data, Mapping):
        raise PresyncError(f"{where}: not a Kubernetes object", "A Secret has apiVersion: v1 and kind: Secret.")
    if str(data.get("kind", "")).endswith("List") and isinstance(data.get("items"), list):
        for item in data["items"]:
            yield from _items(item, where)
        return
    if data.get("kind") == "SealedSecret":
        raise PresyncError(f"{where}: this is a SealedSecret already", "`presync rotate` seals it again.")
    if data.get("kind") != "Secret" or data.get("apiVersion") != "v1":
        raise PresyncError(f"{where}: not a Secret", "A Secret has apiVersion: v1 and kind: Secret; seal nothing else.")
    yield data


def _secret(data: Mapping[str, Any], where: str) -> Secret:
    metadata = _mapping(data, "metadata", where)
    name, namespace = (_text(metadata, key, f"{where}: metadata") for key in ("name", "namespace"))
    who = f"{where}: Secret {name}" if name else where
    values = {key: _decoded(key, value, who) for key, value in _mapping(data, "data", who).items()}
    for key, value in _mapping(data, "stringData", who).items():
        if value is not None and not _is_text(value):
            raise PresyncError(f"{who}: stringData.{_safe(key)} is not text", "Put the value in quotes.")
        values[key] = (value or "").encode()
    immutable = data.get("immutable")
    if immutable is not None and not isinstance(immutable, bool):
        raise PresyncError(f"{who}: immutable is neither true nor false")
    annotations = _texts(metadata, "annotations", who)
    finalizers = metadata.get("finalizers")
    return Secret(
        name,
        namespace,
        values,
        _text(data, "type", who),
        _texts(metadata, "labels", who),
        {
            key: value
            for key, value in annotations.items()
            if key not in _DROPPED_ANNOTATIONS and not key.startswith(f"{DOMAIN}/")
        },
        tuple(str(item) for item in finalizers) if isinstance(finalizers, list) else (),
        immutable,
    )


def _decoded(key: str, value: Any, who: str) -> bytes:
    if value is None:
        return b""
    if isinstance(value, str):
        try:
            return binascii.a2b_base64("".join(value.split("\n")).replace("\r", "").encode("ascii"), strict_mode=True)
        except (binascii.Error, UnicodeEncodeError):
            pass
    raise PresyncError(f"{who}: data.{_safe(key)} is not base64", "Plain text belongs under stringData.")


def _safe(key: str) -> str:
    """The key where it is one; something else may be a value that slipped to the left of a colon."""
    try:
        check_key(key)
    except PresyncError:
        return "<not a key>"
    return key


def _mapping(data: Mapping[str, Any], key: str, who: str) -> Mapping[str, Any]:
    found = data.get(key)
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise PresyncError(f"{who}: {key} is not a mapping")
    return found


def _text(data: Mapping[str, Any], key: str, who: str) -> str:
    found = data.get(key)
    if found is not None and not _is_text(found):
        raise PresyncError(f"{who}: {key} is not text", "Put it in quotes.")
    return found or ""


def _texts(data: Mapping[str, Any], key: str, who: str) -> dict[str, str]:
    found = _mapping(data, key, who)
    for name, value in found.items():
        if not _is_text(name) or not _is_text(value):
            raise PresyncError(f"{who}: {key}.{_safe(name)} is not text", "Put it in quotes.")
    return dict(found)


def _is_text(value: Any) -> bool:
    """Whether it is text that UTF-8 can hold; JSON may spell half a character."""
    try:
        return isinstance(value, str) and value.encode() is not None
    except UnicodeEncodeError:
        return False
