"""The git generator: one parameter set for each folder, or for each file (or each item of a file that is a list).

After https://github.com/argoproj/argo-cd/blob/v3.5.7/applicationset/generators/git.go.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from presync.argocd import versions
from presync.argocd.appset import govalues
from presync.argocd.appset.generation import (
    Generator,
    Outcome,
    ParamSet,
    Refused,
    Run,
    Undetermined,
    yaml_error,
)
from presync.argocd.appset.globs import GlobError, GlobUnsupported, doublestar, git_files
from presync.argocd.appset.gotypes import Path
from presync.argocd.appset.govalues import Params, StrList
from presync.argocd.appset.normalize import normalize
from presync.argocd.patterns import file_match
from presync.argocd.repositories import SourceUnavailable
from presync.base import goyaml
from presync.base.finding import Location
from presync.tree import Tree, TreeError


@dataclass(frozen=True, slots=True)
class _Object:
    """What one file, or one item of it, says."""

    data: Mapping[str, Any]
    location: Location


@dataclass(frozen=True, slots=True)
class _Found:
    """Parameter sets without their values, as far as they could be made."""

    sets: list[ParamSet]
    failure: Refused | None
    words: Sequence[str]  # for each set, what Argo CD puts before an error in its values


def git_sets(run: Run, generators: Sequence[Generator], path: Path) -> list[Outcome]:
    """The parameter sets of git generators."""
    outcomes: list[Outcome] = []
    found: list[_Found] = []
    for generator in generators:
        try:
            one = _found(run, generator, path)
        except (Refused, Undetermined) as reason:
            outcomes.append(reason)
            continue
        outcomes.append(one.sets)
        found.append(one)
    ready = [generator for generator, outcome in zip(generators, outcomes, strict=True) if isinstance(outcome, list)]
    requests = [(generator, [one.params for one in got.sets]) for generator, got in zip(ready, found, strict=True)]
    results = iter(zip(found, run.add_values(requests, path), strict=True))
    for index, outcome in enumerate(outcomes):
        if isinstance(outcome, list):
            got, failure = next(results)
            if failure:
                place, refusal = failure
                outcomes[index] = refusal.within(
                    f"error generating params from git: {got.words[place]}failed to append templated values: "
                )
            elif got.failure:
                outcomes[index] = got.failure
    return outcomes


def _found(run: Run, generator: Generator, path: Path) -> _Found:
    if "{{" not in run.project:
        _require_project(run, path)
    if not (generator.get("directories") or generator.get("files")):
        raise Refused("ApplicationSet is empty", path)
    tree = _tree(run, generator, path)
    if generator.get("directories"):
        return _directories(run, generator, tree, path)
    return _files(run, generator, tree, path)


def _require_project(run: Run, path: Path) -> None:
    """Argo CD reads the AppProject before it reads the repository."""
    if not run.project or (run.projects is not None and run.project not in run.projects):
        missing = f'AppProject.argoproj.io "{run.project}" not found'
        raise Refused(f"error getting project {run.project}: {missing}", ("spec", "template", "spec", "project"))


def _tree(run: Run, generator: Generator, path: Path) -> Tree:
    url, revision = generator.get("repoURL", ""), generator.get("revision", "")
    try:
        return run.context.repositories.tree(url, revision)
    except SourceUnavailable as error:
        raise Undetermined(
            "generator-unavailable",
            f"its git generator reads {url} at {revision or 'HEAD'}: {error.message}",
            error.remedy,
            (*path, "revision" if run.context.repositories.is_this(url) else "repoURL"),
        ) from None


def _directories(run: Run, generator: Generator, tree: Tree, path: Path) -> _Found:
    prefix = generator.get("pathParamPrefix", "")
    items = generator["directories"]
    sets = []
    for folder in _visible_folders(run, tree):
        matching = [item for item in items if file_match(item.get("path", ""), folder)]
        if matching and not any(item.get("exclude") for item in matching):
            sets.append(ParamSet(_path_params(folder, "", prefix, run.go)))
    return _Found(sets, None, ["error generating params from apps: "] * len(sets))


def _visible_folders(run: Run, tree: Tree) -> Sequence[str]:
    """Every folder with no name that begins with a dot, in the order of a walk."""
    key = ("folders", id(tree))
    if key not in run.cache:
        names = [folder.split("/") for folder in tree.folders if folder]
        visible = sorted(parts for parts in names if not any(part.startswith(".") for part in parts))
        run.cache[key] = ["/".join(parts) for parts in visible]
    folders: Sequence[str] = run.cache[key]
    return folders


def _files(run: Run, generator: Generator, tree: Tree, path: Path) -> _Found:
    prefix, url = generator.get("pathParamPrefix", ""), generator.get("repoURL", "")
    chosen: set[str] = set()
    items = list(enumerate(generator["files"]))
    for index, item in sorted(items, key=lambda pair: bool(pair[1].get("exclude"))):
        matching = _matching(run, generator, tree, item.get("path", ""), (*path, "files", index))
        chosen = chosen - matching if item.get("exclude") else chosen | matching
    sets: list[ParamSet] = []
    words: list[str] = []
    for file in sorted(chosen, key=str.encode):
        origin = "" if versions.before(run.context.settings.argocd, "3.5") else f" from repository '{url}'"
        before = f"unable to process file '{file}'{origin}: "
        try:
            objects = _objects(run, tree, file, path)
        except Refused as refused:
            return _Found(sets, refused.within(f"error generating params from git: {before}"), words)
        for found in objects:
            params = _path_params(posixpath.dirname(file) or ".", file, prefix, run.go)
            content = found.data if run.go else govalues.flatten(found.data)
            sets.append(ParamSet({**content, **params}, (found.location,)))
            words.append(before)
    return _Found(sets, None, words)


def _matching(run: Run, generator: Generator, tree: Tree, pattern: str, path: Path) -> set[str]:
    """The files a pattern means, by the globbing that the settings name."""
    new = run.context.settings.new_git_file_globbing
    key = ("matching", id(tree), pattern)
    if key in run.cache:
        known: set[str] = run.cache[key]
        return known
    try:
        if new:
            found = set(doublestar(pattern or ".", [*tree.paths, *(folder for folder in tree.folders if folder)]))
        else:
            found = set(git_files(pattern, tree.paths))
    except GlobUnsupported as error:
        raise Undetermined(
            "generator-unsupported",
            f"presync does not understand {error}",
            "Use a plain path with *, ? and [].",
            path,
        ) from None
    except GlobError as error:
        raise Refused(
            "error generating params from git: error retrieving Git files: rpc error: code = Internal desc = unable to "
            f"list files. repo {generator.get('repoURL', '')} with revision {generator.get('revision', '')} pattern "
            f"{pattern}: {error}",
            path,
        ) from None
    folders = sorted(name for name in found if name == "." or tree.is_folder(name))
    if folders:
        raise Refused(
            "error generating params from git: error retrieving Git files: rpc error: code = Internal desc = unable to "
            f"read files. repo {generator.get('repoURL', '')} with revision {generator.get('revision', '')} pattern "
            f"{pattern}: read {folders[0]}: is a directory",
            path,
        )
    run.cache[key] = found
    return found


def _objects(run: Run, tree: Tree, file: str, path: Path) -> Sequence[_Object]:
    key = ("objects", id(tree), file)
    if key not in run.cache:
        run.cache[key] = list(_read(run, tree, file, path))
    objects: Sequence[_Object] = run.cache[key]
    return objects


def _read(run: Run, tree: Tree, file: str, path: Path) -> Iterator[_Object]:
    """A mapping is one object, a list one for each item, an empty file one without anything in it."""
    try:
        data = tree.read(file)
        text = goyaml.decode(data)
    except TreeError as error:
        raise Undetermined("generator-unavailable", str(error), "Put a readable file there.", path) from None
    except goyaml.GoYamlError as error:
        if len(data) > goyaml.MAX_BYTES:
            reason = Undetermined("generator-too-large", f"{file}: {error}", "Make the file smaller.", path)
            raise reason.at(path, Location(file)) from None
        words = "unable to parse file: error converting YAML to JSON: yaml: invalid leading UTF-8 octet"
        raise Refused(words, path, Location(file, error.line)) from None
    try:
        document = next(goyaml.documents(text), None)
    except goyaml.GoYamlError as error:
        raise _unreadable(run, text, file, error, path) from None
    if document is None:
        yield _Object({}, Location(file, 1))
        return
    items = document.data
    if isinstance(items, dict):
        yield _Object(items, Location(file, document.line))
        return
    is_list = isinstance(items, list)
    wrong = [item for item in (items if is_list else [items]) if item is not None and not isinstance(item, dict)]
    if wrong:
        wanted = "map[string]interface {}" if is_list else "[]map[string]interface {}"
        raise Refused(
            "unable to parse file: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal "
            f"{_json_kind(wrong[0])} into Go value of type {wanted}",
            path,
            Location(file, document.line),
        )
    nodes = document.node.value if isinstance(document.node, yaml.SequenceNode) else []
    for item, node in zip(items, nodes, strict=True):
        yield _Object(item or {}, Location(file, node.start_mark.line + 1))


def _json_kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    return {str: "string", int: "number", float: "number", list: "array"}.get(type(value), "object")


def _unreadable(run: Run, text: str, file: str, error: goyaml.GoYamlError, path: Path) -> Refused:
    try:
        words = yaml_error(run.context.engine, text, error)
    except Undetermined as reason:
        raise reason.at(path, Location(file, error.line)) from None
    return Refused(f"unable to parse file: error converting YAML to JSON: {words}", path, Location(file, error.line))


def _path_params(folder: str, file: str, prefix: str, go: bool) -> Params:
    """``path`` and its relatives for a folder, or for a file and the folder it is in."""
    name = posixpath.basename(file)
    base = posixpath.basename(folder)
    if go:
        path: Params = {
            "path": folder,
            "basename": base,
            "basenameNormalized": normalize(base),
            "segments": StrList(folder.split("/")),
        }
        if file:
            path |= {"filename": name, "filenameNormalized": normalize(name)}
        return {prefix: {"path": path}} if prefix else {"path": path}
    key = f"{prefix}.path" if prefix else "path"
    params: Params = {key: folder, f"{key}.basename": base, f"{key}.basenameNormalized": normalize(base)}
    if file:
        params |= {f"{key}.filename": name, f"{key}.filenameNormalized": normalize(name)}
    params |= {f"{key}[{index}]": part for index, part in enumerate(folder.split("/")) if part}
    return params
