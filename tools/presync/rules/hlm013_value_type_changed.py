"""A later layer sets a key to a value of another kind than the layer below: a text where a mapping stood, "false" for
false.

Templates are written for one kind. A mapping replaced by a text loses everything in it; the text "false" counts as true
in every condition.

Bad:

    # values.yaml has metrics: {enabled: true}
    metrics: true

Good:

    metrics:
      enabled: true
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.provenance.influence import MISSING
from presync.render.trace import KeyPath
from presync.rules.model import Match, dotted
from presync.rules.values import ours, uses

ID = "HLM013"
NAME = "value-type-changed"
SEVERITY = Severity.WARNING
_WORDS = {"mapping": "a mapping", "list": "a list", "bool": "true or false", "text": "a text", "number": "a number"}


def check(platform: Platform) -> Iterator[Match]:
    """Every key whose kind changes from one layer to the next."""
    for use in uses(platform):
        if use.scoped.default or not ours(platform, use):
            continue
        for path, value in _nodes(use.scoped.layer.data):
            old = use.before(path)
            if old is MISSING or not _differ(old, value):
                continue
            yield Match(
                f"{dotted(path)} is {_WORDS[_kind(value)]} here and {_WORDS[_kind(old)]} in the layer below",
                _remedy(value),
                use.entry,
                location=use.locate(path),
                field=dotted(path),
                cause=f"{use.file} {dotted(path)}",
            )


def _nodes(data: Any, prefix: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    if prefix:
        yield prefix, data
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield from _nodes(value, (*prefix, key))


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, Mapping):
        return "mapping"
    if isinstance(value, list):
        return "list"
    return "text" if isinstance(value, str) else "number"


def _differ(old: Any, new: Any) -> bool:
    """Whether the kinds are ones that templates treat differently; an empty default says nothing about the kind."""
    if old is None or new is None or old in ("", {}, []):
        return False
    kinds = {_kind(old), _kind(new)}
    if len(kinds) == 1:
        return False
    if kinds & {"mapping", "list"}:
        return True
    return "bool" in kinds and (kinds != {"bool", "text"} or str(new).lower() in ("true", "false", "yes", "no"))


def _remedy(value: Any) -> str:
    if isinstance(value, str) and value.lower() in ("true", "false", "yes", "no"):
        return "Write it without quotes: as a text it is true in every condition, whatever it says."
    return "Write it as the chart's values.yaml does."
