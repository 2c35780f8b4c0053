"""Parameters of generators as Go holds them: how they print, flatten, merge, and which of them are typed.

A parameter set is ``map[string]any`` read from JSON, so every number is a float64. A few maps and lists inside it are
``map[string]string`` and ``[]string`` instead; templates can tell (``get .values "x"`` is refused, and a missing key is
empty for ``index .values "x"`` instead of ``<no value>``), so :class:`StrMap` and :class:`StrList` keep them apart.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

Params = dict[str, Any]

_ESCAPES = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}
_HTML = re.compile("[<>&\u2028\u2029]")


class StrMap(dict[str, str]):
    """Go's ``map[string]string``."""


class StrList(list[str]):
    """Go's ``[]string``."""


class MapList(list[Params]):
    """Go's ``[]map[string]any``."""


class GoPanic(ValueError):
    """Argo CD's controller would panic here; it recovers and gives up on the ApplicationSet."""


def text(value: Any) -> str:
    """``fmt.Sprintf("%v", value)``."""
    if isinstance(value, str):
        return value
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number(float(value))
    if isinstance(value, Mapping):
        return "map[" + " ".join(f"{key}:{text(value[key])}" for key in sorted(value)) + "]"
    return "[" + " ".join(text(item) for item in value) + "]"


def number(value: float) -> str:
    """A float64 as ``%v`` prints it: the fewest digits that name it, with an exponent below 1e-4 and from 1e+06 on."""
    if value == 0:
        return "-0" if math.copysign(1, value) < 0 else "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    # Where the point stands, counted from the first digit that is not zero.
    point = int(exponent or 0) + (len(whole) if whole != "0" else len(digits) - len(fraction))
    digits = digits.rstrip("0")
    power = point - 1
    if power < -4 or power >= 6:
        rest = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{rest}e{'-' if power < 0 else '+'}{abs(power):02d}"
    if point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    if len(digits) <= point:
        return f"{sign}{digits}{'0' * (point - len(digits))}"
    return f"{sign}{digits[:point]}.{digits[point:]}"


def floats(value: Any) -> Any:
    """Every integer as Go writes the float64 it made of it, which is another one beyond 53 bits."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        near = float(value)
        return value if near == value else int(Decimal(repr(near)))
    if isinstance(value, dict):
        return {key: floats(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [floats(inner) for inner in value]
    return value


def to_json(value: Any) -> str:
    """``json.Marshal``: sorted keys, no spaces, ``<``, ``>`` and ``&`` escaped, numbers as float64."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, int | float):
        return _json_number(float(value))
    if isinstance(value, str):
        plain = json.dumps(value, ensure_ascii=False).replace("\x7f", "\x7f")
        return _HTML.sub(lambda match: f"\\u{ord(match[0]):04x}", plain)
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{to_json(key)}:{to_json(value[key])}" for key in sorted(value)) + "}"
    return "[" + ",".join(to_json(item) for item in value) + "]"


def _json_number(value: float) -> str:
    if value.is_integer() and abs(value) < 1e21:
        return str(int(Decimal(repr(value)))) if value or math.copysign(1, value) > 0 else "-0"
    if 1e-6 <= abs(value) < 1e21:
        return format(Decimal(repr(value)), "f")
    mantissa, _, exponent = repr(value).partition("e")
    return f"{mantissa}e{exponent[0]}{exponent[1:].lstrip('0')}"


def quote(value: str) -> str:
    """``%q``: a Go string literal."""
    out = ['"']
    for char in value:
        if char in '"\\':
            out.append(f"\\{char}")
        elif char in _ESCAPES:
            out.append(_ESCAPES[char])
        elif char.isprintable():
            out.append(char)
        elif ord(char) < 0x80:
            out.append(f"\\x{ord(char):02x}")
        else:
            out.append(f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}")
    return "".join([*out, '"'])


def flatten(params: Mapping[str, Any], open_typed: bool = True) -> dict[str, str]:
    """``a.b.0`` for every leaf, printed with ``%v``; an empty map or list leaves nothing.

    What a generator's selector is matched against. Of the typed values only maps inside maps are opened, and those
    only since 3.4 (``open_typed``)
    (https://github.com/argoproj/argo-cd/blob/v3.5.7/applicationset/generators/generator_spec_processor.go).
    """
    out: dict[str, str] = {}
    _flatten(params, "", open_typed, out)
    return out


def _flatten(value: Any, prefix: str, opened: bool, out: dict[str, str]) -> None:
    """``opened``: every step so far was a map, so that a typed map is opened too."""
    items = value.items() if isinstance(value, dict) else ((str(index), item) for index, item in enumerate(value))
    maps = opened and isinstance(value, dict)
    for key, inner in items:
        name = f"{prefix}.{key}" if prefix else key
        if isinstance(inner, StrMap):
            if maps:
                out.update({f"{name}.{inner_key}": item for inner_key, item in inner.items()})
            else:
                out[name] = text(inner)
        elif isinstance(inner, dict) or (isinstance(inner, list) and not isinstance(inner, StrList | MapList)):
            _flatten(inner, name, maps, out)
        else:
            out[name] = text(inner)


def merge_override(target: Params, source: Mapping[str, Any]) -> None:
    """``mergo.Merge(&target, source, mergo.WithOverride)`` for maps read from JSON.

    The source wins, also with an empty text, ``false``, ``null`` or an empty list; maps are merged, and the target's
    own nested maps are changed in place, whoever else holds them (https://github.com/darccio/mergo).

    Raises:
        GoPanic: a ``map[string]string`` would get something that is not text.
    """
    for key, value in source.items():
        existing = target.get(key)
        if isinstance(value, dict) and isinstance(existing, dict):
            merge_override(existing, value)
            if existing:
                continue
        if isinstance(target, StrMap) and not isinstance(source, StrMap):
            raise GoPanic("reflect.Value.SetMapIndex: value of type interface {} is not assignable to type string")
        target[key] = value


def combine(first: Mapping[str, Any], second: Mapping[str, Any]) -> Params:
    """Two parameter sets of a matrix without goTemplate: everything printed, differing values refused.

    Raises:
        ValueError: in Argo CD's words.
    """
    out: Params = {key: text(value) for key, value in first.items()}
    for key in sorted(second):
        value = text(second[key])
        if key in out and out[key] != value:
            raise ValueError(f"found duplicate key {key} with different value, a: {out[key]} ,b: {value}")
        out[key] = value
    return out


def copy(value: Any) -> Any:
    """A deep copy that keeps the typed maps and lists."""
    if isinstance(value, StrMap):
        return StrMap(value)
    if isinstance(value, StrList):
        return StrList(value)
    if isinstance(value, MapList):
        return MapList(copy(item) for item in value)
    if isinstance(value, dict):
        return {key: copy(inner) for key, inner in value.items()}
    return [copy(item) for item in value] if isinstance(value, list) else value


def untyped(value: Any) -> Any:
    """The value with plain maps for maps of texts; the value itself where there are none."""
    if isinstance(value, StrMap):
        return dict(value)
    if isinstance(value, dict):
        pairs = {key: untyped(inner) for key, inner in value.items()}
        return pairs if any(pairs[key] is not inner for key, inner in value.items()) else value
    if isinstance(value, list) and not isinstance(value, StrList):
        items = [untyped(item) for item in value]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    return value
