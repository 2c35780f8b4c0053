"""Every resource against schemas and validation, once; the rules of Kubernetes each report their part."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from presync.argocd.sync import EXCLUDED, is_applied, listed
from presync.base.finding import Severity
from presync.platform import validation
from presync.platform.memo import memo
from presync.platform.model import Entry, Platform
from presync.platform.schemas.kubernetes import GroupVersionKind, Kubernetes
from presync.platform.schemas.lookup import Broken, Schemas, schemas
from presync.platform.schemas.removed import absence
from presync.platform.validation.metadata import object_meta
from presync.platform.violation import Category, Violation
from presync.render.model import Resource
from presync.rules.model import Match

_OPTIONS = "argocd.argoproj.io/sync-options"
_QUOTED = re.compile(r'"(.+)" is not a')
_SECRET_FIELDS = frozenset({"data", "stringData"})


@dataclass(frozen=True, slots=True)
class Found:
    """A violation and whose it is; ``versions`` are those of Kubernetes that refuse, empty: every configured one."""

    entry: Entry
    resource: Resource
    violation: Violation
    versions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Missing:
    """A resource whose API the cluster has not, or presync has no schema of."""

    entry: Entry
    resource: Resource
    message: str
    remedy: str
    origin: str = ""  # the file with the schema at fault
    quote: str = ""  # what of it


@dataclass(slots=True)
class Results:
    """Of all resources of a platform."""

    violations: dict[Category, list[Found]] = field(default_factory=lambda: {category: [] for category in Category})
    absent: list[Missing] = field(default_factory=list)
    unknown: list[Missing] = field(default_factory=list)
    broken: list[Missing] = field(default_factory=list)


def results(platform: Platform) -> Results:
    """Computed once."""
    return memo(platform, "kubernetes", _results)


def matches(platform: Platform, category: Category) -> Iterator[Match]:
    """The violations of a category, as matches."""
    for found in results(platform).violations[category]:
        only = f" (Kubernetes {', '.join(found.versions)})" if found.versions else ""
        server_side = _server_side(found.entry, found.resource)
        lenient = category is Category.UNKNOWN and (
            found.violation.silent if server_side else option(found.entry, found.resource, "Validate") == "false"
        )
        yield Match(
            found.violation.message + only,
            found.violation.remedy,
            found.entry,
            found.resource,
            found.violation.path,
            severity=Severity.WARNING if lenient else None,
            printed=category is Category.SCHEMA,
        )


def option(entry: Entry, resource: Resource, name: str) -> str | None:
    """The value of a sync option for a resource: its annotation, else the Application's."""
    for text in (*listed(resource.annotations.get(_OPTIONS)), *entry.application.sync_options):
        key, _, value = text.partition("=")
        if key == name:
            return value
    return None


def _server_side(entry: Entry, resource: Resource) -> bool:
    return option(entry, resource, "ServerSideApply") == "true"


def _results(platform: Platform) -> Results:
    out = Results()
    known = schemas(platform)
    if not known.versions:
        return out  # a rule of its own says so
    for entry, resource in platform.resources():
        if (resource.group, resource.kind) in EXCLUDED or not is_applied(resource.annotations):
            continue  # a sync never sends it
        if known.built_in(resource.group):
            _built_in(out, known, entry, resource)
        else:
            _custom(out, known, entry, resource)
    return out


def _built_in(out: Results, known: Schemas, entry: Entry, resource: Resource) -> None:
    refusing: dict[Violation, list[str]] = {}
    server_side = _server_side(entry, resource)
    served = False
    for version in known.versions:
        problems = known.check_built_in(version, resource, server_side)
        if problems is None:
            _absent(out, version, entry, resource, several=len(known.versions) > 1)
            continue
        served = True
        for problem in problems:
            refusing.setdefault(problem, []).append(version.version)
    if not served:
        return
    for problem, versions in refusing.items():
        only = tuple(versions) if len(versions) < len(known.versions) else ()
        _add(out, Found(entry, resource, problem, only))
    lowest = min(int(version.version.partition(".")[2]) for version in known.versions)
    told = {problem.path for problem in refusing}
    for problem in validation.violations(resource.data, resource.group, resource.kind, lowest, server_side):
        if not told or not any(problem.path[:length] in told for length in range(1, len(problem.path) + 1)):
            _add(out, Found(entry, resource, problem))  # else the schema has said what is wrong there


def _absent(out: Results, version: Kubernetes, entry: Entry, resource: Resource, several: bool) -> None:
    group, _, name = resource.api_version.rpartition("/")
    kind: GroupVersionKind = (group, name, resource.kind)
    why = absence(version, kind)
    suffix = f" (checked for {version.version})" if several else ""
    out.absent.append(Missing(entry, resource, why.reason + suffix, why.remedy))


def _custom(out: Results, known: Schemas, entry: Entry, resource: Resource) -> None:
    cluster = entry.application.destination.cluster
    schema = known.custom(cluster, resource)
    if isinstance(schema, Broken):
        one = schema.declared
        message = f"the schema of {one.kind} ({one.group}/{one.version}, {one.origin}) cannot be used: {schema.reason}"
        quote = _QUOTED.match(schema.reason)
        out.broken.append(Missing(entry, resource, message, "Correct the CRD.", one.origin, quote[1] if quote else ""))
        return
    if schema is None:
        versions = known.served(cluster, resource.group, resource.kind)
        if versions:
            message = f'no matches for kind "{resource.kind}" in version "{resource.api_version}"'
            remedy = f"Served versions of {resource.kind}.{resource.group}: {', '.join(versions)}."
            out.absent.append(Missing(entry, resource, message, remedy))
        else:
            message = (
                f"presync has no schema of {resource.kind} ({resource.api_version}), so its fields are not checked"
            )
            remedy = "Put its CRD into the tree, or name a file with it under `crds:` in presync.yaml."
            out.unknown.append(Missing(entry, resource, message, remedy))
        return
    server_side = _server_side(entry, resource)
    for problem in schema.check(resource.data, server_side):
        _add(out, Found(entry, resource, problem))
    for problem in object_meta(resource.data, resource.group, resource.kind, 0, server_side):
        _add(out, Found(entry, resource, problem))


def _add(out: Results, found: Found) -> None:
    problem = found.violation
    if _is_secret_value(found.resource, problem):
        message = 'Invalid value: "<secret contents redacted>": must be text; quote it'
        found = Found(found.entry, found.resource, Violation(problem.category, problem.path, message), found.versions)
    out.violations[problem.category].append(found)


def _is_secret_value(resource: Resource, problem: Violation) -> bool:
    return (
        problem.category is Category.SCHEMA
        and (resource.group, resource.kind) == ("", "Secret")
        and len(problem.path) > 1
        and problem.path[0] in _SECRET_FIELDS
    )


def missing(found: list[Missing]) -> Iterator[Match]:
    """Resources without a usable API; those of one kind and one reason are one finding."""
    for one in found:
        api = f"{one.resource.api_version} {one.resource.kind}"
        yield Match(one.message, one.remedy, one.entry, one.resource, ("apiVersion",), cause=f"{api} {one.message}")
