"""What rendering an Application gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from presync.argocd.model import Application
from presync.base.finding import Location, Problem
from presync.render.trace import HelmTrace


@dataclass(frozen=True, slots=True)
class Resource:
    """One object of the output. ``namespace`` is the effective one, ``data`` is as rendered.

    ``source`` is the file it came from: the template, the manifest of a directory, the kustomization.
    ``chart`` is the folder or reference of the chart, where there is one; ``trace`` is then the call of Helm.
    """

    data: Mapping[str, Any] = field(repr=False)
    namespace: str  # the destination's where the manifest has none and the kind is not known to be cluster-scoped
    source: Location
    text: str = field(default="", repr=False)
    chart: str = ""
    template: str = ""  # the path Helm gives the template, where it is one
    trace: HelmTrace | None = field(default=None, repr=False, compare=False)

    # Read again and again, so taken out of the data once.
    api_version: str = field(init=False, repr=False, compare=False)
    group: str = field(init=False, repr=False, compare=False)
    kind: str = field(init=False, repr=False, compare=False)
    name: str = field(init=False, repr=False, compare=False)
    metadata: Mapping[str, Any] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        metadata = self.data.get("metadata")
        metadata = metadata if isinstance(metadata, Mapping) else {}
        api_version = str(self.data.get("apiVersion") or "")
        for name, value in (
            ("api_version", api_version),
            ("group", api_version.rpartition("/")[0]),
            ("kind", str(self.data.get("kind") or "")),
            ("name", str(metadata.get("name") or "")),
            ("metadata", metadata),
        ):
            object.__setattr__(self, name, value)

    @property
    def labels(self) -> Mapping[str, Any]:
        labels = self.metadata.get("labels")
        return labels if isinstance(labels, Mapping) else {}

    @property
    def annotations(self) -> Mapping[str, Any]:
        annotations = self.metadata.get("annotations")
        return annotations if isinstance(annotations, Mapping) else {}

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Identity within a cluster: group, kind, namespace, name."""
        return (self.group, self.kind, self.namespace, self.name)

    def __str__(self) -> str:
        place = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind}.{self.group} {place}" if self.group else f"{self.kind} {place}"


@dataclass(frozen=True, slots=True)
class RenderedApplication:
    """An Application and its resources, or the reason why there are none.

    ``error`` is Argo CD's reason (it would fail too). ``unavailable`` is ours: presync has not what it needs to tell,
    for example a remote chart that is not in the cache. ``external`` is the reason given in presync.yaml for not
    rendering one of its sources; ``unavailable`` then says so too, nobody has to do anything about it, and
    ``resources`` are those of the other sources.
    """

    application: Application
    resources: tuple[Resource, ...] = ()
    problems: tuple[Problem, ...] = ()
    error: str = ""
    unavailable: str = ""
    external: str = ""
    reads: frozenset[str] = frozenset()  # files of the tree that decided the output

    @property
    def traces(self) -> tuple[HelmTrace, ...]:
        """The calls of Helm that printed something, each once."""
        found = {id(one.trace): one.trace for one in self.resources if one.trace is not None}
        return tuple(found.values())
