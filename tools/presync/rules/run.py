"""Running rules over a platform."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from presync.base.finding import Finding, Location, Problem
from presync.change.model import Change
from presync.platform.model import Entry, Platform
from presync.rules import origins
from presync.rules.model import Match, Rule, dotted, of_problem
from presync.rules.registry import by_kind, registry
from presync.tree import TreeError

INTERNAL = "PRE000"
# Kinds of Problem that are the reason in other words, where a render fails.
_EXPLAINING = frozenset({"annotation-not-text", "chart-kube-version", "manifest-unreadable", "values-schema"})

# Kinds of Problem about a field of a rendered object.
_OF_OBJECTS = frozenset(
    {"applications-too-deep", "namespace-missing", "project-kind-denied", "project-resource-namespace-denied"}
)
_OF_APPLICATIONS = ("spec.", "metadata.namespace")  # fields of the Application itself
_CLUSTER = "clusterResourceWhitelist"

Locator = Callable[[Platform, Match], Location]


def at_source(platform: Platform, match: Match) -> Location:
    """The file a resource came from; whoever knows lines passes something better to :func:`run`."""
    return match.resource.source if match.resource is not None else Location()


def run(platform: Platform, locate: Locator = at_source, kinds_only: bool = False) -> list[Finding]:
    """The findings of every rule, rule by rule, before waivers and merging.

    ``kinds_only`` leaves out the rules that look for themselves: only what earlier steps reported is told. A rule that
    fails becomes a finding of its own; the others still run.
    """
    rules = {rule.id: rule for rule in registry()}
    matches: dict[str, list[Match]] = {rule: [] for rule in rules}
    for rule_id, match in _reported(platform):
        matches[rule_id].append(match)
    for rule in () if kinds_only else rules.values():
        if rule.check is None:
            continue
        try:
            matches[rule.id] += rule.check(platform)
        except Exception as error:  # noqa: BLE001 - one broken rule must not hide the findings of the others
            matches[INTERNAL].append(_broken(rule, error))
    return [finding(platform, rules[rule_id], match, locate) for rule_id, found in matches.items() for match in found]


def run_change(change: Change, locate: Locator = at_source) -> list[Finding]:
    """The findings of every rule about changes, before waivers and merging; objects are looked up in the new state."""
    found: list[Finding] = []
    rules = {rule.id: rule for rule in registry()}
    for rule in rules.values():
        if rule.change is None:
            continue
        try:
            found += [finding(change.head, rule, match, locate) for match in rule.change(change)]
        except Exception as error:  # noqa: BLE001 - one broken rule must not hide the findings of the others
            found.append(finding(change.head, rules[INTERNAL], _broken(rule, error), locate))
    return found


def finding(platform: Platform, rule: Rule, match: Match, locate: Locator = at_source) -> Finding:
    """A match with everything a reader needs."""
    entry, resource = match.entry, match.resource
    location = match.location
    if resource is not None and (location is None or not location.file):
        location = locate(platform, match)
    if (location is None or not location.file) and entry is not None:
        location = entry.application.origin.location
    if location is not None:
        if resource is None and entry is not None and location == entry.application.origin.location:
            if match.field.startswith(_OF_APPLICATIONS):
                location = origins.of_field(platform, entry, match.field)
            if not location.line:
                location = _in_its_template(platform, entry, match, locate) or location
        elif resource is None:
            location = origins.below(platform, location, match.field)
        if resource is None or resource.trace is None:
            location = quoted(platform, location, match.quote)
    return Finding(
        rule=rule.id,
        name=rule.name,
        severity=rule.severity if match.severity is None else match.severity,
        message=match.message,
        remedy=match.remedy,
        application=entry.name if entry else match.application,
        environment=entry.environment if entry else "",
        resource=str(resource) if resource is not None else match.resource_name,
        field=dotted(match.path) or match.field,
        location=location or Location(),
        undetermined=rule.undetermined if match.undetermined is None else match.undetermined,
        key=match.key,
        cause=match.cause,
    )


def _in_its_template(platform: Platform, entry: Entry, match: Match, locate: Locator) -> Location | None:
    """The line of a field of an Application that another one renders from a chart."""
    origin = entry.application.origin
    parents = [one for one in platform.entries if one.name == origin.parent]
    for resource in (one for parent in parents for one in parent.rendered.resources):
        if resource.kind == "Application" and resource.name == entry.name and resource.source == origin.location:
            return locate(
                platform, replace(match, entry=parents[0], resource=resource, path=origins.steps(match.field))
            )
    return None


def quoted(platform: Platform, location: Location, quote: str) -> Location:
    """The line with the quoted text, at or after the place where the field begins."""
    if not quote or not platform.tree.is_file(location.file):
        return location
    try:
        lines = platform.tree.read(location.file).decode("utf-8", "replace").split("\n")
    except TreeError:
        return location
    found = [at for at, line in enumerate(lines, 1) if quote in line]
    after = [at for at in found if at >= location.line]
    return Location(location.file, (after or found)[0]) if found else location


def problems(platform: Platform) -> Iterator[tuple[Problem, Entry | None]]:
    """Everything earlier steps reported, each problem once."""
    entries = {entry.name: entry for entry in platform.entries}
    seen: set[Problem] = set()
    for problem, entry in _all(platform):
        if problem not in seen:
            seen.add(problem)
            yield problem, entry or entries.get(problem.application)


def _all(platform: Platform) -> Iterator[tuple[Problem, Entry | None]]:
    yield from ((problem, None) for problem in platform.problems)
    for expansion in platform.expansions:
        yield from ((problem, None) for problem in expansion.problems)
        if expansion.error and not _told(expansion.error, expansion.problems):
            message = f"ApplicationSet {expansion.manifest.name} yields nothing: {expansion.error}"
            yield Problem("applicationset-failed", message, location=expansion.manifest.location), None
    for entry in platform.entries:
        rendered = entry.rendered
        yield from ((problem, entry) for problem in rendered.problems)
        yield from ((problem, entry) for problem in entry.denials)
        linked = "out-of-bounds symlinks" in rendered.error and platform.tree.escaping_links
        if rendered.error and not linked and not _told(rendered.error, rendered.problems):
            yield (
                Problem(
                    "render-failed", rendered.error, application=entry.name, location=entry.application.origin.place
                ),
                entry,
            )
        if rendered.unavailable and not rendered.external and not _told(rendered.unavailable, rendered.problems):
            yield (
                Problem(
                    "source-unavailable",
                    rendered.unavailable,
                    application=entry.name,
                    location=entry.application.origin.place,
                ),
                entry,
            )


def _told(reason: str, reported: Iterable[Problem]) -> bool:
    """Whether a Problem says already why there is nothing."""
    return any(
        problem.kind in _EXPLAINING or reason in problem.message or problem.message in reason for problem in reported
    )


def _reported(platform: Platform) -> Iterator[tuple[str, Match]]:
    rules = by_kind()
    for problem, entry in problems(platform):
        rule = rules.get(problem.kind)
        match = _placed(platform, problem, entry)
        if rule is None:
            yield (
                INTERNAL,
                Match(
                    f"{problem.message} (no rule for {problem.kind!r})",
                    problem.remedy,
                    entry,
                    location=problem.location,
                    application=problem.application,
                    resource_name=problem.resource,
                    field=problem.field,
                ),
            )
        else:
            refined = match if rule.refine is None else rule.refine(platform, problem, match)
            if refined is not None:
                yield rule.id, refined


def _placed(platform: Platform, problem: Problem, entry: Entry | None) -> Match:
    """The match of a problem, which for an AppProject's refusals knows the Application or the object and no line."""
    match = of_problem(problem, entry)
    if entry is None:
        return match
    if problem.kind == "project-kind-denied":
        together = [one for one in platform.entries if any(other.cause == problem.cause for other in one.denials)]
        project = next((one for one in platform.projects if one.name == entry.application.project), None)
        if len(together) > 1 and project:  # several Applications lost the same right: the project was changed
            listed = "namespaceResourceWhitelist" if "namespaceResourceWhitelist" in problem.remedy else _CLUSTER
            return replace(match, location=origins.below(platform, project.location, f"spec.{listed}"))
    if problem.kind in _OF_OBJECTS and problem.resource:
        resource = next((one for one in entry.rendered.resources if str(one) == problem.resource), None)
        return replace(match, resource=resource, path=problem.field.split("."), location=None) if resource else match
    origin = entry.application.origin
    if problem.field.startswith(_OF_APPLICATIONS) and problem.location in (origin.location, origin.place):
        return replace(match, location=origins.of_field(platform, entry, problem.field))
    return match


def _broken(rule: Rule, error: Exception) -> Match:
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({frames[-1].filename.rsplit('presync/', 1)[-1]}:{frames[-1].lineno})" if frames else ""
    return Match(
        f"rule {rule.id} {rule.name} failed, so nothing it would find is reported: "
        f"{type(error).__name__}: {error}{place}",
        "This is a fault of presync. Report it together with the manifest that causes it.",
        key=rule.id,
    )
