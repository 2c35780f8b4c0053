"""What a scrape answers, read as families: the name, the type, the label names that were seen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(\{.*\})?\s+\S+")
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="(?:[^"\\]|\\.)*"')
_PARTS = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("_sum", "_count")}
# Labels that a type brings along; the tables leave them out, presync adds them.
_OWN = {"histogram": {"le"}, "summary": {"quantile"}}


@dataclass
class Family:
    """``labels`` is None where nothing says which labels there are; then none is judged."""

    type: str
    labels: set[str] | None = field(default_factory=set)
    seen: bool = False  # a sample, not only a name


Families = dict[str, Family]


def read(text: str) -> Families:
    """Every family of a scrape. One without a sample says nothing about its labels."""
    found: Families = {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(maxsplit=3)
            found.setdefault(name, Family(kind.strip()))
        elif line and not line.startswith("#"):
            match = _SAMPLE.match(line)
            if match:
                _sample(found, match[1], set(_LABEL.findall(match[2] or "")))
    for family in found.values():
        if not family.seen:
            family.labels = None
    return found


def _sample(found: Families, name: str, labels: set[str]) -> None:
    family = found.get(name)
    if family is None:
        for kind, endings in _PARTS.items():
            for ending in endings:
                base = found.get(name.removesuffix(ending)) if name.endswith(ending) else None
                if base is not None and base.type == kind:
                    family = base
    if family is None:
        family = found.setdefault(name, Family("untyped"))
    family.seen = True
    if family.labels is not None:
        family.labels |= labels - _OWN.get(family.type, set())


def merge(into: Families, more: Mapping[str, Family]) -> Families:
    """Both; labels that one side knows are kept, and those of both are joined."""
    for name, family in more.items():
        known = into.get(name)
        if known is None:
            into[name] = Family(family.type, None if family.labels is None else set(family.labels), family.seen)
        elif known.labels is None or family.labels is None:
            labels = known.labels if family.labels is None else family.labels
            known.labels = None if labels is None else set(labels)
        else:
            known.labels |= family.labels
        if known is not None and known.type in ("untyped", "unknown"):
            known.type = family.type
    return into
