"""Jsonnet files of a plain folder, evaluated with what ``directory.jsonnet`` says."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Mapping
from typing import Any

from presync.base.finding import Location, Problem
from presync.engine import EngineError
from presync.engine.jsonnet import ImportRefused, Variables, available, evaluate
from presync.render.documents import DocumentError, as_object
from presync.render.environment import substitute
from presync.render.failure import Refused, Unavailable
from presync.render.files import join
from presync.render.result import Item, Output
from presync.render.run import Run, bounded
from presync.render.source import Prepared
from presync.tree import Tree, TreeError

_IMPORT_TWICE = re.compile(r"couldn't open import \"[^\"]*\": (?=couldn't open import|jsonnet import)")
_STATIC = re.compile(r"^STATIC ERROR: (\S+?:\S+): (\w)")


def render(prepared: Prepared, run: Run, path: str, data: bytes) -> Output:
    """The objects of one ``.jsonnet`` file.

    Raises:
        Refused: it does not evaluate, or not to objects.
        Unavailable: a bound was reached, or the library is not here.
    """
    if not available():
        raise Unavailable(
            "jsonnet-unsupported",
            f"{path}: the library for Jsonnet is not installed",
            "Install jsonnet.",
            Location(path),
        )
    options = prepared.source.directory.get("jsonnet")
    options = options if isinstance(options, Mapping) else {}
    imports = _Imports(prepared.tree, prepared.folder, _libraries(options))
    name = posixpath.basename(path)
    try:
        text = evaluate(path, data, _variables(options, prepared.environment), imports, run.context.engine.timeout)
    except EngineError as error:
        said = _in_go(error.message)
        problem = Problem("manifest-unreadable", said.split("\n", maxsplit=1)[0], location=Location(path))
        raise bounded(error) or Refused(f'Failed to evaluate jsonnet "{name}": {said}', (problem,)) from None
    return Output(tuple(_items(text, path)), (), frozenset({path, *imports.read}))


def _variables(options: Mapping[str, Any], environment: Mapping[str, str]) -> Variables:
    found: dict[tuple[str, bool], dict[str, str]] = {}
    for key in ("extVars", "tlas"):
        for one in options.get(key) or ():
            value = substitute(str(one.get("value") or ""), environment)
            found.setdefault((key, one.get("code") is True), {})[str(one.get("name") or "")] = value
    return Variables(
        ext_vars=found.get(("extVars", False), {}),
        ext_codes=found.get(("extVars", True), {}),
        tla_vars=found.get(("tlas", False), {}),
        tla_codes=found.get(("tlas", True), {}),
    )


def _libraries(options: Mapping[str, Any]) -> list[str]:
    """Folders of libraries; they are relative to the root of the repository."""
    found = []
    for one in options.get("libs") or ():
        folder = join("", str(one))
        if folder is None:
            raise Refused(f"file '{one}' resolved to outside repository root")
        found.append(folder)
    return found


def _in_go(message: str) -> str:
    """The message as Argo CD's Jsonnet, which is written in Go, words it."""
    message = _IMPORT_TWICE.sub("", message)
    message = message.replace("RUNTIME ERROR: undefined external", "RUNTIME ERROR: Undefined external")
    return _STATIC.sub(lambda found: f"{found[1]} {found[2].upper()}", message)


class _Imports:
    """Finds what a file imports: beside it, in the libraries (the last one first), then in the source's folder."""

    def __init__(self, tree: Tree, folder: str, libraries: list[str]) -> None:
        self._tree = tree
        self._bases = [*reversed(libraries), folder]
        self.read: set[str] = set()

    def __call__(self, folder: str, wanted: str) -> tuple[str, bytes]:
        if wanted.startswith("/"):
            raise ImportRefused(f'jsonnet import "{wanted}" resolves outside repository root')
        for base in (folder.rstrip("/"), *self._bases):
            path = join(base, wanted)
            if path is None:
                raise ImportRefused(f'jsonnet import "{wanted}" resolves outside repository root')
            if self._tree.is_folder(path):
                raise ImportRefused(f'jsonnet import "{wanted}" is not a regular file')
            if self._tree.is_file(path):
                self.read.add(path)
                return path, self._content(path)
        raise ImportRefused(f'couldn\'t open import "{wanted}": no match locally or in the Jsonnet library paths')

    def _content(self, path: str) -> bytes:
        try:
            return self._tree.read(path)
        except TreeError as error:
            raise Unavailable("render-bound", str(error)) from None


def _items(text: bytes, path: str) -> list[Item]:
    data = json.loads(text)
    try:
        objects = [as_object(one, "") for one in (data if isinstance(data, list) else [data]) if one is not None]
    except DocumentError as error:
        message = error.message
        if isinstance(data, dict):
            message = f"Object 'Kind' is missing in '{text.decode().strip()}'"
        if isinstance(data, list):  # Argo CD tries the list as one object too, and tells only of that
            message = "json: cannot unmarshal array into Go value of type map[string]interface {}"
        name = posixpath.basename(path)
        problem = Problem("manifest-unreadable", error.message, location=Location(path))
        raise Refused(f'Failed to unmarshal generated json "{name}": {message}', (problem,)) from None
    return [Item(one, Location(path, 1)) for one in objects]
