"""Which files of a tree a kustomization needs, and what it wants from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from presync.base import goyaml
from presync.render.files import join
from presync.tree import Tree, TreeError

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
MAX_FILES = 20_000
_LOADED = ("resources", "bases", "components", "generators", "transformers", "validators", "crds", "configurations")
# What Kustomize takes for a repository or an address (https://github.com/kubernetes-sigs/kustomize, RepoSpec).
_REMOTE = re.compile(r"(?:git::|gh:|https?://|ssh://|git://|[\w.-]+@[\w.-]+:|(?:www\.)?github\.com[/:])", re.IGNORECASE)


def kustomization_file(tree: Tree, folder: str) -> str:
    """The kustomization in a folder; empty where there is none, the first where there are several."""
    for name in NAMES:
        path = f"{folder}/{name}" if folder else name
        if tree.is_file(path):
            return path
    return ""


class Needed:
    """The files, found by following every text of every kustomization that names a file or folder of the tree.

    Rather one too many than one too few: Kustomize itself decides what it reads.
    """

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.paths: set[str] = set()
        self.remote: list[tuple[str, str]] = []  # (kustomization, what it asks for)
        self._folders: set[str] = set()

    def follow(self, folder: str, content: Mapping[str, Any] | None = None) -> None:
        """Everything the kustomization in ``folder`` leads to; ``content`` is it, where it is not as in the tree."""
        stack: list[tuple[str, Mapping[str, Any] | None]] = [(folder, content)]
        while stack:
            current, data = stack.pop()
            if current in self._folders:
                continue
            self._folders.add(current)
            file = kustomization_file(self.tree, current)
            for name in NAMES:
                path = f"{current}/{name}" if current else name
                if self.tree.is_file(path):
                    self.paths.add(path)
            if not file:
                continue
            if data is None:
                data = self._load(file)
            for text in _texts(data):
                for path in self._meant(current, text):
                    if self.tree.is_folder(path):
                        stack.append((path, None))
                        self._folder_without_kustomization(path)
                    else:
                        self.paths.add(path)
            self._note_remote(file, current, data)

    def _load(self, file: str) -> Mapping[str, Any]:
        try:
            data = goyaml.load(goyaml.decode(self.tree.read(file)))
        except (goyaml.GoYamlError, TreeError):
            return {}  # Kustomize says what is wrong with it
        return data if isinstance(data, Mapping) else {}

    def _meant(self, folder: str, text: str) -> Iterator[str]:
        """The file or folder of the tree that a text may name, also as ``key=path``."""
        if "\n" in text or len(text) > 1024:
            return
        for candidate in {text, text.partition("=")[2]}:
            path = join(folder, candidate) if candidate and not candidate.startswith("/") else None
            if path is not None and (self.tree.is_file(path) or self.tree.is_folder(path)):
                yield path

    def _folder_without_kustomization(self, folder: str) -> None:
        """A folder that something names but that holds no kustomization (OpenAPI data, charts) is taken whole."""
        if kustomization_file(self.tree, folder) or not folder:
            return
        for count, path in enumerate(self.tree.below(folder)):
            if count > MAX_FILES:
                return
            self.paths.add(path)

    def _note_remote(self, file: str, folder: str, data: Mapping[str, Any]) -> None:
        wanted = [text for key in _LOADED for text in data.get(key) or () if isinstance(text, str)]
        for key in ("patches", "patchesJson6902", "replacements"):
            wanted += [str(one["path"]) for one in data.get(key) or () if isinstance(one, Mapping) and one.get("path")]
        openapi = data.get("openapi")
        if isinstance(openapi, Mapping) and openapi.get("path"):
            wanted.append(str(openapi["path"]))
        for text in wanted:
            if "\n" not in text and _REMOTE.match(text) and not any(self._meant(folder, text)):
                self.remote.append((file, text))


def _texts(data: Any) -> Iterator[str]:
    stack = [data]
    while stack:
        current = stack.pop()
        if isinstance(current, str):
            yield current
        elif isinstance(current, Mapping):
            stack += current.values()
        elif isinstance(current, list):
            stack += current
