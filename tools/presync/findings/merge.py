"""One cause, one finding."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable
from dataclasses import replace

from presync.base.finding import Finding, Place, Severity

_NUMBER = re.compile(r"\[\d+\]")


def merge(findings: Iterable[Finding]) -> list[Finding]:
    """Findings with the same cause become one that knows every place.

    The cause is what the rule says it is; where it says nothing, it is the line that would be edited: the same message
    about the same field from the same line of the same file. Environments are never mixed, since they may need
    different corrections.
    """
    groups: dict[Hashable, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(_cause(finding), []).append(finding)
    return [_one(group) for group in groups.values()]


def _cause(finding: Finding) -> Hashable:
    if finding.cause:
        return (finding.rule, finding.environment, finding.cause)
    kind = finding.resource.partition(" ")[0]
    # What one line prints has the same place in its objects, but for the numbers in lists.
    field = _NUMBER.sub("[]", finding.field) if finding.location.line else finding.field
    shared = (finding.rule, finding.environment, finding.message, finding.location, kind, field)
    if finding.location.file and finding.resource:
        return shared
    return (*shared, finding.application, finding.resource, finding.key)


def _one(group: list[Finding]) -> Finding:
    if len(group) == 1:
        return group[0]
    severities = list(Severity)
    first = min(group, key=lambda finding: (severities.index(finding.severity), _in_a_text(finding)))
    places: dict[Place, None] = {}
    for finding in group:
        places.setdefault(_place(finding))
    places.pop(_place(first))
    return replace(
        first,
        places=(*first.places, *places),
        undetermined=any(finding.undetermined for finding in group),
    )


def _in_a_text(finding: Finding) -> bool:
    """Whether the field stands in a text, such as a Pod template in a ConfigMap: its line is that of the whole text."""
    return "]." in finding.field and finding.field.startswith("data[")


def _place(finding: Finding) -> Place:
    return Place(finding.application, finding.environment, finding.resource, finding.field, finding.location)
