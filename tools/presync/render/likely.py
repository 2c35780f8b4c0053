"""What was meant by a key that a chart's values.schema.json does not know."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

MAX_DEPTH = 30  # of references that refer to references


def likely_key(schema_text: bytes, path: Sequence[str | int]) -> str:
    """The known key beside ``path`` that is spelt most like its last step; empty where none comes close."""
    try:
        schema = json.loads(schema_text)
    except ValueError:
        return ""  # Helm has refused the schema before it could refuse a value
    nodes = [schema]
    for step in path[:-1]:
        nodes = [found for node in nodes for found in _below(schema, node, step)]
    known = {key for node in nodes for one in _alternatives(schema, node) for key in one.get("properties") or ()}
    close = difflib.get_close_matches(str(path[-1]), sorted(known), 1, 0.7)
    return close[0] if close else ""


def _below(root: Any, node: Any, step: str | int) -> Iterator[Any]:
    for one in _alternatives(root, node):
        if isinstance(step, int):
            yield one.get("items")
        else:
            properties = one.get("properties") or {}
            yield properties[step] if step in properties else one.get("additionalProperties")


def _alternatives(root: Any, node: Any, depth: int = 0) -> Iterator[Mapping[str, Any]]:
    """A schema and those it is made of; references within the file are followed."""
    if not isinstance(node, Mapping) or depth > MAX_DEPTH:
        return
    yield node
    reference = node.get("$ref")
    if isinstance(reference, str) and reference.startswith("#/"):
        target: Any = root
        for step in reference[2:].split("/"):
            target = target.get(step) if isinstance(target, Mapping) else None
        yield from _alternatives(root, target, depth + 1)
    for word in ("allOf", "anyOf", "oneOf"):
        members = node.get(word)
        for member in members if isinstance(members, list) else ():
            yield from _alternatives(root, member, depth + 1)
