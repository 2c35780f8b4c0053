"""Which of the generated Applications Argo CD creates, and why not the others.

After validateGeneratedApplications of Argo CD 3.5.7 and the API server's validation of an Application; an Application
that is refused does not stop the others
(https://github.com/argoproj/argo-cd/blob/v3.5.7/applicationset/controllers/applicationset_controller.go).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from presync.argocd.appset.clusters import Cluster
from presync.argocd.appset.gotypes import Path, dotted, struct, violations
from presync.argocd.appset.govalues import quote
from presync.argocd.appset.kubenames import metadata_errors, qualified_name
from presync.argocd.appset.production import TEMPLATE_PATH, Generated
from presync.argocd.appset.reporting import Reporter
from presync.argocd.model import GROUP, IN_CLUSTER

_SPEC = struct("ApplicationSpec")


def listed(messages: Sequence[str]) -> str:
    """As the API server joins messages."""
    return messages[0] if len(messages) == 1 else f"[{', '.join(messages)}]"


def _name(one: Generated) -> str:
    name: str = one.raw["metadata"].get("name", "")
    return name


class Creation:
    """Decides about the Applications of one ApplicationSet; ``projects`` and ``clusters`` are None where not known."""

    def __init__(
        self, reporter: Reporter, projects: Collection[str] | None, clusters: Sequence[Cluster] | None
    ) -> None:
        self.reporter = reporter
        self.projects = projects
        self.clusters = clusters

    def accepted(self, generated: Sequence[Generated]) -> Iterator[Generated]:
        """Those that are created; the others are reported, a name only once."""
        counts = Counter(one.raw["metadata"].get("name", "") for one in generated)
        reported: set[str] = set()
        verdicts = [self._refusal(one, name := _name(one), counts[name]) for one in generated]
        some = any(not reason for reason, _ in verdicts)
        for one, (reason, path) in zip(generated, verdicts, strict=True):
            name = _name(one)
            if not reason:
                yield one
            elif name not in reported:
                reported.add(name)
                self.reporter.add(
                    "application-not-created",
                    reason,
                    "Argo CD does not create the Application; the others of the set are not affected.",
                    path,
                    application=name,
                    # Others come well out of the same template: it is what this one was given, such as its folder.
                    location=one.sets.origins[-1] if some and counts[name] == 1 and one.sets.origins else None,
                )

    def _refusal(self, one: Generated, name: str, count: int) -> tuple[str, Path]:
        """Why an Application is not taken, and the field of the template to look at."""
        metadata, spec = one.raw["metadata"], one.raw["spec"]
        if count > 1:
            reason = f"ApplicationSet {self.reporter.name} contains applications with duplicate name: {name}"
            return reason, (*TEMPLATE_PATH, "metadata", "name")
        if not one.project or (self.projects is not None and one.project not in self.projects):
            reason = f"application references project {one.project} which does not exist"
            return reason, (*TEMPLATE_PATH, "spec", "project")
        if reason := self._destination(spec["destination"]):
            return f"application destination spec is invalid: {reason}", (*TEMPLATE_PATH, "spec", "destination")
        errors = list(metadata_errors(name, metadata.get("labels") or {}, metadata.get("annotations") or {}))
        errors += [
            ("metadata.finalizers", f"metadata.finalizers: Invalid value: {quote(finalizer)}: {bad}")
            for finalizer in metadata.get("finalizers") or ()
            for bad in qualified_name(finalizer)
        ]
        if "sourceHydrator" in spec:  # the only field whose text the API server looks at
            errors += [(dotted(found.path), found.message) for found in violations(_SPEC, spec, ("spec",))]
        if not errors:
            return "", ()
        message = f'Application.{GROUP} "{name}" is invalid: {listed([text for _, text in errors])}'
        return message, (*TEMPLATE_PATH, *errors[0][0].split(".", 2))

    def _destination(self, destination: Mapping[str, Any]) -> str:
        """GetDestinationCluster of Argo CD."""
        server, name = destination.get("server", ""), destination.get("name", "")
        if server and name:
            return f"application destination can't have both name and server defined: {name} {server}"
        if not server and not name:
            return "Destination server missing from app spec"
        url = server.rstrip("/")
        if self.clusters is None or name == "in-cluster" or url == IN_CLUSTER:
            return ""
        if name:
            servers = [one.server for one in self.clusters if one.name == name]
            return "" if servers else f"there are no clusters with this name: {name}"
        if any(one.server.rstrip("/") == url for one in self.clusters):
            return ""
        missing = f'rpc error: code = NotFound desc = cluster "{url}" not found'
        return f"error getting cluster by server {quote(server)}: {missing}"
