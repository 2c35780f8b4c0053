"""Roles and bindings."""

from __future__ import annotations

from collections.abc import Iterator

from presync.platform.validation import names
from presync.platform.validation.access import Object, invalid, items, obj, required, text
from presync.platform.validation.metadata import selector
from presync.platform.violation import Category, Path, Violation, quoted

_GROUP = "rbac.authorization.k8s.io"


def role(data: Object, minor: int) -> Iterator[Violation]:
    """A Role."""
    yield from _rules(data, namespaced=True)


def cluster_role(data: Object, minor: int) -> Iterator[Violation]:
    """A ClusterRole."""
    for index, one in enumerate(obj(data, "aggregationRule").get("clusterRoleSelectors") or ()):
        yield from selector(one, ("aggregationRule", "clusterRoleSelectors", index))
    yield from _rules(data, namespaced=False)


def role_binding(data: Object, minor: int) -> Iterator[Violation]:
    """A RoleBinding."""
    yield from _binding(data, namespaced=True)


def cluster_role_binding(data: Object, minor: int) -> Iterator[Violation]:
    """A ClusterRoleBinding."""
    if text(obj(data, "roleRef"), "kind") == "Role":
        message = 'Unsupported value: "Role": supported values: "ClusterRole"'
        yield Violation(Category.ENUM, ("roleRef", "kind"), message)
    yield from _binding(data, namespaced=False)


def _rules(data: Object, namespaced: bool) -> Iterator[Violation]:
    for index, rule in items(data, "rules"):
        path: Path = ("rules", index)
        if not rule.get("verbs"):
            yield required((*path, "verbs"), "verbs must contain at least one value")
        if rule.get("nonResourceURLs"):
            here = (*path, "nonResourceURLs")
            if namespaced:
                yield invalid(Category.CONFLICT, here, [], "namespaced rules cannot apply to non-resource URLs")
            if rule.get("apiGroups") or rule.get("resources") or rule.get("resourceNames"):
                why = "rules cannot apply to both regular resources and non-resource URLs"
                yield invalid(Category.CONFLICT, here, [], why)
            continue
        if not rule.get("apiGroups"):
            yield required((*path, "apiGroups"), "resource rules must supply at least one api group")
        if not rule.get("resources"):
            yield required((*path, "resources"), "resource rules must supply at least one resource")


def _binding(data: Object, namespaced: bool) -> Iterator[Violation]:
    reference = obj(data, "roleRef")
    if text(reference, "apiGroup") not in ("", _GROUP):
        message = f'Unsupported value: {quoted(reference["apiGroup"])}: supported values: "{_GROUP}"'
        yield Violation(Category.ENUM, ("roleRef", "apiGroup"), message)
    role = text(reference, "name")
    if not role:
        yield required(("roleRef", "name"))
    elif names.path_segment(role):
        yield invalid(Category.NAME, ("roleRef", "name"), role, names.path_segment(role))
    for index, subject in items(data, "subjects"):
        path: Path = ("subjects", index)
        name, kind, group = text(subject, "name"), text(subject, "kind"), text(subject, "apiGroup")
        if not name:
            yield required((*path, "name"))
        if kind == "ServiceAccount":
            if name and names.dns_subdomain(name):
                yield invalid(Category.NAME, (*path, "name"), name, names.dns_subdomain(name))
            if group:
                message = f'Unsupported value: {quoted(group)}: supported values: ""'
                yield Violation(Category.ENUM, (*path, "apiGroup"), message)
            if not namespaced and not subject.get("namespace"):
                yield required((*path, "namespace"))
        elif kind in ("User", "Group") and group not in ("", _GROUP):
            message = f'Unsupported value: {quoted(group)}: supported values: "{_GROUP}"'
            yield Violation(Category.ENUM, (*path, "apiGroup"), message)
