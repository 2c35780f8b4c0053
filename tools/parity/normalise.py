"""What is left out of a comparison, and why. Nothing else is.

Applications
    status, operation, uid, resourceVersion, generation, creationTimestamp, managedFields: written by the server.
    ownerReferences: the ApplicationSet controller's; presync shows the set in its own field.
    kubectl's last-applied annotation, Argo CD's refresh and tracking-id annotations: left by the tools that ask, and by
    the Application that rendered this one.
    namespace: where Argo CD runs; presync leaves it empty where the manifest does.
Manifests
    uid, resourceVersion, generation, creationTimestamp and the like: the API server sets them whatever is rendered.
    the tracking-id annotation: Argo CD adds it to everything, with metadata where there is none; presync shows what
    the repository says.
    values of Secrets: Argo CD's API masks them, and puts those of stringData into data.
    an object that is there twice: Argo CD's API lists both and applies the last, presync shows the last.
Messages
    rpc codes, names of temporary folders and files, ports, hashes of commits, where the repository was cloned to; white
    space.
    Helm's advice to use --debug, and the warnings and the usage that Kustomize prints around an error.
    The source that is meant, which Argo CD prints as a Go value and presync as a field.
    The order of several faults that a schema finds, which is another one with every run of Helm.
    The patch release of Kubernetes: presync.yaml names a minor version.
    A longer chain of "this failed: that failed: ..." on Argo CD's side; the reason at its end must be the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from parity.model import Object

_SERVER_SET = ("uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink")
_OWNERS = "ownerReferences"
TRACKING = "argocd.argoproj.io/tracking-id"
_TOOLS = ("kubectl.kubernetes.io/last-applied-configuration", "argocd.argoproj.io/refresh", TRACKING)
_MASK = "(masked)"


def numbers(value: Any) -> Any:
    """A copy in which a whole number is an integer, as JSON does not tell them apart."""
    if isinstance(value, Mapping):
        return {str(key): numbers(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [numbers(inner) for inner in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e300:
        return int(value)
    return value


def _without_annotations(metadata: dict[str, Any], names: Iterable[str]) -> None:
    annotations = metadata.get("annotations")
    if isinstance(annotations, dict):
        for name in names:
            annotations.pop(name, None)
        if not annotations:
            del metadata["annotations"]


def application(value: Mapping[str, Any]) -> Object:
    """An Application as it is compared."""
    copy: Object = numbers(value)
    metadata = copy.get("metadata") or {}
    for name in ("status", "operation"):
        copy.pop(name, None)
    for name in (*_SERVER_SET, _OWNERS):
        metadata.pop(name, None)
    metadata["namespace"] = metadata.get("namespace") or "argocd"
    for name in ("labels", "annotations", "finalizers"):
        if not metadata.get(name):
            metadata.pop(name, None)
    _without_annotations(metadata, _TOOLS)
    return copy


def manifest(value: Mapping[str, Any]) -> Object:
    """A rendered object as it is compared."""
    copy: Object = numbers(value)
    metadata = copy.get("metadata")
    if isinstance(metadata, dict):
        for name in _SERVER_SET:
            metadata.pop(name, None)
        _without_annotations(metadata, (TRACKING,))
        if not metadata:
            del copy["metadata"]
    if copy.get("kind") == "Secret" and copy.get("apiVersion") == "v1":
        keys = {key for name in ("data", "stringData") if isinstance(copy.get(name), dict) for key in copy[name]}
        for name in ("data", "stringData"):
            copy.pop(name, None)
        if keys:
            copy["data"] = dict.fromkeys(sorted(keys), _MASK)
    return copy


def identity(value: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """Group, kind, namespace as written, name."""
    metadata = value.get("metadata")
    found = metadata if isinstance(metadata, Mapping) else {}
    group = str(value.get("apiVersion") or "").rpartition("/")[0]
    kind, namespace, name = (str(text or "") for text in (value.get("kind"), found.get("namespace"), found.get("name")))
    return group, kind, namespace, name


def manifests(values: Iterable[Mapping[str, Any]], namespace: str) -> list[Object]:
    """The objects of an Application whose destination is the namespace; of equal ones the last, in any order."""
    found: dict[tuple[str, ...], Object] = {}
    for index, value in enumerate(values):
        group, kind, own, name = identity(value)
        key = (group, kind, own or namespace, name, "" if name else str(index))
        found.pop(key, None)
        found[key] = manifest(value)
    return list(found.values())


_STABLE = (
    (re.compile(r" \(cached\)"), ""),
    (re.compile(r"(?:<path to cached source>|/[\w./-]*?/_?argocd-repo/[0-9a-f-]{36})"), "<repository>"),
    (re.compile(r"/[\w./-]*?/(?:run|tmp|helm)[\w./-]*?/?[0-9a-f]{8}-[0-9a-f-]{27}"), "<temporary>"),
    (re.compile(r"/[\w./-]*/argocd-git-wrapper-[0-9]+/"), ""),
    (re.compile(r"\b[0-9a-f]{40}\b"), "<commit>"),
    (re.compile(r"127\.0\.0\.1:[0-9]+->"), "<port>->"),
)
_LEFT_OUT = (
    re.compile(r"rpc error: code = \w+ desc = "),
    re.compile(r"Manifest generation error: "),
    re.compile(r"Use --debug flag to render out invalid YAML\s*$"),
    re.compile(r"# Warning: .*\n"),
    re.compile(r"\nUsage:\n  kustomize (?s:.*)$"),
    re.compile(r"(?<=required for source )(?:\{.*\}|spec\.[\w\[\]]+)"),
    re.compile(r"<repository>/"),
    re.compile(r"(?<=Kubernetes v1\.36)\.[0-9]+"),
)


def stable(text: str) -> str:
    """A message without what differs from one run to the next: the form in which it is recorded."""
    for pattern, replacement in _STABLE:
        text = pattern.sub(replacement, text)
    return text.strip()


def refusal(text: str) -> str:
    """What kubectl says when the API server refuses, its list of faults in order: the server's own is random."""
    head, *faults = text.strip().split("\n* ")
    return "\n* ".join([head, *sorted(faults)])


def reason(text: str) -> str:
    """A message as it is compared."""
    text = stable(text)
    for pattern in _LEFT_OUT:
        text = pattern.sub("", text)
    lines = text.splitlines()
    faults = iter(sorted(filter(_is_fault, lines)))
    return " ".join(" ".join(next(faults) if _is_fault(line) else line for line in lines).split())


def _is_fault(line: str) -> bool:
    """A line of what Helm says about values that a schema refuses."""
    return line.startswith("- at '")


def same_reason(argocd: str, presync: str) -> bool:
    """Whether presync gives Argo CD's reason, or the end of its chain of reasons."""
    theirs, ours = reason(argocd), reason(presync)
    if theirs == ours:
        return True
    return len(ours) >= 12 and theirs.endswith(f": {ours}")
