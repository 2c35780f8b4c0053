"""A folder of plain manifests."""

from __future__ import annotations

import json
import posixpath
import re
from typing import Any

from presync.argocd.patterns import glob
from presync.base.finding import Location, Problem
from presync.render import documents, jsonnet
from presync.render.documents import DocumentError
from presync.render.failure import Refused, Unavailable
from presync.render.files import walk_key
from presync.render.result import Item, Output
from presync.render.run import Run
from presync.render.source import Prepared
from presync.tree import TreeError

MAX_COMBINED_BYTES = 10_000_000  # reposerver.max.combined.directory.manifests.size, by default 10M
SKIP_MARKER = "+argocd:skip-file-rendering"
_MANIFEST = re.compile(r".*\.(?:yaml|yml|json|jsonnet)$", re.DOTALL)
_LOOKS_LIKE_ONE = ("apiVersion:", "kind:", "metadata:")


def render(prepared: Prepared, run: Run) -> Output:
    """The objects of a folder, file by file in the order of Argo CD's walk.

    Raises:
        Refused: a file cannot be read as manifests, or there are too many bytes.
        Unavailable: a bound was reached.
    """
    items: list[Item] = []
    reads: set[str] = set(prepared.overrides)
    for path, data in _manifests(prepared):
        reads.add(path)
        if path.endswith(".jsonnet"):
            found = jsonnet.render(prepared, run, path, data)
            reads.update(found.reads)
            items += found.items
        else:
            items += _objects(run, path, data)
    return Output(tuple(items), (), frozenset(reads))


def _manifests(prepared: Prepared) -> list[tuple[str, bytes]]:
    """The files that count, with their content; a link to a file counts as that file."""
    tree, options = prepared.tree, prepared.source.directory
    include, exclude = str(options.get("include") or ""), str(options.get("exclude") or "")
    recurse = options.get("recurse") is True
    cut = len(prepared.folder) + 1 if prepared.folder else 0
    found: list[tuple[str, bytes]] = []
    total = 0
    for path in sorted(tree.below(prepared.folder), key=walk_key):
        relative = path[cut:]
        if (not recurse and "/" in relative) or not _MANIFEST.match(posixpath.basename(path)):
            continue
        if not tree.is_file(path) or (exclude and glob(exclude, relative)) or (include and not glob(include, relative)):
            continue
        try:
            data = tree.read(path)
        except TreeError as error:
            raise Unavailable("render-bound", str(error), "Split the file, or keep it out of the repository.") from None
        if SKIP_MARKER in _decoded(data):
            continue
        if not path.endswith(".jsonnet"):
            total += len(data)
        if total > MAX_COMBINED_BYTES:
            raise Refused(
                "failed to get potentially valid manifests: exceeded max combined manifest file size",
                (_problem(path, "the manifests of this folder are larger than Argo CD reads (10 MB)"),),
            )
        found.append((path, data))
    return found


def _objects(run: Run, path: str, data: bytes) -> list[Item]:
    name = posixpath.basename(path)
    text = _decoded(data)
    if path.endswith(".json"):
        return [Item(_json(text, path, name), Location(path, 1), text)]
    items: list[Item] = []
    try:
        for value, line in documents.stream(text):
            items.append(Item(documents.as_object(value), Location(path, line), text))
    except DocumentError as error:
        if items or all(word in text for word in _LOOKS_LIKE_ONE):
            said = run.yaml_error(error.text.encode(), error.message) if error.text else error.message
            raise Refused(
                f'Failed to unmarshal "{name}": failed to unmarshal manifest: {said}',
                (_problem(path, error.message, error.line),),
            ) from None
        return []  # not meant for Kubernetes, as Argo CD guesses
    return items


def _decoded(data: bytes) -> str:
    """The text; UTF-16 with a byte order mark is read as Argo CD does, and bytes that are no text are replaced."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8-sig", "replace")


def _json(text: str, path: str, name: str) -> dict[str, Any]:
    decoder = json.JSONDecoder()
    body = text.lstrip(" \t\r\n")
    try:
        value, end = decoder.raw_decode(body)
    except (ValueError, RecursionError) as error:
        said = _in_go(body, error)
        raise Refused(f'Failed to unmarshal "{name}": {said}', (_problem(path, str(error)),)) from None
    try:
        found = documents.as_object(value, "")
    except DocumentError as error:
        prefix = "" if isinstance(value, dict) else f'Failed to unmarshal "{name}": '
        raise Refused(f"{prefix}{error.message}", (_problem(path, error.message),)) from None
    if body[end:].strip(" \t\r\n") not in ("", "]", "}"):
        reason = f'Found multiple objects in "{name}". Only single objects are allowed in JSON files.'
        raise Refused(reason, (_problem(path, reason),))
    return found


_GO_WORDS = {
    "Expecting property name": "looking for beginning of object key string",
    "Illegal trailing comma": "looking for beginning of object key string",
    "Expecting ':'": "after object key",
    "Expecting ','": "after object key:value pair",
    "Expecting value": "looking for beginning of value",
}


def _in_go(text: str, error: Exception) -> str:
    """The message as Go's JSON decoder words it."""
    at = getattr(error, "pos", len(text))
    if at >= len(text):
        return "unexpected EOF"
    found = (words for start, words in _GO_WORDS.items() if str(error).startswith(start))
    return f"invalid character '{text[at]}' {next(found, 'in string literal')}"


def _problem(path: str, message: str, line: int = 0) -> Problem:
    return Problem("manifest-unreadable", message, location=Location(path, line))
