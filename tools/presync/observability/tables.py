"""The tables of exporters and their metric names; ``python -m exporters`` writes them from real processes."""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib import resources

_PARTS = {
    "histogram": {"_bucket": ("le",), "_sum": (), "_count": ()},
    "summary": {"": ("quantile",), "_sum": (), "_count": ()},
    # Where only sources or documentation name it, it may be either.
    "untyped": {"_bucket": ("le",), "_sum": (), "_count": ()},
}
Labels = frozenset[str] | None  # None: not known


@dataclass(frozen=True)
class Table:
    """One exporter. ``open``: it has names besides those listed."""

    exporter: str
    version: str
    always: bool
    open: bool
    images: tuple[str, ...]
    names: tuple[str, ...]
    prefixes: tuple[str, ...]
    metrics: Mapping[str, tuple[str, Labels]] = field(repr=False)
    patterns: tuple[tuple[str, str, Labels], ...] = field(repr=False, default=())  # names with *, their types

    def owns(self, name: str) -> bool:
        """Whether nobody else has names that begin like this one."""
        return name.startswith(self.prefixes) if self.prefixes else False

    def find(self, name: str) -> tuple[bool, Labels]:
        """Whether the exporter has a series of this name, and with which labels."""
        known = self.metrics.get(name)
        if known is not None:
            kind, labels = known
            own = _PARTS.get(kind, {}).get("", ())
            return True, None if labels is None else labels | set(own)
        for ending in ("_bucket", "_sum", "_count"):
            base = self.metrics.get(name.removesuffix(ending)) if name.endswith(ending) else None
            if base is not None and ending in _PARTS.get(base[0], {}):
                return True, None if base[1] is None else base[1] | set(_PARTS[base[0]][ending])
        for pattern, kind, labels in self.patterns if self.owns(name) else ():
            if any_of(pattern, kind).fullmatch(name):
                return True, labels
        return False, None


@cache
def tables() -> tuple[Table, ...]:
    """Every table, by name."""
    folder = resources.files("presync.observability").joinpath("tables")
    files = sorted((one for one in folder.iterdir() if one.name.endswith(".json")), key=lambda one: one.name)
    return tuple(_table(json.loads(one.read_text("utf-8"))) for one in files)


def _table(data: Mapping[str, object]) -> Table:
    metrics: dict[str, tuple[str, Labels]] = {}
    patterns: list[tuple[str, str, Labels]] = []
    listed = data["metrics"]
    assert isinstance(listed, dict)  # noqa: S101 - our own file
    for name, (kind, labels) in listed.items():
        known = None if labels is None else frozenset(labels)
        if "*" in name:
            patterns.append((name, kind, known))
        else:
            metrics[name] = (kind, known)
    return Table(
        exporter=str(data["exporter"]),
        version=str(data["version"]),
        always=bool(data["always"]),
        open=bool(data["open"]),
        images=_texts(data["images"]),
        names=_texts(data["names"]),
        prefixes=_texts(data["prefixes"]),
        metrics=metrics,
        patterns=tuple(patterns),
    )


def _texts(value: object) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, list) else ()


@lru_cache(maxsize=4096)
def any_of(name: str, kind: str = "untyped") -> re.Pattern[str]:
    """The names a name with ``*`` in it stands for."""
    endings = "|".join(re.escape(one) for one in _PARTS.get(kind, {}))
    return re.compile(re.escape(name).replace(r"\*", r"[a-zA-Z0-9_:]+?") + (f"(?:{endings})?" if endings else ""))


@lru_cache(maxsize=4096)
def of_image(image: str) -> tuple[Table, ...]:
    """The tables of the programs in a container image."""
    name = image.partition("@")[0]
    head, _, tail = name.partition("/")
    if tail and ("." in head or ":" in head or head == "localhost"):
        name = tail
    last = name.rpartition("/")
    repository = f"{last[0]}{last[1]}{last[2].partition(':')[0]}"
    return tuple(table for table in tables() if _fits(repository, table.images))


@lru_cache(maxsize=4096)
def of_name(name: str) -> tuple[Table, ...]:
    """The tables of what a chart, an Application or a Service of this name is."""
    return tuple(table for table in tables() if _fits(name, table.names))


def _fits(name: str, globs: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in globs)
