"""Names that a statsd_exporter makes of what applications send, by the mapping in its ConfigMap."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from presync.base import goyaml
from presync.observability.tables import Labels, any_of
from presync.platform.index import index
from presync.platform.memo import memo
from presync.platform.model import Platform
from presync.platform.validation.access import items, obj, text

_GROUP = re.compile(r"\$\{?\d+\}?|\$\{\w+\}")
_MAPPINGS = re.compile(r"^mappings:", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Mapped:
    """Names of one line of a mapping."""

    environment: str
    pattern: re.Pattern[str]
    labels: Labels


def mapped(platform: Platform) -> tuple[Mapped, ...]:
    """Every mapping of a platform, computed once."""
    return memo(platform, "statsd", lambda one: tuple(_mapped(one)))


def _mapped(platform: Platform) -> Iterator[Mapped]:
    for entry, resource in index(platform).of_kind("", "ConfigMap"):
        for value in obj(resource.data, "data").values():
            if not isinstance(value, str) or not _MAPPINGS.search(value):
                continue
            try:
                data = goyaml.load(value)
            except goyaml.GoYamlError:
                continue
            for _, one in items(data, "mappings"):
                name = text(one, "name")
                if name and text(one, "match"):
                    yield Mapped(entry.environment, any_of(_GROUP.sub("*", name)), frozenset(obj(one, "labels")))
