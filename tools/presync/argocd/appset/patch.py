"""``templatePatch``: a strategic merge patch of a generated Application, as Argo CD applies it.

Lists are replaced, except ``metadata.finalizers`` and ``ownerReferences``; maps are merged; null removes. Inside
``helm.valuesObject`` a map that is on both sides cannot be merged: Kubernetes' code looks for a field of that name in a
Go struct and fails (https://github.com/kubernetes/apimachinery/blob/v0.36.1/pkg/util/strategicpatch/patch.go).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NoReturn

from presync.argocd.appset import govalues
from presync.argocd.appset.generation import yaml_error
from presync.argocd.appset.gotypes import DecodeError, Path, Type, check_json, decode, encode, struct, unknown
from presync.base import goyaml
from presync.engine import Engine

APPLICATION = struct("Application")

_MARKER = "$patch"
_RETAIN = "$retainKeys"
_DELETE_FROM = "$deleteFromPrimitiveList/"
_ORDER = "$setElementOrder/"
_MERGED = {("ObjectMeta", "finalizers"): "", ("ObjectMeta", "ownerReferences"): "uid"}


class PatchError(ValueError):
    """The patch is refused, in Argo CD's words."""


class PatchUnsupported(Exception):
    """The patch uses something presync does not do."""


def apply(application: Mapping[str, Any], text: str, engine: Engine) -> dict[str, Any]:
    """The patched Application; its project stays what it was.

    Raises:
        PatchError: as Argo CD refuses it.
        PatchUnsupported: a directive that presync does not know.
    """
    try:
        data = govalues.copy(_read(text))
    except goyaml.GoYamlError as error:
        words = yaml_error(engine, text, error)
        raise PatchError(f"error while converting template to json {govalues.quote(text)}: {words}") from None
    converted = text if _is_json(text) else govalues.to_json(data)
    try:
        check_json(APPLICATION, data)
    except DecodeError as error:
        raise PatchError(f"invalid templatePatch {govalues.quote(converted)}: {error}") from None
    if not data:
        return dict(application)
    original = govalues.copy(encode(APPLICATION, application))
    data.pop("status", None)  # nothing of it reaches the Application
    try:
        merged = _merge(original, data, APPLICATION)
    except DecodeError as error:
        raise PatchError(
            f"error while applying templatePatch template to json {govalues.quote(converted)}: {error}"
        ) from None
    try:
        check_json(APPLICATION, merged)
    except DecodeError as error:
        raise PatchError(f"error while unmarhsalling patched application: {error}") from None
    out: dict[str, Any] = decode(APPLICATION, merged, fold=True)
    out.setdefault("spec", {})["project"] = application.get("spec", {}).get("project", "")
    return out


def dropped(text: str, version: str) -> list[Path]:
    """Fields of a patch, which :func:`apply` took, that an Application does not have: they are lost without a word."""
    data = _read(text)
    kept = encode(APPLICATION, decode(APPLICATION, data, fold=True)) if data else {}
    paths = unknown(APPLICATION, data, (), version) if data else ()
    return [path for path in paths if not str(path[-1]).startswith("$") and not _folded(kept, path)]


def _folded(kept: Any, path: Path) -> bool:
    """Whether Go found the field under a name that differs in nothing but case."""
    for step in path[:-1]:
        kept = kept.get(step) if isinstance(kept, Mapping) else None
    return isinstance(kept, Mapping) and str(path[-1]).lower() in {str(key).lower() for key in kept}


@lru_cache(maxsize=256)
def _read(text: str) -> Any:
    """The data of a patch; what begins with a brace must be JSON."""
    try:
        if _is_json(text):
            return json.loads(text, parse_constant=_refuse)
        return goyaml.load(text)
    except json.JSONDecodeError as error:
        raise PatchError(f"invalid templatePatch {govalues.quote(text)}: {_json_words(error, text)}") from None


def _is_json(text: str) -> bool:
    return text.strip().startswith("{")


def _refuse(text: str) -> NoReturn:
    raise json.JSONDecodeError(f"invalid character {text[0]!r} looking for beginning of value", text, 0)


def _json_words(error: json.JSONDecodeError, text: str) -> str:
    if error.pos >= len(text.rstrip()):
        return "unexpected end of JSON input"
    wanted = "beginning of object key string" if "property name" in error.msg else "beginning of value"
    return f"invalid character {error.doc[error.pos]!r} looking for {wanted}"


def _merge(original: dict[str, Any], patch: dict[str, Any], of: Type | None) -> dict[str, Any]:
    if _MARKER in patch:
        directive = patch.pop(_MARKER)
        if directive == "replace":
            return patch
        if directive == "delete":
            return {}
        raise DecodeError(f"unknown patch type: {govalues.text(directive)} in map: {govalues.text(patch)}")
    _retain(original, patch)
    for key, value in list(patch.items()):
        if key.startswith(_ORDER):
            raise PatchUnsupported(f"{_ORDER.rstrip('/')} in a templatePatch")
        deleting = key.startswith(_DELETE_FROM)
        name = key.removeprefix(_DELETE_FROM)
        if value is None:
            original.pop(name, None)
        elif name not in original or _kind(original[name]) != _kind(value):
            if not deleting:
                _take(original, name, _without_nulls(value))
        elif isinstance(value, dict):
            original[name] = _merge(original[name], value, _field(of, name))
        elif isinstance(value, list):
            original[name] = _merge_lists(original[name], value, of, name, deleting)
        else:
            _take(original, name, value)
    return original


def _retain(original: dict[str, Any], patch: dict[str, Any]) -> None:
    if _RETAIN not in patch:
        return
    keep = patch.pop(_RETAIN)
    named = {key for key, value in patch.items() if value is not None and not key.startswith((_DELETE_FROM, _ORDER))}
    if not isinstance(keep, list) or not named <= {item for item in keep if isinstance(item, str)}:
        raise DecodeError("invalid patch format of retainKeys")
    for key in [key for key in original if key not in keep]:
        del original[key]


def _merge_lists(original: list[Any], patch: list[Any], of: Type | None, name: str, deleting: bool) -> list[Any]:
    field = _field(of, name)
    if field is None or field.kind != "list":
        raise DecodeError("expected slice or array type, but got: struct")
    if deleting:
        return [item for item in original if item not in patch]
    merge_key = _MERGED.get((of.name if of else "", name))
    if merge_key is None:
        return patch
    if merge_key:
        raise PatchUnsupported(f"{name} in a templatePatch")
    return _merge_texts(original, patch)


def _merge_texts(original: list[Any], patch: list[Any]) -> list[Any]:
    """Both lists without repetition; what the patch names comes first unless the original has it further back."""
    left = [item for item in dict.fromkeys(original) if item not in patch]
    right = list(dict.fromkeys(patch))
    places = {item: index for index, item in enumerate(original)}
    out = []
    while left and right:
        earlier = right[0] in places and places[left[0]] < places[right[0]]
        out.append((left if earlier else right).pop(0))
    return out + left + right


def _field(of: Type | None, name: str) -> Type | None:
    """The type of a field, for what stands inside it.

    Raises:
        DecodeError: Go's struct has no such field, or there is no struct.
    """
    if of is None or of.kind not in ("struct", "object", "json"):
        kind = {"map": "map", "list": "slice"}.get(of.kind if of else "", "map")
        raise DecodeError(f"merging an object in json but data type is not struct, instead is: {kind}")
    if of.kind != "struct":
        raise DecodeError(f'unable to find api field in struct RawExtension for the json field "{name}"')
    folded = {key.lower(): key for key in of.fields}
    key = name if name in of.fields else folded.get(name.lower())
    if key is None:
        raise DecodeError(f'unable to find api field in struct {of.name} for the json field "{name}"')
    return of.fields[key].type


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    return {dict: "map", list: "list", str: "string", int: "int", float: "float"}[type(value)]


def _take(target: dict[str, Any], key: str, value: Any) -> None:
    """The value of the patch, without directives; one that is itself a directive takes the key away."""
    if isinstance(value, dict) and _MARKER in value:
        target.pop(key, None)
    else:
        target[key] = _without_directives(value)


def _without_directives(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _without_directives(inner)
            for key, inner in value.items()
            if not (isinstance(inner, dict) and _MARKER in inner)
        }
    if isinstance(value, list):
        return [_without_directives(item) for item in value if not (isinstance(item, dict) and _MARKER in item)]
    return value


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(inner) for key, inner in value.items() if inner is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value
