"""The validator's errors in the words of the API server."""

from __future__ import annotations

import base64
import binascii
import difflib
import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from presync.platform.schemas.keys import double, keyless
from presync.platform.schemas.structural import KEYS, META, NEEDED_KEYS, OPEN
from presync.platform.violation import Category, Path, Violation, listed, quoted

if TYPE_CHECKING:
    import jsonschema_rs

_RANGES = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})
_ARTICLES = {"array": "a list", "object": "an object", "integer": "an integer", "number": "a number", "string": "text"}
_DURATION = re.compile(
    r"[-+]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+)"
    r"|\s*\d+\s*(?:ns|us|µs|ms|s|m|h|d|w|(?:nano|micro|milli)?(?:s|secs?|seconds?)|min(?:ute)?s?|hours?|days?|weeks?)\s*"
    r"|P[0-9A-Z.]+"
)
_URI = re.compile(r"/|[A-Za-z][A-Za-z0-9+.-]*:")
_UUID = re.compile(r"(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")
_QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return "/" in text


# Where the API server's library (go-openapi/strfmt) is more generous than JSON Schema.
FORMATS: dict[str, Callable[[str], bool]] = {
    "byte": _is_base64,
    "cidr": _is_network,
    "duration": lambda text: _DURATION.fullmatch(text) is not None,
    "email": lambda text: "@" in text,
    "uri": lambda text: _URI.match(text) is not None,
    "uuid": lambda text: _UUID.fullmatch(text) is not None,
}


def violations(errors: Iterator[jsonschema_rs.ValidationError], document: Mapping[str, Any]) -> Iterator[Violation]:
    """Each error of a validator; ``document`` is the schema document its schema paths lead through."""
    for error in errors:
        yield from _violations(error, document)


def _violations(error: jsonschema_rs.ValidationError, document: Mapping[str, Any]) -> Iterator[Violation]:
    path: Path = tuple(error.instance_path)
    name = error.kind.name
    if name == "additionalProperties":
        known = _known_fields(document, error.schema_path)
        silent = _inside_open(document, error.evaluation_path)
        for field in error.kind.value:
            yield unknown_field((*path, field), known, silent)
    elif name == "maxProperties" and error.kind.value == 0 and isinstance(error.instance, Mapping):
        for field in error.instance:
            yield unknown_field((*path, field), (), silent=True)
    elif name == KEYS:
        index, shown = double(error.instance, _value_at(document, error.schema_path))
        yield Violation(Category.DUPLICATE, (*path, index), f"Duplicate value: {shown}; server-side apply refuses it")
    elif name == NEEDED_KEYS:
        keys = _value_at(document, error.schema_path)
        message = "Required value: server-side apply takes no null for an item of this list"
        if keys:
            message = f"Required value: server-side apply tells items apart by {' and '.join(keys)}"
        yield Violation(Category.REQUIRED, (*path, keyless(error.instance, keys)), message)
    elif name == "required":
        yield Violation(Category.SCHEMA, (*path, str(error.kind.value)), "Required value")
    else:
        yield _of_value(error, document, path, name)


def _of_value(error: jsonschema_rs.ValidationError, document: Mapping[str, Any], path: Path, name: str) -> Violation:
    """What is wrong with the value itself."""
    kind = error.kind
    if name == "type":
        remedy = "Leave the field out, or give it a value." if error.instance is None else ""
        return Violation(Category.SCHEMA, path, _wrong_type(error), remedy)
    if name == "enum":
        allowed = [value for value in kind.value if value not in (None, "")]
        message = f"Unsupported value: {quoted(error.instance)}: supported values: {listed(allowed)}"
        return Violation(Category.ENUM, path, message, _similar(error.instance, allowed))
    if name in _RANGES:
        return Violation(Category.RANGE, path, _out_of_range(error, document))
    if name in ("minLength", "minItems") and kind.value == 1:
        return Violation(Category.SCHEMA, path, "Required value")
    if name == "maxItems" and isinstance(error.instance, list):
        return Violation(
            Category.SCHEMA, path, f"Too many: {len(error.instance)}: must have at most {kind.value} items"
        )
    if name == "pattern" and _QUANTITY in error.schema_path:
        return quantity(path, error.instance)
    if name == "pattern":
        message = f"Invalid value: {quoted(error.instance)}: should match '{kind.value}'"
        return Violation(Category.FORMAT, path, message)
    return Violation(Category.SCHEMA, path, f"Invalid value: {_plain(error)}")


def unknown_field(path: Path, known: Sequence[str], silent: bool = False) -> Violation:
    """A field that no schema has, with the likely meaning."""
    field = str(path[-1])
    lower = {name.lower(): name for name in known}
    close = [lower[field.lower()]] if field.lower() in lower else difflib.get_close_matches(field, known, 1, 0.7)
    remedy = f"Did you mean {close[0]}?" if close else ""
    if not close and known:
        shown = ", ".join(sorted(known)[:12]) + (", …" if len(known) > 12 else "")
        remedy = f"Fields there are: {shown}."
    return Violation(Category.UNKNOWN, path, f'unknown field "{field}"', remedy, silent)


def quantity(path: Path, value: object) -> Violation:
    """Text that is no quantity."""
    message = (
        f"Invalid value: {quoted(value)}: quantities must match the regular expression "
        "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
    )
    return Violation(Category.QUANTITY, path, message, 'Write it like 500m, 2, 128Mi or 1.5Gi, without a space or "B".')


def _known_fields(document: Mapping[str, Any], schema_path: Sequence[str | int]) -> list[str]:
    """The properties beside the ``additionalProperties`` a schema path ends in."""
    node: Any = document
    for step in schema_path[:-1]:
        try:
            node = node[step]
        except (KeyError, IndexError, TypeError):
            return []
    properties = node.get("properties") if isinstance(node, Mapping) else None
    return list(properties) if isinstance(properties, Mapping) else []


def _value_at(document: Mapping[str, Any], path: Sequence[str | int]) -> Sequence[str]:
    node: Any = document
    for step in path:
        node = node[step]
    return node if isinstance(node, list) else ()


def _inside_open(document: Mapping[str, Any], path: Sequence[str | int]) -> bool:
    """Whether an object on the way keeps what it does not declare; server-side apply looks no further there."""
    node: Any = document
    seen = False
    for step in path:
        seen = seen or (isinstance(node, Mapping) and node.get(OPEN) is True)
        try:
            node = node[step]
        except (KeyError, IndexError, TypeError):
            return False
        if step == "$ref" and isinstance(node, str):
            if node == META:
                return False  # metadata has its own schema wherever it stands
            node = document.get("$defs", {}).get(node.removeprefix("#/$defs/"))
    return seen


def _wrong_type(error: jsonschema_rs.ValidationError) -> str:
    wanted = [name for name in error.kind.value if name != "null"]
    named = " or ".join(_ARTICLES.get(name, f"a {name}") for name in wanted)
    hint = ""
    if wanted == ["string"] and isinstance(error.instance, bool | int | float):
        hint = "; quote it"
    elif isinstance(error.instance, str) and set(wanted) & {"integer", "number", "boolean"}:
        hint = "; do not quote it" if _reads_as(error.instance, wanted) else ""
    return f"Invalid value: {quoted(error.instance)}: must be {named}{hint}"


def _reads_as(text: str, wanted: Sequence[str]) -> bool:
    if "boolean" in wanted:
        return text in ("true", "false")
    return text.lstrip("-").isdigit()


def _out_of_range(error: jsonschema_rs.ValidationError, document: Mapping[str, Any]) -> str:
    node: Any = document
    for step in error.schema_path[:-1]:
        node = node.get(step, {}) if isinstance(node, Mapping) else {}
    low, high = (node.get(key) if isinstance(node, Mapping) else None for key in ("minimum", "maximum"))
    if low is not None and high is not None and high < 2**31 - 1 and low >= 0:
        return f"Invalid value: {error.instance}: must be between {low} and {high}, inclusive"
    if error.kind.name == "minimum" and low is not None:
        return f"Invalid value: {error.instance}: must be greater than or equal to {low}"
    if error.kind.name == "maximum" and high is not None:
        return f"Invalid value: {error.instance}: must be less than or equal to {high}"
    return f"Invalid value: {_plain(error)}"


def _similar(value: object, allowed: Sequence[object]) -> str:
    names = [name for name in allowed if isinstance(name, str)]
    if not isinstance(value, str):
        return ""
    for name in names:
        if name.lower() == value.lower():
            return f"Write {name}; capitals matter."
    close = difflib.get_close_matches(value, names, 1, 0.6)
    return f"Did you mean {close[0]}?" if close else ""


def _plain(error: jsonschema_rs.ValidationError) -> str:
    """The validator's own sentence, without a value that may be long."""
    message = error.message
    return message if len(message) <= 200 else message[:197] + "..."
