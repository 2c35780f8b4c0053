"""A ServiceAccount may read every Secret of a namespace, or of the cluster.

Whoever gets into one of its Pods has them all: passwords of databases, keys of certificates, tokens of other
ServiceAccounts, and with those their rights. `get` alone is enough, since names are easily guessed; `list` and `watch`
hand over the contents too. A right with `resourceNames` reaches what it names and is let pass.

Controllers must do that: who issues certificates, unseals Secrets or serves Ingresses does not know their names before.
Taken for one is a ServiceAccount that has rights to custom kinds, that comes with CustomResourceDefinitions, that
serves Ingresses, Gateways or volumes, or that watches Secrets and writes other things than Events; it is only
mentioned, and so is a hook, which is gone after the sync. Look there whether it needs all namespaces. See
<https://kubernetes.io/docs/concepts/security/rbac-good-practices/>.

Bad:

    rules:
      - {apiGroups: [""], resources: [secrets], verbs: [get, list]}

Good:

    rules:
      - {apiGroups: [""], resources: [secrets], resourceNames: [web-api-token], verbs: [get]}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from presync.argocd.sync import is_hook
from presync.base.finding import Severity
from presync.platform.model import Entry, Platform
from presync.platform.validation.access import texts
from presync.rules.bindings import Grant, Subject, grants
from presync.rules.model import Match, Path
from presync.rules.rights import few

ID = "SEC020"
NAME = "secrets-readable"
SEVERITY = Severity.WARNING
_READING = frozenset(["*", "get", "list", "watch"])
_WRITING = frozenset(["create", "delete", "deletecollection", "patch", "update"])
_EVERYBODY = ("system:serviceaccounts", "system:authenticated", "system:unauthenticated")
# Roles of Kubernetes that reach Secrets (https://kubernetes.io/docs/reference/access-authn-authz/rbac/).
_BUILT_IN = frozenset(["admin", "cluster-admin", "edit"])
# What only the controllers of kinds write whose objects name Secrets of anybody's choice: TLS, and those of storage.
_SERVING = frozenset(["gateways/status", "httproutes/status", "ingresses/status", "persistentvolumes"])
_BESIDE = frozenset(["events", "leases"])  # what everything that runs twice writes
_SHARED_GROUPS = ("openshift.io", "x-k8s.io", ".k8s.io")


@dataclass(slots=True)
class _Readers:
    """Those who read by one right: a rule of a role, or a role of Kubernetes."""

    grant: Grant
    path: Path
    verbs: list[str]
    quote: str
    subjects: dict[Subject, None] = field(default_factory=dict)
    namespaces: dict[str, None] = field(default_factory=dict)
    hooks: bool = True


def check(platform: Platform) -> Iterator[Match]:
    """Every bound right to Secrets; one finding for a role, whoever has it."""
    found: dict[tuple[Any, ...], _Readers] = {}
    held: dict[tuple[str, Subject], list[Grant]] = {}
    for grant in grants(platform):
        subjects = [one for one in grant.subjects if _counts(one)]
        for one in subjects:
            held.setdefault((grant.cluster, one), []).append(grant)
        right = _right(grant) if subjects else None
        if right is not None:
            own = grant.role[1].key if grant.role else grant.binding.key
            readers = found.setdefault((grant.cluster, own), right)
            readers.subjects.update(dict.fromkeys(subjects))
            readers.namespaces.setdefault(grant.namespace)
            readers.hooks &= is_hook(grant.binding.annotations)
    for (cluster, *_), readers in found.items():
        needed = readers.hooks or all(_controller(one, held[cluster, one]) for one in readers.subjects)
        yield _match(readers, needed)


def _counts(subject: Subject) -> bool:
    """Programs, not people."""
    return subject.kind == "ServiceAccount" or (subject.kind == "Group" and subject.name.startswith(_EVERYBODY))


def _right(grant: Grant) -> _Readers | None:
    """The right of the role that reaches every Secret, and the line of it."""
    if grant.role is None:
        if grant.role_kind == "ClusterRole" and grant.role_name in _BUILT_IN:
            return _Readers(grant, ("roleRef", "name"), ["*"], grant.role_name)
        return None
    for at, rule in grant.rules:
        verbs = [one for one in texts(rule, "verbs") if one in _READING]
        groups, resources = texts(rule, "apiGroups"), texts(rule, "resources")
        wanted = next((one for one in resources if one in ("secrets", "*")), "")
        if verbs and wanted and ("" in groups or "*" in groups) and not texts(rule, "resourceNames"):
            path: Path = ("aggregationRule",) if at < 0 else ("rules", at, "resources", resources.index(wanted))
            return _Readers(grant, path, verbs, wanted if wanted == "secrets" else "")
    return None


def _controller(subject: Subject, held: Iterable[Grant]) -> bool:
    """Whether it reads Secrets because others name them, going by everything it may do."""
    if subject.kind != "ServiceAccount":
        return False
    held = list(held)
    rules = [rule for grant in held for _, rule in grant.rules]
    return (
        any(_own_kinds(rule) for rule in rules)
        or any(_brings_kinds(entry) for grant in held for entry in (grant.entry, *(grant.role or ())[:1]))
        or (any(_watches_secrets(rule) for rule in rules) and any(_writes(rule) for rule in rules))
    )


def _own_kinds(rule: Mapping[str, Any]) -> bool:
    groups = [one for one in texts(rule, "apiGroups") if "." in one and not one.endswith(_SHARED_GROUPS)]
    return bool(groups) or (_writes(rule) and bool(_SERVING.intersection(texts(rule, "resources"))))


def _brings_kinds(entry: Entry) -> bool:
    return any(one.kind == "CustomResourceDefinition" for one in entry.rendered.resources)


def _watches_secrets(rule: Mapping[str, Any]) -> bool:
    return "watch" in texts(rule, "verbs") and "secrets" in texts(rule, "resources")


def _writes(rule: Mapping[str, Any]) -> bool:
    resources = [one for one in texts(rule, "resources") if one.partition("/")[0] not in _BESIDE]
    return bool(resources) and bool(_WRITING.intersection(texts(rule, "verbs")))


def _match(readers: _Readers, needed: bool) -> Match:
    grant = readers.grant
    entry, resource = grant.role or (grant.entry, grant.binding)
    where = "of the cluster"
    if "" not in readers.namespaces:
        names = sorted(readers.namespaces)
        where = f"of namespace{'s' if len(names) > 1 else ''} {few(names)}"
    verbs = "do anything with" if "*" in readers.verbs else f"read ({', '.join(readers.verbs)})"
    who = few(str(one) for one in sorted(readers.subjects, key=str))
    remedy = "Name the Secrets it needs with resourceNames, and give it get alone."
    if needed:
        remedy = "Nothing to do if it is a controller that must; look whether all these namespaces are meant."
    elif grant.role is None:
        remedy = "Bind a Role that has what it needs and no more."
    return Match(
        f"{who} may {verbs} every Secret {where}",
        remedy,
        entry,
        resource,
        readers.path,
        severity=Severity.INFO if needed else None,
        cause=f"{grant.cluster} {who}" if needed else "",  # all that a controller may, said once
        quote=readers.quote,
    )
