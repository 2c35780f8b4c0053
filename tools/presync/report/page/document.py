"""What the page knows: one JSON document, which its script turns into what people see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from presync.base.finding import Finding, Severity
from presync.change import causes
from presync.change.compare import changed_files
from presync.change.model import Change, ResourceChange
from presync.change.places import changed_file
from presync.platform.model import Entry, Platform
from presync.report.check import as_object
from presync.report.diff import because, is_secret
from presync.report.page.fields import Budget, field, indexes, whole
from presync.report.page.readers import Key, key, readings
from presync.report.why import as_objects
from presync.tree.commit import CommitTree

TEXT = 8_000_000  # characters of fields in one page
_PLACES = 6  # changed places of one file
_BY = 3  # objects of one reader that use the same thing

Object = dict[str, Any]


def document(change: Change, findings: Sequence[Finding], base: str) -> Object:
    """Everything; the same change gives the same document."""
    entries = _entries(change)
    numbers = {one: at for at, one in enumerate(entries)}
    resources = sorted(change.resources, key=lambda one: numbers[key(one.entry)])
    names = _names(resources)
    places = {(one.entry.name, str(one.resource)): at for at, one in enumerate(resources)}
    told = [_finding(finding, entries, places) for finding in findings]
    about: dict[int, list[int]] = {}
    for number, finding in enumerate(told):
        for at in finding["resources"]:
            about.setdefault(at, []).append(number)
    budget = Budget(TEXT)
    causes.prepare(change, change.loud())
    return {
        "version": 1,
        "base": {"name": base, "commit": _commit(change.base)},
        "head": _head(change.head),
        "environments": _environments(change),
        "counts": _counts(change, findings),
        "files": len(change.files),
        "applications": list(_applications(change, entries, budget)),
        "resources": [
            _resource(change, one, names[at], numbers, [(number, told[number]) for number in about.get(at, [])], budget)
            for at, one in enumerate(resources)
        ],
        "findings": told,
        "readings": _readings(change, numbers, places),
    }


def _entries(change: Change) -> dict[Key, Entry]:
    """Every Application of both states as it is now, else as it was."""
    found = {key(entry): entry for platform in (change.base, change.head) for entry in platform.entries}
    order = {name: at for at, name in enumerate(_environments(change))}
    return dict(sorted(found.items(), key=lambda one: (_row(one[1]), order.get(one[1].environment, -1), one[0])))


def _environments(change: Change) -> list[str]:
    return list(dict.fromkeys([*change.head.environments, *change.base.environments]))


def _row(entry: Entry) -> str:
    """What Applications of several environments have in common."""
    return entry.name.removesuffix(f"-{entry.environment}") if entry.environment else entry.name


def _commit(platform: Platform) -> str:
    return platform.tree.commit if isinstance(platform.tree, CommitTree) else ""


def _head(platform: Platform) -> Object:
    repository = platform.repository
    if isinstance(platform.tree, CommitTree) or not repository.is_git:
        return {"name": repository.branch, "commit": _commit(platform), "dirty": False}
    commit = repository.checked_out() or ""
    dirty = not commit or any(True for _ in changed_files(repository.at(commit), platform.tree))
    return {"name": repository.branch, "commit": commit, "dirty": dirty}


def _counts(change: Change, findings: Sequence[Finding]) -> Object:
    return {
        "objects": dict(sorted(Counter(one.kind for one in change.loud()).items())),
        "quiet": sum(one.quiet for one in change.resources),
        "severities": {str(one): sum(finding.severity is one for finding in findings) for one in Severity},
        "undetermined": sum(finding.undetermined for finding in findings),
    }


def _applications(change: Change, entries: Mapping[Key, Entry], budget: Budget) -> Iterator[Object]:
    own = {key(one.entry): one for one in change.applications}
    unknown = {key(one) for pair in change.unknown for one in pair if one is not None}
    touched = {*own, *unknown, *(key(one.entry) for one in change.resources)}
    for name, entry in entries.items():
        changed = own.get(name)
        rendered, destination = entry.rendered, entry.application.destination
        kind = changed.kind if changed is not None else "same"
        found: Object = {
            "name": entry.name,
            "row": _row(entry),
            "environment": entry.environment,
            "state": "unknown" if name in unknown else kind,
            "objects": len(rendered.resources),
            "place": "/".join(one for one in (destination.cluster, destination.namespace) if one),
            "project": entry.application.project,
        }
        reason = rendered.error or rendered.external or rendered.unavailable
        if reason:
            found["dark"] = reason.strip().split("\n")[0]
        if name in touched:
            files = [_cause(change, file) for file in because(change, entry.name)]
            # Why an Application comes or goes is a file that does.
            first = [one for one in files if kind in ("added", "removed") and one["kind"] == kind]
            found["because"] = [*first, *(one for one in files if one not in first)]
        if changed is not None and changed.differences:
            found["fields"] = [
                field(one, False, budget) | as_objects(causes.of_application(change, changed, one))
                for one in changed.differences
            ]
        yield found


def _cause(change: Change, file: str) -> Object:
    """A changed file with the lines, as they are now, at which it changes."""
    found = changed_file(change, file)
    more = len(found.lines) - _PLACES
    places = {"lines": list(found.lines[:_PLACES])} if found.lines else {}
    return {"file": file, "kind": found.kind, **places, **({"more": more} if more > 0 else {})}


def _names(resources: Sequence[ResourceChange]) -> list[str]:
    """What a link calls each: APP/KIND/NAME as `presync explain` does, longer where two would be the same."""
    found: list[str] = []
    for make in (_short, _with_namespace, _full):
        names = [make(one) for one in resources]
        found = found or names
        twice = {name for name, number in Counter(found).items() if number > 1}
        found = [name if old in twice else old for old, name in zip(found, names, strict=True)]
    return found


def _short(one: ResourceChange) -> str:
    return f"{one.entry.name}/{one.resource.kind}/{one.resource.name}"


def _with_namespace(one: ResourceChange) -> str:
    return f"{one.entry.name}/{one.resource.kind}/{one.resource.namespace}/{one.resource.name}"


def _full(one: ResourceChange) -> str:
    return "/".join((one.entry.name, one.entry.application.destination.cluster, *one.resource.key))


def _resource(  # noqa: PLR0917 - what is told of it, and what is known already
    change: Change,
    one: ResourceChange,
    name: str,
    numbers: Mapping[Key, int],
    about: Sequence[tuple[int, Object]],
    budget: Budget,
) -> Object:
    resource = one.resource
    found: Object = {
        "id": name,
        "change": one.kind,
        "application": numbers[key(one.entry)],
        "kind": resource.kind,
        "group": resource.group,
        "namespace": resource.namespace,
        "name": resource.name,
    }
    if one.quiet:
        found["quiet"] = True
    if one.moved and one.old_entry is not None:
        found["from"] = one.old_entry.name
    if about:
        found["findings"] = [number for number, _ in about]
    if one.kind in ("added", "removed"):
        found["fields"] = [whole(resource.data, one.kind == "added", budget) | as_objects(causes.cause(change, one))]
        return found
    secret = is_secret(resource.kind)
    fields = []
    for difference in one.differences:
        at = indexes(difference)
        extra: Object = as_objects(causes.cause(change, one, difference))
        if not difference.removed and not difference.noise:
            extra["at"] = at
        mine = [number for number, finding in about if finding["field"] == at]
        if mine:
            extra["findings"] = mine
        fields.append({**field(difference, secret, budget), **extra})
    found["fields"] = fields
    return found


def _finding(finding: Finding, entries: Mapping[Key, Entry], places: Mapping[tuple[str, str], int]) -> Object:
    """As the JSON report has it, with the numbers of the objects and Applications it is about."""
    pairs = [(finding.application, finding.resource)]
    pairs += [(place.application, place.resource) for place in finding.places]
    names = {application for application, _ in pairs}
    told = as_object(finding)
    for left_out in ("fingerprint", "column"):
        told.pop(left_out, None)
    return {
        **told,
        "resources": sorted({places[pair] for pair in pairs if pair in places}),
        "applications": [at for at, entry in enumerate(entries.values()) if entry.name in names],
    }


def _readings(change: Change, numbers: Mapping[Key, int], places: Mapping[tuple[str, str], int]) -> list[Object]:
    found: dict[tuple[Key, Key, str], Object] = {}
    for one, state in readings(change).items():
        if one.reader not in numbers or one.provider not in numbers:
            continue
        name = (one.reader, one.provider, one.what)
        known = found.setdefault(
            name,
            {
                "reader": numbers[one.reader],
                "provider": numbers[one.provider],
                "what": one.what,
                "by": [],
                "states": set(),
            },
        )
        known["by"].append(one.by)
        known["states"].add(state)
        at = places.get((one.provider[1], one.what))
        if at is not None:
            known["resource"] = at
    return [dict(_told(one)) for one in found.values()]


def _told(one: Object) -> Iterator[tuple[str, Any]]:
    states = one.pop("states")
    by = one.pop("by")
    yield from one.items()
    yield "state", next(iter(states)) if len(states) == 1 else "same"
    yield "by", by[:_BY]
    if len(by) > _BY:
        yield "more", len(by) - _BY
