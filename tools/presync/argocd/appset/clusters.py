"""The clusters Argo CD knows, from a file in the repository, and the generator that goes through them.

The file that ``clusters`` in presync.yaml names holds cluster Secrets as Argo CD stores them, or short entries:

    - name: staging
      server: https://staging.example.com
      labels: {environment: staging}
      annotations: {region: eu}
      project: team-a
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from presync.argocd.appset.generation import Generator, Outcome, ParamSet, Refused, Run, Undetermined
from presync.argocd.appset.gotypes import Path
from presync.argocd.appset.govalues import MapList, Params, StrMap, copy
from presync.argocd.appset.normalize import normalize
from presync.argocd.appset.selectors import SelectorError, parse
from presync.argocd.model import IN_CLUSTER
from presync.base import goyaml
from presync.base.finding import Location
from presync.tree import Tree, TreeError

_TYPE_LABEL = "argocd.argoproj.io/secret-type"
# Argo CD's and kubectl's own state on a Secret; Argo CD does not hand it to templates.
_HIDDEN_ANNOTATIONS = frozenset(
    {
        "argocd.argoproj.io/refresh",
        "argocd.argoproj.io/hydrate",
        "argocd.argoproj.io/tracking-id",
        "argocd.argoproj.io/installation-id",
        "kubectl.kubernetes.io/last-applied-configuration",
    }
)


class ClustersError(Exception):
    """The file cannot be read; ``location`` says where."""

    def __init__(self, message: str, location: Location) -> None:
        super().__init__(message)
        self.message = message
        self.location = location


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster Secret."""

    name: str
    server: str
    project: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    location: Location


def read_clusters(tree: Tree, file: str) -> tuple[Cluster, ...]:
    """Every cluster of the file, by name; of two with one name the last counts, as in Argo CD.

    Raises:
        ClustersError: the file is missing, or an entry is neither a cluster Secret nor a short entry.
    """
    found: dict[str, Cluster] = {}
    try:
        for document in goyaml.documents(goyaml.decode(tree.read(file))):
            for data, path in _entries(document.data, ()):
                cluster = _cluster(data, goyaml.locate(document.node, path, file))
                if cluster:
                    found[cluster.name] = cluster
    except TreeError as error:
        raise ClustersError(str(error), Location(file)) from None
    except goyaml.GoYamlError as error:
        raise ClustersError(f"{file}: {error}", Location(file, error.line)) from None
    return tuple(found[name] for name in sorted(found))


def _entries(data: Any, path: Path) -> Iterator[tuple[Any, Path]]:
    if isinstance(data, list):
        for index, item in enumerate(data):
            yield from _entries(item, (*path, index))
    elif isinstance(data, dict) and data.get("kind") == "List":
        yield from _entries(data.get("items") or [], (*path, "items"))
    else:
        yield data, path


def _cluster(data: Any, location: Location) -> Cluster | None:
    if not isinstance(data, dict):
        raise ClustersError(f"{location}: a cluster must be a mapping with name and server", location)
    if data.get("kind") == "Secret":
        metadata = data.get("metadata") or {}
        labels = metadata.get("labels") or {}
        if labels.get(_TYPE_LABEL) != "cluster":
            return None
        fields = {**_decoded(data.get("data") or {}, location), **(data.get("stringData") or {})}
        annotations = metadata.get("annotations") or {}
    else:
        unknown = set(data) - {"name", "server", "project", "labels", "annotations"}
        if unknown:
            raise ClustersError(f"{location}: unknown key {sorted(unknown)[0]!r} in a cluster", location)
        fields, annotations = data, data.get("annotations") or {}
        labels = {**(data.get("labels") or {}), _TYPE_LABEL: "cluster"}
    texts = [
        fields.get("name"),
        fields.get("server"),
        fields.get("project", ""),
        *labels.values(),
        *annotations.values(),
    ]
    if not all(isinstance(item, str) for item in texts) or not fields["server"]:
        raise ClustersError(f"{location}: name, server, labels and annotations of a cluster must be text", location)
    return Cluster(fields["name"], fields["server"], fields.get("project", ""), labels, annotations, location)


def _decoded(data: Mapping[str, Any], location: Location) -> dict[str, str]:
    try:
        return {key: base64.b64decode(value, validate=True).decode() for key, value in data.items()}
    except (binascii.Error, UnicodeDecodeError, TypeError, ValueError):
        raise ClustersError(f"{location}: data of a Secret must be base64", location) from None


def cluster_sets(run: Run, generators: Sequence[Generator], path: Path) -> list[Outcome]:
    """The parameter sets of clusters generators.

    The cluster Argo CD runs in has no Secret unless somebody made one: it comes last, and only without a selector
    (https://github.com/argoproj/argo-cd/blob/v3.5.7/applicationset/generators/cluster.go).
    """
    file = run.context.settings.clusters
    if not file:
        return [
            Undetermined(
                "generator-unsupported",
                "the clusters generator needs to know the clusters",
                "List them in a file and name it in presync.yaml: `clusters: FILE` (docs/settings.md).",
                path,
            )
        ] * len(generators)
    try:
        clusters = run.cache.get(("clusters", file)) or read_clusters(run.context.repositories.head, file)
    except ClustersError as error:
        return [
            Undetermined("generator-unsupported", error.message, "Correct the file named by `clusters:`.", path)
        ] * len(generators)
    run.cache["clusters", file] = clusters
    outcomes: list[Outcome] = []
    requests: list[tuple[Generator, list[Params]]] = []
    chosen: list[list[Cluster | None]] = []
    for generator in generators:
        try:
            found = _selected(generator, clusters)
        except SelectorError as error:
            outcomes.append(
                Refused(f"error getting cluster secrets: error converting label selector: {error}", (*path, "selector"))
            )
            continue
        outcomes.append([])
        chosen.append(found)
        requests.append((generator, [_params(cluster, run.go) for cluster in found]))
    refused = iter(run.add_values(requests, path))
    rest = iter(zip(requests, chosen, strict=True))
    for index, outcome in enumerate(outcomes):
        if isinstance(outcome, Refused):
            continue
        (generator, sets), found = next(rest)
        failure = next(refused)
        if failure:
            place, refusal = failure
            kind = "cluster" if found[place] else "local cluster"
            outcomes[index] = refusal.within(f"error appending templated values for {kind}: ")
            continue
        origins = [(cluster.location,) if cluster else () for cluster in found]
        if generator.get("flatList"):
            together: tuple[Location, ...] = tuple(place for places in origins for place in places)
            outcomes[index] = [ParamSet({"clusters": MapList(sets)}, together)]
        else:
            outcomes[index] = [ParamSet(one, places) for one, places in zip(sets, origins, strict=True)]
    return outcomes


def _selected(generator: Generator, clusters: Sequence[Cluster]) -> list[Cluster | None]:
    """Those that match; None stands for the cluster Argo CD runs in when it has no Secret."""
    data = generator.get("selector") or {}
    selector = parse(data, check_values=True)
    found: list[Cluster | None] = [cluster for cluster in clusters if selector.matches(cluster.labels)]
    narrowed = bool(data.get("matchLabels") or data.get("matchExpressions"))
    if not narrowed and not any(cluster and cluster.server == IN_CLUSTER for cluster in found):
        found.append(None)
    return found


def _params(cluster: Cluster | None, go: bool) -> Params:
    if cluster is None:
        return {"name": "in-cluster", "nameNormalized": "in-cluster", "server": IN_CLUSTER, "project": ""}
    params: Params = {
        "name": cluster.name,
        "nameNormalized": normalize(cluster.name),
        "server": cluster.server,
        "project": cluster.project,
    }
    annotations = {key: value for key, value in cluster.annotations.items() if key not in _HIDDEN_ANNOTATIONS}
    if go:
        metadata: Params = {}
        if cluster.annotations:
            metadata["annotations"] = StrMap(annotations)
        if cluster.labels:
            metadata["labels"] = StrMap(cluster.labels)
        params["metadata"] = copy(metadata)
    else:
        params.update({f"metadata.annotations.{key}": value for key, value in annotations.items()})
        params.update({f"metadata.labels.{key}": value for key, value in cluster.labels.items()})
    return params
