"""The questions Argo CD asks an AppProject, answered from its ``spec``.

After https://github.com/argoproj/argo-cd/blob/v3.5.7/pkg/apis/application/v1alpha1/app_project_types.go. Two answers
surprise: a denying pattern that does not match *grants* everything else, and cluster-scoped kinds are all refused
unless listed while namespaced ones are all allowed.
"""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from presync.argocd.model import IN_CLUSTER
from presync.argocd.patterns import file_match, glob, regular_expression

Spec = Mapping[str, Any]

# The project Argo CD makes when there is none called ``default`` (server/server.go, initializeDefaultProject).
DEFAULT_SPEC: Spec = {
    "sourceRepos": ["*"],
    "destinations": [{"server": "*", "namespace": "*"}],
    "clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
}
_SSH = re.compile(r"(ssh://)?([^/:]*?)@[^@]+")
_VALID_PATH = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/\[\]]|%[0-9a-fA-F]{2})*")


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster Argo CD knows; an empty half is not known to presync."""

    name: str = ""
    server: str = ""


ITSELF = Cluster("in-cluster", IN_CLUSTER)


def source_permitted(spec: Spec, url: str) -> bool:
    """Whether the project lets an Application read this repository."""
    wanted = normalise_url(url)
    granted = False
    for item in map(str, _list(spec, "sourceRepos")):
        denying = _denies(item)
        pattern = normalise_url(item.removeprefix("!"))
        matches = pattern == "*" or glob(pattern, wanted, "/")
        if denying and matches:
            return False
        granted = granted or denying or matches
    return granted


def destination_permitted(spec: Spec, cluster: Cluster, namespace: str, assumed: bool = False) -> bool:
    """Whether the project lets objects go there.

    ``assumed`` is what a pattern over a half of the cluster that presync does not know is taken to give.
    """
    granted = False
    for item in _list(spec, "destinations"):
        name, server, place = (str(_mapping(item).get(key) or "") for key in ("name", "server", "namespace"))
        name_matches = _half_matches(name, cluster.name, assumed)
        server_matches = _half_matches(server, cluster.server.rstrip("/"), assumed)
        namespace_matches = _matches(place, namespace)
        if (name_matches or server_matches) and namespace_matches:
            granted = True
            continue
        denied_by_cluster = (_denies(name) and not name_matches) or (
            _denies(server) and not server_matches and namespace_matches
        )
        if denied_by_cluster or (_denies(place) and not namespace_matches and server_matches):
            return False
    return granted


def kind_permitted(spec: Spec, group: str, kind: str, name: str, namespaced: bool) -> bool:
    """Whether the project lets objects of this kind be deployed."""
    scope = "namespace" if namespaced else "cluster"
    white, black = (spec.get(f"{scope}Resource{colour}list") for colour in ("White", "Black"))
    wanted = "" if namespaced else name
    if _lists_kind(black, group, kind, wanted):
        return False
    return (namespaced and white is None) or _lists_kind(white, group, kind, wanted)


def source_namespace_permitted(spec: Spec, namespace: str) -> bool:
    """Whether Applications that live in this namespace may use the project: by globs, or expressions in slashes."""
    for item in map(str, _list(spec, "sourceNamespaces")):
        is_expression = len(item) > 2 and item.startswith("/") and item.endswith("/")
        if (is_expression and regular_expression(item[1:-1], namespace)) or glob(item, namespace):
            return True
    return False


def normalise_url(url: str) -> str:
    """NormalizeGitURL: lower case, no ``.git``, ``git@host:path`` as a path; empty when it cannot be parsed."""
    url = url.strip().lower()
    if _SSH.fullmatch(url) and not url.startswith("ssh://"):
        url = "ssh://" + url.replace(":", "/", 1)
    url = url.removesuffix(".git")
    if any(ord(char) < 0x20 or ord(char) == 0x7F for char in url):
        return ""
    head, mark, tail = url.partition("?")
    scheme, slashes, rest = head.partition("://")
    if not slashes:
        scheme, rest = "", head
    host, slash, path = rest.partition("/") if scheme else ("", "", rest)
    # Go keeps a path that is validly encoded and escapes the whole of any other, which disarms braces in patterns.
    if not _VALID_PATH.fullmatch(path):
        path = urllib.parse.quote(urllib.parse.unquote(path), safe="/$&+,:;=@-_.~")
    return f"{scheme}{slashes}{host}{slash}{path}{mark}{tail}".removeprefix("ssh://")


def _half_matches(pattern: str, text: str, assumed: bool) -> bool:
    return _matches(pattern, text) if text else assumed and bool(pattern)


def _matches(pattern: str, text: str) -> bool:
    if _denies(pattern):
        return not glob(pattern[1:], text)
    return pattern == "*" or glob(pattern, text)


def _denies(pattern: str) -> bool:
    return pattern.startswith("!")


def _lists_kind(listed: Any, group: str, kind: str, name: str) -> bool:
    for item in listed if isinstance(listed, list) else ():
        entry = _mapping(item)
        if file_match(str(entry.get("kind") or ""), kind) and file_match(str(entry.get("group") or ""), group):
            wanted = str(entry.get("name") or "")
            if not name or not wanted or file_match(wanted, name):
                return True
    return False


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(spec: Spec, key: str) -> Sequence[Any]:
    value = spec.get(key)
    return value if isinstance(value, list) else ()
