"""The Go types behind Applications and ApplicationSets, and what Go does to data that passes through them.

An ApplicationSet is read into Go structs, its template is filled in, and the result is written out again. On that way
unknown fields disappear, empty ones are dropped or added, and a value of the wrong type is refused. ``gotypes.json``
lists the types of Argo CD 3.5.7 in the order of their fields, which is the order in which Argo CD walks them; fields of
embedded structs stand where they are embedded. A field reads ``*[]T=!``: ``*`` a pointer, ``[]`` a list, ``{}`` a map,
``=`` written out even when it is empty, ``!`` required by the CustomResourceDefinition; ``json`` is anything and
``object`` a map of anything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from presync.argocd.versions import NEWEST, has_field

Path = tuple[str | int, ...]

_SCALARS = {"string", "bool", "int", "json", "object", "int-or-string", "time"}
_JSON_NAMES = {bool: "boolean", str: "string", int: "integer", float: "number", list: "array", dict: "object"}
_WANTED = {"bool": "boolean", "int": "integer", "string": "string", "time": "string", "object": "object"}
_GO_NAMES = {"boolean": "bool", "integer": "number", "null": "null"}
_GO_WANTED = {"bool": "bool", "int": "int64", "string": "string"}


@dataclass(frozen=True, slots=True)
class Type:
    """A type: a scalar, ``struct``, ``list`` or ``map``; ``name`` of a struct, ``item`` of the others."""

    kind: str
    name: str = ""
    item: Type | None = None
    pointer: bool = False

    @property
    def fields(self) -> Mapping[str, Field]:
        """The fields of a struct, in Go's order."""
        return _structs()[self.name]

    @property
    def of(self) -> Type:
        """What a list or a map holds."""
        assert self.item is not None  # noqa: S101 - a list without an item type cannot be parsed
        return self.item


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a struct."""

    type: Type
    always: bool  # written out when empty
    required: bool
    limits: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Violation:
    """Why the API server refuses an object, in its own words, and where."""

    path: Path
    message: str


class DecodeError(ValueError):
    """Go's encoding/json refuses a value."""


def struct(name: str) -> Type:
    """The struct of that name."""
    return Type("struct", name)


@cache
def _structs() -> Mapping[str, Mapping[str, Field]]:
    data = json.loads(resources.files("presync.argocd.appset").joinpath("gotypes.json").read_text("utf-8"))
    limits = data["limits"]
    return {
        name: {
            field: Field(_type(text.rstrip("=!")), "=" in text, "!" in text, limits.get(f"{name}.{field}", {}))
            for field, text in fields.items()
        }
        for name, fields in data["types"].items()
    }


def _type(text: str) -> Type:
    pointer = text.startswith("*")
    text = text.removeprefix("*")
    for mark, kind in (("[]", "list"), ("{}", "map")):
        if text.startswith(mark):
            return Type(kind, item=_type(text.removeprefix(mark)), pointer=pointer)
    return Type(text, pointer=pointer) if text in _SCALARS else Type("struct", text, pointer=pointer)


def dotted(path: Path) -> str:
    """``spec.generators[0].list``, as the API server writes a path."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else (f".{step}" if text else step)
    return text


def json_name(value: Any) -> str:
    """What the API server calls the type of a value."""
    return "null" if value is None else _JSON_NAMES[type(value)]


def unknown(of: Type, value: Any, path: Path = (), version: str = NEWEST) -> Iterator[Path]:
    """Fields that the type does not have in that version of Argo CD; the API server drops them without a word."""
    if of.kind == "struct" and isinstance(value, dict):
        for key, inner in value.items():
            field = of.fields.get(key)
            if field is None or not has_field(version, of.name, key):
                yield (*path, key)
            else:
                yield from unknown(field.type, inner, (*path, key), version)
    elif of.kind == "list" and isinstance(value, list):
        for index, inner in enumerate(value):
            yield from unknown(of.of, inner, (*path, index), version)
    elif of.kind == "map" and isinstance(value, dict):
        for key, inner in value.items():
            yield from unknown(of.of, inner, (*path, key), version)


def violations(of: Type, value: Any, path: Path = ()) -> Iterator[Violation]:
    """What the API server refuses: wrong types, missing required fields, values outside of limits."""
    wanted = {"struct": "object", "map": "object", "list": "array"}.get(of.kind) or _WANTED.get(of.kind, "")
    name = json_name(value)
    if of.kind == "int-or-string" and name not in ("integer", "string"):
        yield _wrong_type(path, name, "integer,string")
    elif wanted and name != wanted:
        yield _wrong_type(path, name, wanted)
    elif of.kind == "struct":
        for key, field in of.fields.items():
            if key in value:
                yield from violations(field.type, value[key], (*path, key))
                yield from _outside(field.limits, value[key], (*path, key))
            elif field.required:
                yield Violation((*path, key), f"{dotted((*path, key))}: Required value")
    elif of.kind == "list":
        for index, inner in enumerate(value):
            yield from violations(of.of, inner, (*path, index))
    elif of.kind == "map":
        for key, inner in value.items():
            yield from violations(of.of, inner, (*path, key))


def without_nulls(value: Any) -> Any:
    """The data without the keys that are null: ``kubectl apply`` and Argo CD's sync send none."""
    if isinstance(value, dict):
        return {key: without_nulls(inner) for key, inner in value.items() if inner is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


def _wrong_type(path: Path, name: str, wanted: str) -> Violation:
    place = dotted(path)
    if name == "number" and wanted == "integer":
        name, wanted = "float64", "int64"
    return Violation(path, f'{place}: Invalid value: "{name}": {place} in body must be of type {wanted}: "{name}"')


def _outside(limits: Mapping[str, Any], value: Any, path: Path) -> Iterator[Violation]:
    if not limits or not isinstance(value, str):
        return
    place, text = dotted(path), json.dumps(value)
    if "enum" in limits and value not in limits["enum"]:
        supported = ", ".join(f'"{item}"' for item in limits["enum"])
        yield Violation(path, f"{place}: Unsupported value: {text}: supported values: {supported}")
    if len(value) < limits.get("minLength", 0):
        yield Violation(
            path,
            f"{place}: Invalid value: {text}: {place} in body should be at least {limits['minLength']} chars long",
        )
    if "pattern" in limits and not re.search(limits["pattern"], value):
        yield Violation(path, f"{place}: Invalid value: {text}: {place} in body should match '{limits['pattern']}'")


def decode(of: Type, value: Any, fold: bool = False) -> Any:
    """What is left of ``value`` in a Go struct: known fields only, nulls gone, integers as integers.

    ``fold`` finds a field whatever the case of its letters, as Go's encoding/json does and Kubernetes' does not. The
    data must have passed :func:`violations` or :func:`check_json`.
    """
    if of.kind == "struct":
        return {
            key: decode(of.fields[key].type, inner, fold)
            for key, inner in _known(of, value or {}, fold)
            if inner is not None
        }
    if of.kind == "list":
        return [decode(of.of, inner, fold) if inner is not None else zero(of.of) for inner in value]
    if of.kind == "map":
        return {key: decode(of.of, inner, fold) if inner is not None else zero(of.of) for key, inner in value.items()}
    if of.kind in ("int", "int-or-string") and isinstance(value, float):
        return int(value)
    return value


def _known(of: Type, value: Mapping[str, Any], fold: bool) -> Iterator[tuple[str, Any]]:
    """The fields that the value gives, in Go's order; one that is given in two cases is put together."""
    found: dict[str, Any] = {}
    lower = {key.lower(): key for key in of.fields} if fold else {}
    for key in sorted(value) if fold else value:
        name = key if key in of.fields else lower.get(key.lower())
        if name is not None:
            found[name] = _overlaid(found[name], value[key]) if name in found else value[key]
    for key in of.fields:
        if key in found:
            yield key, found[key]


def _overlaid(first: Any, second: Any) -> Any:
    if isinstance(first, dict) and isinstance(second, dict):
        return first | {key: _overlaid(first[key], inner) if key in first else inner for key, inner in second.items()}
    return second


def check_json(of: Type, value: Any, owner: str = "", path: Path = ()) -> None:
    """What Go's encoding/json would refuse to put into the type.

    Raises:
        DecodeError: in Go's words.
    """
    name = json_name(value)
    if value is None or of.kind in ("json", "object", "time"):
        return
    wanted = {"struct": "object", "map": "object", "list": "array"}.get(of.kind) or _WANTED.get(of.kind, "")
    if of.kind == "int-or-string":
        if name not in ("integer", "number", "string"):
            raise DecodeError(f"json: cannot unmarshal {_GO_NAMES.get(name, name)} into Go value of type int32")
    elif name != wanted:
        where = f"Go struct field {owner}.{'.'.join(str(step) for step in path)}" if path else "Go value"
        raise DecodeError(f"json: cannot unmarshal {_GO_NAMES.get(name, name)} into {where} of type {_go_name(of)}")
    elif of.kind == "struct":
        for key, inner in _known(of, value, fold=True):
            check_json(of.fields[key].type, inner, of.name, (*path, key))
    elif of.kind == "list":
        for inner in value:
            check_json(of.of, inner, owner, path)
    elif of.kind == "map":
        for inner in value.values():
            check_json(of.of, inner, owner, path)


def _go_name(of: Type) -> str:
    if of.kind == "struct":
        package = "v1" if of.name in ("ObjectMeta", "LabelSelector", "LabelSelectorRequirement") else "v1alpha1"
        return f"{package}.{of.name}"
    if of.kind == "list":
        return f"[]{_go_name(of.of)}"
    if of.kind == "map":
        return f"map[string]{_go_name(of.of)}"
    return _GO_WANTED.get(of.kind, of.kind)


def zero(of: Type) -> Any:
    """Go's zero value, as it looks in JSON."""
    if of.pointer or of.kind in ("list", "map", "json", "object", "time"):
        return None
    return {"string": "", "bool": False, "int": 0, "int-or-string": 0}.get(of.kind, {})


def encode(of: Type, value: Any) -> Any:
    """How Go writes the value as JSON: empty fields dropped, those that are always written added."""
    if of.kind == "struct":
        out = {}
        for key, field in of.fields.items():
            if key in value:
                inner = encode(field.type, value[key])
                if field.always or field.type.pointer or not _empty(inner):
                    out[key] = inner
            elif field.always and not _only_when_set(of.name, key):
                empty = zero(field.type)
                out[key] = (
                    encode(field.type, empty) if field.type.kind == "struct" and not field.type.pointer else empty
                )
        if of.name == "ApplicationSourcePluginParameter":
            out.setdefault("name", "")  # it writes itself, always with a name
        return out
    if of.kind == "list":
        return [encode(of.of, inner) for inner in value]
    if of.kind == "map":
        return {key: encode(of.of, inner) for key, inner in value.items()}
    return value


def _empty(value: Any) -> bool:
    return not value


def _only_when_set(name: str, key: str) -> bool:
    """A plugin parameter has a map, an array or neither; an empty one that was given stays."""
    return name == "ApplicationSourcePluginParameter" and key in ("map", "array")
