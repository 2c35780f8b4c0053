"""Who is given which rights: bindings, with the Role they name and those they name it for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from presync.argocd.sync import is_applied
from presync.platform.index import index
from presync.platform.memo import memo
from presync.platform.model import Entry, Platform
from presync.platform.selectors import matches
from presync.platform.validation.access import items, obj, text
from presync.render.model import Resource

GROUP = "rbac.authorization.k8s.io"
_USER = "system:serviceaccount:"
_ALL_ACCOUNTS = "system:serviceaccounts"


@dataclass(frozen=True, slots=True)
class Subject:
    """Who is bound: a ServiceAccount, also where it is written as a user; or a group."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"

    def covers(self, namespace: str, name: str) -> bool:
        """Whether this ServiceAccount is meant: by name, or as one of all, everywhere or in its namespace."""
        if self.kind == "ServiceAccount":
            return (self.namespace, self.name) == (namespace, name)
        return self.kind == "Group" and self.name in (_ALL_ACCOUNTS, f"{_ALL_ACCOUNTS}:{namespace}")


@dataclass(frozen=True, slots=True)
class Grant:
    """A binding. ``role`` is None where nobody here renders it; ``namespace`` is empty where it counts everywhere."""

    entry: Entry
    binding: Resource
    role_kind: str
    role_name: str
    role: tuple[Entry, Resource] | None
    rules: tuple[tuple[int, Mapping[str, Any]], ...]  # with their places in the role
    namespace: str
    subjects: tuple[Subject, ...]

    @property
    def cluster(self) -> str:
        return self.entry.application.destination.cluster


def grants(platform: Platform) -> tuple[Grant, ...]:
    """Every binding that a sync applies."""
    return memo(platform, "grants", lambda one: tuple(_grants(one)))


def _grants(platform: Platform) -> Iterator[Grant]:
    known = index(platform)
    for kind in ("RoleBinding", "ClusterRoleBinding"):
        for entry, binding in known.of_kind(GROUP, kind):
            if not is_applied(binding.annotations):
                continue
            cluster = entry.application.destination.cluster
            namespace = binding.namespace if kind == "RoleBinding" else ""
            wanted = obj(binding.data, "roleRef")
            role_kind, role_name = text(wanted, "kind"), text(wanted, "name")
            place = binding.namespace if role_kind == "Role" else ""
            role = next(iter(known.named(cluster, place, role_kind, role_name)), None)
            rules = tuple(_rules(platform, cluster, role[1])) if role else ()
            subjects = tuple(_subject(one, binding.namespace) for _, one in items(binding.data, "subjects"))
            yield Grant(entry, binding, role_kind, role_name, role, rules, namespace, subjects)


def _rules(platform: Platform, cluster: str, role: Resource) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Its own, and those that Kubernetes puts together for it; the latter stand in no line of it."""
    yield from items(role.data, "rules")
    selectors = [one for _, one in items(obj(role.data, "aggregationRule"), "clusterRoleSelectors")]
    for _, other in index(platform).in_namespace(cluster, "", "ClusterRole") if selectors else ():
        if other is not role and any(matches(one, other.labels) for one in selectors):
            yield from ((-1, rule) for _, rule in items(other.data, "rules"))


def _subject(data: Mapping[str, Any], namespace: str) -> Subject:
    kind, name = text(data, "kind"), text(data, "name")
    if kind == "User" and name.startswith(_USER):
        place, _, account = name.removeprefix(_USER).partition(":")
        return Subject("ServiceAccount", place, account)
    own = text(data, "namespace") or namespace
    return Subject(kind, own if kind == "ServiceAccount" else "", name)
