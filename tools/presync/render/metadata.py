"""Which line of a Chart.yaml a chart is refused for."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import Any

from presync.base import goyaml
from presync.base.finding import Location
from presync.render.chart import ChartFiles

Path = tuple[str | int, ...]
_FILE = "Chart.yaml"
# Helm's words: validation of the metadata, of a dependency, of a subchart, and Go's of what has another type.
_FIELD = re.compile(r"\bchart\.metadata\.(\w+)|\bchart (apiVersion)|\bstruct field \w*\.?Metadata\.(\w+)")
_SUBCHART = re.compile(r"error unpacking subchart (\S+) in \S+: (.*)", re.DOTALL)
_DEPENDENCY = re.compile(r"\bvalidation: .*\bdependency\b|\bdependencies\b")
_VERSION = re.compile(r"\bvalid version\b|\bconstraint\b|\bis not vendored\b")


def of_chart(message: str, chart: ChartFiles) -> Location:
    """The line of the field that Helm names; of what is missing the first line. Empty where it names none."""
    inner = _SUBCHART.search(message)
    if inner:
        below = [one for entry, one in chart.subcharts.items() if entry == inner[1]]
        return of_chart(inner[2], below[0]) if below else Location()
    found = _FIELD.search(message)
    if found:
        field = next(group for group in found.groups() if group)
        if field != "dependencies":
            return locate(chart, (field,))
    if _DEPENDENCY.search(message):
        return locate(chart, of_dependency(message, chart))
    return locate(chart, ()) if f"cannot load {_FILE}" in message or found else Location()


def of_dependency(message: str, chart: ChartFiles) -> Path:
    """The field of the dependency that the words are about: its place, its version, or its name."""
    found: Path = ("dependencies",)
    for at, one in enumerate(chart.dependencies):
        if _is_place(str(one.get("repository") or ""), message):
            return ("dependencies", at, "repository")
        names = [str(name) for name in (one.get("alias"), one.get("name")) if name]
        if any(re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", message) for name in names):
            found = ("dependencies", at, "version" if _VERSION.search(message) else _named(one, message))
            if "more than one" not in message:  # else the last: the other was there before
                break
    return found


def _named(one: Mapping[str, Any], message: str) -> str:
    return "alias" if "alias" in one and "alias" in message else "name"


def _is_place(repository: str, message: str) -> bool:
    if repository.startswith("file://"):
        return message.startswith(f"directory {posixpath.normpath(repository.removeprefix('file://'))} not found")
    return bool(repository) and message.startswith(f"no repository definition for {repository}.")


def locate(chart: ChartFiles, path: Path) -> Location:
    """The line in the file of the tree; empty where the chart is packed."""
    origin = chart.origins.get(_FILE, "")
    if posixpath.basename(origin) != _FILE:
        return Location()
    document = next(goyaml.documents(chart.files[_FILE].decode("utf-8", "replace")), None)
    return goyaml.locate(document.node, path, origin) if document else Location(origin, 1, 1)
