"""Server-side dry run of many objects: what the API server accepts, what it refuses, and its words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from controlplane.api import Answer
from controlplane.documents import Document, of_object
from controlplane.driver import ControlPlane

CRD = "CustomResourceDefinition"
_WARNING = re.compile(r'\d{3} \S+ "(.*)"\Z', re.DOTALL)


@dataclass(frozen=True)
class Verdict:
    """What the API server said to one object."""

    document: Document
    answer: Answer

    @property
    def accepted(self) -> bool:
        """Whether it would have been stored."""
        return self.answer.ok

    def as_json(self) -> dict[str, Any]:
        """As one line of output."""
        document = self.document
        line: dict[str, Any] = {
            "file": document.file,
            "line": document.line,
            "apiVersion": document.api_version,
            "kind": document.kind,
            "namespace": document.namespace,
            "name": document.name,
            "accepted": self.accepted,
        }
        if not self.accepted:
            said = self.answer.value
            line["code"] = self.answer.status
            line["reason"] = said.get("reason", "")
            line["message"] = self.answer.message
            line["causes"] = (said.get("details") or {}).get("causes") or []
        warnings = [found[1] if (found := _WARNING.match(text)) else text for text in self.answer.warnings]
        if warnings:
            line["warnings"] = warnings
        return line


def dry_run(
    plane: ControlPlane,
    manifests: Sequence[Document],
    *,
    namespace: str = "default",
    strict: bool = True,
    create: bool = False,
    workers: int = 8,
) -> Iterator[Verdict]:
    """The verdict on each object, in their order.

    What other objects depend on is really made first: every namespace that is named, and the
    CustomResourceDefinitions among the objects that the server accepts.
    """

    def ask(document: Document) -> Verdict:
        answer = plane.kubernetes.send(document, namespace, dry_run=True, strict=strict, create=create)
        return Verdict(document, answer)

    names = {namespace, *(document.namespace for document in manifests if document.namespace)}
    names.update(
        document.name for document in manifests if (document.api_version, document.kind) == ("v1", "Namespace")
    )
    with ThreadPoolExecutor(workers, thread_name_prefix="dry-run") as pool:
        list(pool.map(lambda name: _make_namespace(plane, name), sorted(names)))
        definitions = {document: ask(document) for document in manifests if document.kind == CRD}
        plane.install_crds(document for document, verdict in definitions.items() if verdict.accepted)
        yield from pool.map(lambda document: definitions.get(document) or ask(document), manifests)


def _make_namespace(plane: ControlPlane, name: str) -> None:
    value = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    # A name that is refused here is refused again with every object that uses it, which is where it is reported.
    plane.kubernetes.send(of_object(value), "")
