"""Which line of which file a field of a resource comes from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import yaml

from presync import provenance
from presync.base import goyaml
from presync.base.finding import Location
from presync.platform.memo import memo
from presync.platform.model import Entry, Platform
from presync.provenance import patched
from presync.render.model import Resource
from presync.rules.model import Match, Path
from presync.rules.run import quoted
from presync.tree import TreeError

_NEAR = 3  # lines below the place where a template begins to print a text
_Part = tuple[Mapping[str, Any], yaml.Node, tuple[str | int, ...]]


def locate(platform: Platform, entry: Entry | None, resource: Resource, path: Path) -> Location:
    """Where somebody edits the field.

    What Helm rendered gives the line of the value that sets the field, else the template's line. A manifest that stands
    in a file as it was rendered gives the line of the field; for one that Kustomize put together the files it was made
    of are searched.
    """
    if resource.trace is not None:
        found = provenance.explain(resource, path).location
        return found if found.file else resource.source
    if resource.chart or not resource.source.file:
        return resource.source
    alike = [part for part in _parts(platform, resource.source.file) if part[0] == resource.data]
    for _, node, prefix in alike:
        if len(alike) == 1 or resource.source.line in (0, node.start_mark.line + 1):
            return goyaml.locate(node, (*prefix, *path), resource.source.file)
    if entry is not None:
        found = patched.locate(platform.tree, entry.rendered.reads, resource, path)
        return found if found.file else resource.source
    return resource.source


def of_match(platform: Platform, match: Match) -> Location:
    """Where somebody edits what a rule found.

    A rule may name a text of the line. Of the lines that a field comes from (values, files, templates and those that
    included them) the first with the text is it, or with the text a few lines further down.
    """
    resource = match.resource
    if resource is None:
        return Location()
    match = _of_missing(resource, match)
    plain = locate(platform, match.entry, resource, match.path)
    if resource.trace is None and plain.line == 1:
        return quoted(
            platform, plain, match.quote
        )  # the first line of a file that a generator of Kustomize takes whole
    if resource.trace is None or not (match.quote or match.printed):
        return plain
    path = _of_text(resource.data, match.path)
    chain = provenance.explain(resource, path)
    if match.printed and chain.keys and chain.lines and _turned_to_text(chain):
        return chain.lines[0].location
    wanted = [key.location for key in chain.keys if match.quote and str(key.value) == match.quote]
    if wanted and not _holds(platform, plain, match.quote):
        return wanted[0]
    places = [plain, *(line.location for line in (*chain.files, *chain.lines))] if match.quote else []
    for near in (0, _NEAR):
        for place in places:
            for at, line in enumerate(
                _text(platform, place.file)[place.line - 1 : place.line + near] if place.line else []
            ):
                if match.quote in line:
                    return place if at == 0 else Location(place.file, place.line + at)
    parts = [key.location for key in chain.keys if match.quote and _is_part(match.quote, key.value)]
    if parts:
        return parts[0]
    made_of = [
        key for key in chain.keys if match.quote and isinstance(key.value, str) and _is_part(key.value, match.quote)
    ]
    if made_of:
        return max(made_of, key=lambda key: len(key.value)).location
    if chain.files:
        return quoted(platform, chain.files[0].location, match.quote)
    inside = provenance.within(resource, path, match.quote) if len(path) < len(match.path) else None
    return inside or _handed_over(platform, resource, match.quote) or plain


def _of_missing(resource: Resource, match: Match) -> Match:
    """Of a missing field that no value could set, the line of what stands beside it."""
    if not match.beside or (resource.trace is not None and provenance.explain(resource, match.path).keys):
        return match
    return replace(match, path=match.beside, quote=str(match.beside[-1]))


def _of_text(data: Mapping[str, Any], path: Path) -> Path:
    """The path as far as the text that the rest of it goes into."""
    for length in range(1, len(path)):
        if isinstance(provenance.get(data, path[:length]), str):
            return path[:length]
    return path


def _handed_over(platform: Platform, resource: Resource, quote: str) -> Location | None:
    """The line of the template that has the text as a literal, where it is handed on by a variable."""
    for number, line in enumerate(_text(platform, resource.source.file), 1):
        if quote and f'"{quote}"' in line:
            return Location(resource.source.file, number)
    return None


def _holds(platform: Platform, place: Location, quote: str) -> bool:
    """Whether the line has the text."""
    return any(quote in line for line in _text(platform, place.file)[place.line - 1 : place.line])


def _is_part(quote: str, value: Any) -> bool:
    """Whether a text of the values holds the text as a word."""
    return isinstance(value, str) and re.search(rf"(?<![\w.-]){re.escape(quote)}(?![\w-])", value) is not None


def _turned_to_text(chain: provenance.Chain) -> bool:
    """Whether a number or a switch of the values was printed as a text."""
    return isinstance(chain.value, str) and not isinstance(chain.keys[0].value, str)


def _text(platform: Platform, file: str) -> list[str]:
    try:
        return platform.tree.read(file).decode("utf-8", "replace").split("\n")
    except TreeError:
        return []


def _parts(platform: Platform, file: str) -> list[_Part]:
    """Every object of a file with its node; nothing when the file is not YAML, or not in the tree under review."""
    known = memo(platform, "lines", _empty)
    if file not in known:
        try:
            known[file] = list(_read(platform, file))
        except (TreeError, goyaml.GoYamlError):
            known[file] = []
    return known[file]


def _empty(_: Platform) -> dict[str, list[_Part]]:
    return {}


def _read(platform: Platform, file: str) -> Iterator[_Part]:
    for document in goyaml.documents(goyaml.decode(platform.tree.read(file))):
        data = document.data
        if not isinstance(data, dict):
            continue
        items = data.get("items")
        if str(data.get("kind")).endswith("List") and isinstance(items, list):
            for index, item in enumerate(items):
                if isinstance(item, dict):
                    yield item, document.node, ("items", index)
        else:
            yield data, document.node, ()
