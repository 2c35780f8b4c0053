"""Two Ingresses claim the same host and path.

Which of them answers depends on the controller and on their age; ingress-nginx refuses the second one. Between
environments it is worse: visitors of one reach the other. Ingresses of different classes may share a host on purpose,
as may those of different clusters in one environment, and canaries of ingress-nginx.

Bad:

    # feast-dev and airflow-dev both
    rules: [{host: feast.dev.mlops.example.com, http: {paths: [{path: /, pathType: Prefix, ...}]}}]

Good:

    # airflow-dev
    rules: [{host: airflow.dev.mlops.example.com, http: {paths: [{path: /, pathType: Prefix, ...}]}}]
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from presync.argocd.sync import is_applied
from presync.base.finding import Severity
from presync.platform.index import index
from presync.platform.model import Entry, Platform
from presync.platform.validation.access import items, obj, text
from presync.render.model import Resource
from presync.rules.model import Match

ID = "REF024"
NAME = "host-claimed-twice"
SEVERITY = Severity.ERROR

_CLASS = "kubernetes.io/ingress.class"
_PRODUCTION = frozenset({"prod", "production", "prd", "live"})
_CANARY = "nginx.ingress.kubernetes.io/canary"


@dataclass(frozen=True, slots=True)
class _Claim:
    entry: Entry
    resource: Resource
    at: int
    host: str
    path: str
    ingress_class: str

    @property
    def cluster(self) -> str:
        return self.entry.application.destination.cluster

    def clashes(self, other: _Claim) -> bool:
        mine, theirs = self.entry.environment, other.entry.environment
        if mine and theirs and mine != theirs:
            # Without a host every address of the cluster is meant; elsewhere it is another address.
            return bool(self.host) or self.cluster == other.cluster
        return self.cluster == other.cluster and self.ingress_class == other.ingress_class


def check(platform: Platform) -> Iterator[Match]:
    """Every pair of claims of one host and path; told once, of the one that looks out of place."""
    claims: dict[tuple[str, str], list[_Claim]] = {}
    domains: Counter[tuple[str, str]] = Counter()
    for claim in _claims(platform):
        claims.setdefault((claim.host, claim.path), []).append(claim)
        domains[claim.entry.environment, _domain(claim.host)] += 1
    for same in claims.values():
        told = _clash(same)
        if told is None:
            continue
        first, second = told
        environment, domain = first.entry.environment, _domain(first.host)
        foreign = environment != second.entry.environment

        if foreign and _right(second, domains) > _right(first, domains):
            first, second = second, first
        where = f"{second.host or 'any host'}{second.path}"
        yield Match(
            f"{where} is also claimed by {first.resource} (Application {first.entry.name}"
            + (f", environment {first.entry.environment})" if foreign else ")"),
            "Give one of them another host or path.",
            second.entry,
            second.resource,
            ("spec", "rules", second.at, "host"),
            key=where,
            # One wrong domain brings many hosts together.
            cause=f"{first.entry.environment} {domain}" if foreign else "",
        )


def _clash(claims: Sequence[_Claim]) -> tuple[_Claim, _Claim] | None:
    for at, second in enumerate(claims):
        for first in claims[:at]:
            if first.clashes(second):
                return first, second
    return None


def _right(claim: _Claim, domains: Counter[tuple[str, str]]) -> tuple[bool, int]:
    """How likely the host is the claimant's: production's first, then by its other hosts of the domain."""
    environment = claim.entry.environment
    return environment.lower() in _PRODUCTION, domains[environment, _domain(claim.host)]


def _domain(host: str) -> str:
    return host.partition(".")[2]


def _claims(platform: Platform) -> Iterator[_Claim]:
    for entry, resource in index(platform).of_kind("networking.k8s.io", "Ingress"):
        if not is_applied(resource.annotations) or str(resource.annotations.get(_CANARY)).lower() == "true":
            continue
        spec = obj(resource.data, "spec")
        ingress_class = text(spec, "ingressClassName") or str(resource.annotations.get(_CLASS) or "")
        for at, rule in items(spec, "rules"):
            host = text(rule, "host").lower()
            for path in {text(one, "path") or "/" for _, one in items(obj(rule, "http"), "paths")}:
                yield _Claim(entry, resource, at, host, path, ingress_class)
