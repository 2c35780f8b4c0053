"""Gatekeeper's verdicts as matches; each rule of policies reports its part."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from presync import provenance
from presync.base.finding import Location, Severity
from presync.platform.model import Platform
from presync.policy.judge import Broken, Unknown, Verdict
from presync.policy.model import Action, Fault
from presync.policy.rego.program import MAIN
from presync.provenance import patched
from presync.provenance.influence import get
from presync.render.model import Resource
from presync.rules.model import Match

_LINE = re.compile(rf"{re.escape(MAIN)}:(\d+)")
SEVERITIES = {Action.DENY: Severity.ERROR, Action.WARN: Severity.WARNING, Action.DRYRUN: Severity.INFO}


def violated(platform: Platform, found: Iterable[Verdict]) -> Iterator[Match]:
    """What the cluster would say, in its words: the constraint's name, and the message of its template."""
    for one in found:
        subject, constraint = one.subject, one.constraint
        policy = f"{constraint.kind} {constraint.name}"
        where = str(one.declared.resource.source)
        yield Match(
            f"[{constraint.name}] {one.message}",
            f"{_consequence(one)}; the policy is {policy} ({where}).",
            subject.entry,
            subject.resource,
            one.path,
            severity=Severity.INFO if one.audit_only else SEVERITIES[one.action],
            location=_original(platform, one),
            cause=f"{policy}: {one.cause}" if one.cause else "",
            key=f"{policy}: {one.message}",
            resource_name="" if subject.resource is not None else subject.name,
            quote=one.text or _quote(one),
        )


def _quote(one: Verdict) -> str:
    """What stands in the line of a text: the value that is at fault, where it is one."""
    subject = one.subject
    below = one.path[len(subject.path) :]
    if not subject.text or not below:
        return ""
    value = get(subject.candidate.data, below)
    return value if isinstance(value, str) and value else str(below[-1])


def _original(platform: Platform, one: Verdict) -> Location | None:
    """The line of an object that stands whole in a file and that a chart passes on, as the contract does."""
    resource = one.subject.resource
    if resource is None or resource.trace is None or provenance.explain(resource, one.path).keys:
        return None
    files = [file for file in one.subject.entry.rendered.reads if "/templates/" not in file]
    found = patched.locate(platform.tree, frozenset(files), resource, one.path)
    return found if found.file and found.line else None


def _consequence(one: Verdict) -> str:
    if one.audit_only:
        return "Only Gatekeeper's audit reports it"
    return {
        Action.DENY: "Gatekeeper refuses the object",
        Action.WARN: "Gatekeeper admits the object with a warning",
        Action.DRYRUN: "Gatekeeper admits the object and reports it",
    }[one.action]


def undecided(found: Iterable[Unknown]) -> Iterator[Match]:
    """What presync cannot tell."""
    for one in found:
        policy = f"{one.constraint.kind} {one.constraint.name}"
        place = one.subject or one.declared
        yield Match(
            f"{policy} could not be evaluated: {one.message}",
            "Write the policy so that it can be decided without a cluster, or judge it with `gator test`.",
            place.entry,
            place.resource,
            cause=one.cause,
            key=one.cause,
            resource_name="" if one.subject is None or one.subject.resource is not None else one.subject.name,
        )


def faulty(found: Iterable[Broken]) -> Iterator[Match]:
    """Templates and constraints that Gatekeeper refuses."""
    for one in found:
        yield of_fault(one, one.fault)


def of_fault(one: Broken, fault: Fault) -> Match:
    """A fault with its place in the rendered object."""
    resource = one.place.resource
    return Match(fault.message, fault.remedy, one.place.entry, resource, fault.path, quote=_rego(resource, fault))


def _rego(resource: Resource, fault: Fault) -> str:
    """The line of the Rego that its compiler names."""
    said = _LINE.match(fault.message)
    target = get(resource.data, fault.path) if said else None
    codes = target.get("code") if isinstance(target, dict) else None
    texts = [get(target, ("rego",)), *(get(code, ("source", "rego")) for code in codes or ())]
    for text in (one for one in texts if isinstance(one, str)):
        lines = text.split("\n")
        at = int(said[1]) if said else 0
        return lines[at - 1].strip() if 0 < at <= len(lines) else ""
    return ""
