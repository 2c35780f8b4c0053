"""Application and AppProject as Argo CD reads them; field names are Argo CD's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from presync.base.finding import Location, Problem

GROUP = "argoproj.io"
CONTROL_PLANE = "argocd"  # the namespace Argo CD lives in where nothing says otherwise
IN_CLUSTER = "https://kubernetes.default.svc"

Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Manifest:
    """An Argo CD object as it was found: its data, where it stands, and the Application that rendered it, if any."""

    data: Object = field(repr=False)
    location: Location
    parent: str = ""

    @property
    def kind(self) -> str:
        return str(self.data.get("kind") or "")

    @property
    def name(self) -> str:
        return str((self.data.get("metadata") or {}).get("name") or "")

    @property
    def namespace(self) -> str:
        return str((self.data.get("metadata") or {}).get("namespace") or "")


@dataclass(frozen=True, slots=True)
class Origin:
    """Why an Application exists: the manifest, the ApplicationSet, the files its generators read for it."""

    location: Location
    application_set: str = ""
    parameters: tuple[Location, ...] = ()
    parent: str = ""

    @property
    def place(self) -> Location:
        """What somebody edits to change the Application: the last file its generators read, else its manifest."""
        return self.parameters[-1] if self.parameters else self.location


@dataclass(frozen=True, slots=True)
class Source:
    """One entry of ``spec.source`` or ``spec.sources``."""

    raw: Object = field(repr=False)

    @property
    def repo_url(self) -> str:
        return str(self.raw.get("repoURL") or "")

    @property
    def path(self) -> str:
        return str(self.raw.get("path") or "")

    @property
    def chart(self) -> str:
        return str(self.raw.get("chart") or "")

    @property
    def target_revision(self) -> str:
        return str(self.raw.get("targetRevision") or "")

    @property
    def ref(self) -> str:
        return str(self.raw.get("ref") or "")

    @property
    def helm(self) -> Object:
        return self.raw.get("helm") or {}

    @property
    def kustomize(self) -> Object:
        return self.raw.get("kustomize") or {}

    @property
    def directory(self) -> Object:
        return self.raw.get("directory") or {}

    @property
    def plugin(self) -> Object:
        return self.raw.get("plugin") or {}


@dataclass(frozen=True, slots=True)
class Destination:
    """The cluster (by server or by name) and the namespace."""

    server: str = ""
    name: str = ""
    namespace: str = ""

    @property
    def cluster(self) -> str:
        """What tells clusters apart; the in-cluster names are one."""
        server = self.server.rstrip("/")
        return (
            "in-cluster" if server == IN_CLUSTER or (not server and self.name == "in-cluster") else server or self.name
        )


@dataclass(frozen=True, slots=True)
class Application:
    """One Application, from a manifest or from an ApplicationSet."""

    raw: Object = field(repr=False)
    origin: Origin

    @property
    def metadata(self) -> Object:
        return self.raw.get("metadata") or {}

    @property
    def spec(self) -> Object:
        return self.raw.get("spec") or {}

    @property
    def name(self) -> str:
        return str(self.metadata.get("name") or "")

    @property
    def namespace(self) -> str:
        """The namespace of the Application object itself (empty: Argo CD's)."""
        return str(self.metadata.get("namespace") or "")

    @property
    def labels(self) -> Mapping[str, str]:
        return self.metadata.get("labels") or {}

    @property
    def annotations(self) -> Mapping[str, str]:
        return self.metadata.get("annotations") or {}

    @property
    def project(self) -> str:
        return str(self.spec.get("project") or "default")

    @property
    def destination(self) -> Destination:
        raw = self.spec.get("destination") or {}
        return Destination(str(raw.get("server") or ""), str(raw.get("name") or ""), str(raw.get("namespace") or ""))

    @property
    def is_multi_source(self) -> bool:
        """``sources`` wins over ``source`` when it is not empty, as in Argo CD's HasMultipleSources."""
        return bool(self.spec.get("sources"))

    @property
    def sources(self) -> tuple[Source, ...]:
        if self.is_multi_source:
            return tuple(Source(raw) for raw in self.spec["sources"])
        return (Source(self.spec["source"]),) if self.spec.get("source") else ()

    @property
    def sync_policy(self) -> Object:
        return self.spec.get("syncPolicy") or {}

    @property
    def sync_options(self) -> tuple[str, ...]:
        return tuple(self.sync_policy.get("syncOptions") or ())


@dataclass(frozen=True, slots=True)
class Expansion:
    """What an ApplicationSet yields: Applications, or the reason why there are none."""

    manifest: Manifest
    applications: tuple[Application, ...] = ()
    problems: tuple[Problem, ...] = ()
    error: str = ""  # the set yields nothing because of this
