"""What makes an Application's spec invalid whatever its project says, in Argo CD's words.

After https://github.com/argoproj/argo-cd/blob/v3.5.7/util/argo/argo.go (ValidatePermissions, GetDestinationServer).
Options of two tools in one source are no part of it: that fails when the source is rendered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from presync.argocd.model import Application, Source


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, what to do, and the field."""

    message: str
    remedy: str
    field: str


def faults(application: Application) -> Iterator[Fault]:
    """Everything wrong with the spec; Argo CD stops at the first."""
    hydrator = application.spec.get("sourceHydrator")
    if isinstance(hydrator, Mapping):
        yield from _hydrator(hydrator)
    else:
        yield from _sources(application)
    yield from _destination(application)


def source_fields(application: Application) -> Iterator[tuple[Source, str]]:
    """Every source with the path of its field."""
    for index, source in enumerate(application.sources):
        yield source, f"spec.sources[{index}]" if application.is_multi_source else "spec.source"


def _hydrator(hydrator: Mapping[str, Any]) -> Iterator[Fault]:
    for block, key in (("drySource", "repoURL"), ("syncSource", "targetBranch")):
        inner = hydrator.get(block)
        if not (isinstance(inner, Mapping) and inner.get(key)):
            field = f"spec.sourceHydrator.{block}.{key}"
            yield Fault(f"{field} is required", f"Set {field}.", field)


def _sources(application: Application) -> Iterator[Fault]:
    if not application.sources:
        message = "spec.source.repoURL and either spec.source.path or spec.source.chart are required"
        yield Fault(message, "Give the Application a source with a repoURL and a path or a chart.", "spec.source")
    for source, field in source_fields(application):
        yield from _source(source, field, application.is_multi_source)


def _source(source: Source, field: str, one_of_several: bool) -> Iterator[Fault]:
    if not source.repo_url or not (source.path or source.chart or (one_of_several and source.ref)):
        message = (
            f"spec.source.repoURL and either source.path, source.chart, or source.ref are required for source {field}"
            if one_of_several
            else "spec.source.repoURL and either spec.source.path or spec.source.chart are required"
        )
        wanted = "a path, a chart or a ref" if one_of_several else "a path or a chart"
        yield Fault(message, f"Give the source a repoURL and {wanted}.", field)
    elif source.chart and not source.target_revision:
        message = "spec.source.targetRevision is required if the manifest source is a helm chart"
        yield Fault(message, "Pin the version of the chart.", f"{field}.targetRevision")


def _destination(application: Application) -> Iterator[Fault]:
    destination = application.destination
    if destination.name and destination.server:
        message = (
            f"application destination can't have both name and server defined: {destination.name} {destination.server}"
        )
        yield Fault(message, "Keep one of spec.destination.name and spec.destination.server.", "spec.destination")
    elif not destination.name and not destination.server:
        yield Fault(
            "Destination server missing from app spec", "Set spec.destination.server (or name).", "spec.destination"
        )
