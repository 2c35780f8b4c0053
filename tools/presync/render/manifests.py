"""From Helm's rendered documents to objects, in the order ``helm template`` prints them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from presync.engine import Rendered
from presync.render import documents
from presync.render.documents import DocumentError, Object, json_name
from presync.render.failure import Refused

# https://github.com/helm/helm/blob/main/pkg/release/v1/util/kind_sorter.go
_ORDER = {
    kind: index
    for index, kind in enumerate(
        (  # noqa: SIM905 - the list is easier to read and to compare this way
            "PriorityClass Namespace NetworkPolicy ResourceQuota LimitRange PodSecurityPolicy PodDisruptionBudget "
            "ServiceAccount Secret SecretList ConfigMap StorageClass PersistentVolume PersistentVolumeClaim "
            "CustomResourceDefinition ClusterRole ClusterRoleList ClusterRoleBinding ClusterRoleBindingList Role "
            "RoleList RoleBinding RoleBindingList Service DaemonSet Pod ReplicationController ReplicaSet Deployment "
            "HorizontalPodAutoscaler StatefulSet Job CronJob IngressClass Ingress APIService "
            "MutatingWebhookConfiguration ValidatingWebhookConfiguration"
        ).split()
    )
}
_LATER = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")  # in the order since Helm 4
_HOOK = "helm.sh/hook"
_TESTS = frozenset({"test", "test-success"})
_EVENTS = _TESTS | {
    f"{when}-{what}" for when in ("pre", "post") for what in ("install", "delete", "upgrade", "rollback")
}


@dataclass(frozen=True, slots=True)
class Document:
    """A document of the output and the template it came from."""

    data: Object
    source: str
    text: str


@dataclass(frozen=True, slots=True)
class _Entry:
    rendered: Rendered
    data: Any
    kind: str


def printed(rendered: Sequence[Rendered], skip_tests: bool, helm3: bool = False) -> list[Document]:
    """What ``helm template`` prints and Argo CD then reads: CRDs, manifests by kind, hooks by kind.

    A hook for an event that Helm does not know is left out, silently. Helm 3 trims the end of every manifest, and has
    no place of its own for webhook configurations.

    Raises:
        Refused: a document is not YAML, has an annotation Helm cannot read, or no kind.
    """
    crds = [one for one in rendered if one.crd]
    plain: list[_Entry] = []
    hooks: list[_Entry] = []
    for one in rendered:
        if one.crd:
            continue
        data = _data(one)
        kind, events = _head(one.source, data)
        if events is None:
            plain.append(_Entry(one, data, kind))
        elif events <= _EVENTS and not (skip_tests and events & _TESTS):
            hooks.append(_Entry(one, data, kind))
    out = [document for crd in crds for document in _crd(crd)]
    order = _order3 if helm3 else _order
    plain.sort(key=order)
    hooks.sort(key=order)
    if helm3:
        plain, hooks = [_trimmed(entry) for entry in plain], [_trimmed(entry) for entry in hooks]
    elif plain:
        plain[-1] = _trimmed(plain[-1])
    for entry in [*plain, *hooks]:
        if entry.data is not None:
            out.append(_document(entry.data, entry.rendered.source, entry.rendered.text))
    return out


def _trimmed(entry: _Entry) -> _Entry:
    """The last manifest before the hooks: Helm trims the end of its output, which a block scalar with ``+`` shows."""
    text = entry.rendered.text.rstrip() + "\n"
    if text == entry.rendered.text or not ("|+" in text or ">+" in text):
        return entry
    return _Entry(entry.rendered, documents.load(text)[0], entry.kind)


def _order(entry: _Entry) -> tuple[int, str]:
    known = _ORDER.get(entry.kind)
    return (len(_ORDER), entry.kind) if known is None else (known, "")


def _order3(entry: _Entry) -> tuple[int, str]:
    return (len(_ORDER), entry.kind) if entry.kind in _LATER else _order(entry)


def _data(one: Rendered) -> Any:
    """The document's data; None where it holds nothing but comments."""
    if one.json:
        return json.loads(one.json)
    try:
        return documents.load(one.text)[0]
    except DocumentError as error:
        reason = one.error or error.message
        raise Refused(f"YAML parse error on {one.source}: {reason}") from None


def _head(source: str, data: Any) -> tuple[str, frozenset[str] | None]:
    """The kind, and the events of a hook; what Helm cannot decode into its idea of a manifest's head is an error."""
    if data is None:
        return "", None
    if not isinstance(data, dict):
        raise _undecodable(source, data, "value of type util.SimpleHead")
    for key in ("apiVersion", "kind"):
        if isinstance(data.get(key), list | dict):
            raise _undecodable(source, data[key], f"struct field SimpleHead.{key} of type string")
    metadata = data.get("metadata")
    if metadata is not None and not isinstance(metadata, dict):
        raise _undecodable(
            source,
            metadata,
            'struct field SimpleHead.metadata of type struct { Name string "json:\\"name\\""; '
            'Annotations map[string]string "json:\\"annotations\\"" }',
        )
    metadata = metadata or {}
    if isinstance(metadata.get("name"), list | dict):
        raise _undecodable(source, metadata["name"], "struct field .metadata.name of type string")
    annotations = metadata.get("annotations")
    if annotations is not None and not isinstance(annotations, dict):
        raise _undecodable(source, annotations, "struct field .metadata.annotations of type map[string]string")
    for value in (annotations or {}).values():
        if isinstance(value, list | dict):
            raise _undecodable(source, value, "struct field .metadata.annotations of type string")
    kind = data.get("kind")
    if not annotations or _HOOK not in annotations:
        return _text(kind), None
    return _text(kind), frozenset(word.strip().lower() for word in _text(annotations[_HOOK]).split(","))


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _undecodable(source: str, value: Any, wanted: str) -> Refused:
    return Refused(
        f"YAML parse error on {source}: error unmarshaling JSON: while decoding JSON: "
        f"json: cannot unmarshal {json_name(value)} into Go {wanted}"
    )


def _crd(one: Rendered) -> Iterator[Document]:
    try:
        for _, text in documents.split(one.text):
            data, _ = documents.load(text)
            if data is not None:
                yield _document(data, one.source, text)
    except DocumentError as error:
        raise Refused(f"failed to unmarshal manifest: {error.message}") from None


def _document(data: Any, source: str, text: str) -> Document:
    try:
        return Document(documents.as_object(data), source, text)
    except DocumentError as error:
        raise Refused(f"failed to unmarshal manifest: {error.message}") from None
