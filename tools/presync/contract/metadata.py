"""metadata.json.j2 without Jinja: only ``{{ name | tojson }}`` between literal JSON is read.

A template is somebody's text, and rendering it means running it. What stays within this form can be judged by looking;
everything else is refused, since the pipeline needs no more.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

# What a stored version says of itself: the pipeline fills in each, and whoever reads a version relies on them.
FIELDS = (
    "feature_set",
    "version",
    "schema_hash",
    "contract_hash",
    "feature_uri",
    "as_of",
    "generated_at",
    "source",
    "pipeline",
    "row_count",
    "files",
    "profile",
)
_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_FIELD = re.compile(r"\{\{-?\s*([A-Za-z_]\w*)\s*\|\s*tojson\s*-?\}\}")
_BARE = re.compile(r"\{\{-?\s*([A-Za-z_]\w*)\s*-?\}\}")
_MARK = "presync:"


class Fault(NamedTuple):
    """A sentence, and what stands in the line to edit."""

    message: str
    quote: str = ""


def faults(template: str) -> Iterator[Fault]:
    """What keeps the template from giving exactly the fields."""
    body = _FIELD.sub(rf'"{_MARK}\1"', _COMMENT.sub("", template))
    for match in _BARE.finditer(body):
        yield Fault(f"{{{{ {match[1]} }}}} is not escaped; write {{{{ {match[1]} | tojson }}}}", match[0])
    body = _BARE.sub(rf"{_MARK}\1", body)
    rest = re.search(r"\{\{[^\n]{0,40}|\{%[^\n]{0,40}", body)
    if rest:
        yield Fault(f"{rest[0]!r} is more than {{{{ name | tojson }}}}, and so cannot be judged", rest[0])
        return
    try:
        data = json.loads(body, object_pairs_hook=list)
    except (ValueError, RecursionError) as error:
        yield Fault(f"what it gives is no JSON: {error}")
        return
    if not isinstance(data, list) or not all(isinstance(one, tuple) for one in data):
        yield Fault("what it gives is no JSON object")
        return
    yield from _fields(data)


def _fields(pairs: list[tuple[str, object]]) -> Iterator[Fault]:
    names = [key for key, _ in pairs]
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            yield Fault(f"{name} is given twice", f'"{name}"')
        if name not in FIELDS:
            yield Fault(f"{name} is no field of metadata.json", f'"{name}"')
    for name in FIELDS:
        if name not in names:
            yield Fault(f"{name} is missing")
    for key, value in pairs:
        if key in FIELDS and value != f"{_MARK}{key}":
            shown = str(value).removeprefix(_MARK) if str(value).startswith(_MARK) else "a fixed value"
            yield Fault(f"{key} is filled with {shown}", f'"{key}"')
