"""The settings, their defaults, and reading them."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from presync.base import goyaml
from presync.base.errors import PresyncError
from presync.base.finding import Location
from presync.settings.mistakes import mistakes
from presync.tree import Tree, TreeError

FILE = "presync.yaml"


@dataclass(frozen=True, slots=True)
class Environment:
    """An environment and how its Applications are recognised (globs over Application names)."""

    name: str
    applications: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class External:
    """A source that is deliberately not rendered: shown as such, never counted as checked."""

    repo_url: str
    chart: str
    why: str


@dataclass(frozen=True, slots=True)
class ExternalObject:
    """An object that somebody else puts into the cluster, so that references to it resolve (globs)."""

    kind: str
    namespace: str
    name: str
    why: str
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Metrics:
    """Metrics that something produces although no exporter's table has them: pushed ones, those of own programs."""

    names: tuple[str, ...]  # globs
    why: str
    labels: tuple[str, ...] = ()  # empty: not known


@dataclass(frozen=True, slots=True)
class AlertmanagerFile:
    """A file of the tree with Alertmanager's configuration in the clear, secrets left out."""

    file: str
    environment: str = ""


@dataclass(frozen=True, slots=True)
class Intended:
    """A difference between environments that is meant; ``*`` stands for any text.

    ``only`` names the one environment that has the app.
    """

    why: str
    application: str = "*"
    between: tuple[str, ...] = ()  # two environments; empty: any two
    only: str = ""
    values: tuple[str, ...] = ()  # keys; what stands below them is meant too
    resource: str = ""
    field: str = ""


@dataclass(frozen=True, slots=True)
class ContractNames:
    """The annotations that make a ConfigMap a part of the contract, and with which its readers say what they read."""

    hash: str = "features.example.com/contract-hash"  # equal in every environment
    config: str = "features.example.com/config-hash"  # of what is an environment's own

    @property
    def annotations(self) -> tuple[str, ...]:
        return (self.hash, self.config)


@dataclass(frozen=True, slots=True)
class Settings:
    """All of ``presync.yaml``; every field has a default, so that any tree can be read without one."""

    file: str = ""  # where it was read from; empty: no presync.yaml
    repository: tuple[str, ...] = ()  # URLs under which Argo CD knows this repository
    branch: str = ""  # the branch Argo CD follows; a source that names it is the tree being checked
    roots: tuple[str, ...] = ()  # files and folders with Argo CD objects; empty: discovered
    exclude: tuple[str, ...] = ()  # globs of files that discovery passes over
    argocd: str = "3.5"
    helm: str = ""  # not a setting of the file: another Helm than Argo CD's own, to see what it would do
    namespace: str = ""  # where Argo CD lives; empty: where its objects are
    kubernetes: tuple[str, ...] = ("1.36",)
    api_versions: tuple[str, ...] = ()  # what the clusters serve beyond Kubernetes itself (Helm's --api-versions)
    new_git_file_globbing: bool = False  # applicationsetcontroller.enable.new.git.file.globbing
    clusters: str = ""  # file with cluster Secrets for the clusters generator
    generators: str = ""  # file with recorded parameters for generators that ask a service
    crds: tuple[str, ...] = ()  # files and folders with CRDs besides the rendered and the bundled ones
    vendor: str = ".cache/charts"  # the cache of remote charts
    vendor_lock: str = "charts.lock.yaml"
    environments: tuple[Environment, ...] = ()
    externals: tuple[External, ...] = ()
    objects: tuple[ExternalObject, ...] = ()
    metrics: tuple[Metrics, ...] = ()
    alertmanager: tuple[AlertmanagerFile, ...] = ()
    contract: ContractNames = ContractNames()
    differences: tuple[Intended, ...] = ()
    waivers: tuple[Mapping[str, Any], ...] = field(default=())

    def excludes(self, path: str) -> bool:
        """Whether a file of the tree is passed over by whatever looks through all of them."""
        return any(fnmatch.fnmatchcase(path, pattern) for pattern in self.exclude)


def load_settings(tree: Tree) -> Settings:
    """Read ``presync.yaml`` at the root of the tree; the defaults where there is none.

    Raises:
        PresyncError: it is not YAML, or has a key or a value that presync does not know.
    """
    if not tree.is_file(FILE):
        return Settings()
    data = _read(tree)
    return Settings(
        file=FILE,
        repository=tuple(data.get("repository") or ()),
        branch=data.get("branch", ""),
        roots=tuple(data.get("roots") or ()),
        exclude=tuple(data.get("exclude") or ()),
        namespace=data.get("namespace", ""),
        argocd=str(data.get("argocd", "3.5")),
        kubernetes=tuple(str(version) for version in data.get("kubernetes") or ("1.36",)),
        api_versions=tuple(data.get("apiVersions") or ()),
        new_git_file_globbing=bool(data.get("newGitFileGlobbing", False)),
        clusters=data.get("clusters", ""),
        generators=data.get("generators", ""),
        crds=tuple(data.get("crds") or ()),
        vendor=data.get("vendor", {}).get("folder", ".cache/charts"),
        vendor_lock=data.get("vendor", {}).get("lock", "charts.lock.yaml"),
        environments=tuple(
            Environment(name, tuple(value.get("applications") or (f"*-{name}",)))
            for name, value in (data.get("environments") or {}).items()
        ),
        externals=tuple(
            External(item["repoURL"], item.get("chart", "*"), item["why"]) for item in data.get("externals") or ()
        ),
        objects=tuple(
            ExternalObject(
                item["kind"], item.get("namespace", "*"), item["name"], item["why"], tuple(item.get("keys") or ())
            )
            for item in data.get("objects") or ()
        ),
        metrics=tuple(
            Metrics(tuple(item["names"]), item["why"], tuple(item.get("labels") or ()))
            for item in data.get("metrics") or ()
        ),
        alertmanager=tuple(
            AlertmanagerFile(item["file"], item.get("environment", "")) for item in data.get("alertmanager") or ()
        ),
        contract=_contract(data.get("contract") or {}),
        differences=tuple(
            Intended(
                item["why"],
                item.get("application", "*"),
                tuple(item.get("between") or ()),
                item.get("only", ""),
                tuple(item.get("values") or ()),
                item.get("resource", ""),
                item.get("field", ""),
            )
            for item in data.get("differences") or ()
        ),
        waivers=tuple(data.get("waivers") or ()),
    )


def place(tree: Tree, *path: str | int) -> Location:
    """The line of a setting; the file where it has no such line."""
    try:
        document = next(goyaml.documents(goyaml.decode(tree.read(FILE))))
    except (goyaml.GoYamlError, TreeError, StopIteration):
        return Location(FILE)
    return goyaml.locate(document.node, path, FILE)


def _contract(data: Mapping[str, str]) -> ContractNames:
    usual = ContractNames()
    return ContractNames(data.get("hash", usual.hash), data.get("configHash", usual.config))


def schema() -> dict[str, Any]:
    """The JSON Schema of ``presync.yaml``."""
    text = resources.files("presync.settings").joinpath("presync.schema.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def _read(tree: Tree) -> Any:
    try:
        text = goyaml.decode(tree.read(FILE))
        document = next(goyaml.documents(text), None)
    except TreeError as error:
        raise PresyncError(f"{FILE}: {error}") from None
    except goyaml.GoYamlError as error:
        raise _unreadable(text if error.line else "", error) from None
    if document is None:
        return {}
    found = mistakes(document.node, document.data, schema())
    if found:
        raise PresyncError("\n".join(_told(found)), "docs/settings.md lists every key.")
    return document.data


def _told(found: Sequence[tuple[tuple[int, int], str, str]]) -> Iterator[str]:
    """One paragraph for each mistake; an example that several share stands below the last of them."""
    for at, ((line, column), words, example) in enumerate(found):
        yield f"{FILE}:{line}:{column}: {words}"
        if example and (at + 1 == len(found) or found[at + 1][2] != example):
            yield "  for example:"
            yield from (f"    {one}" for one in example.split("\n"))


def _unreadable(text: str, error: goyaml.GoYamlError) -> PresyncError:
    """What is no YAML: libyaml's words, but for tabs, of which it says something that nobody understands."""
    place = f"{FILE}:{error.line}:{error.column or 1}" if error.line else FILE
    line = next(iter(text.split("\n")[error.line - 1 :]), "") if error.line else ""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return PresyncError(f"{place}: a tab stands at the beginning of the line", "Indent with spaces.")
    return PresyncError(f"{place}: this is not YAML: {error.message}", "Look at this line and the one above it.")
