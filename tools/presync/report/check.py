"""The result of ``presync check``: a table of what was rendered, the findings, a summary."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from collections.abc import Sequence
from typing import Any

import click

from presync.base.finding import Finding, Severity
from presync.findings.checked import Checked, CheckedApplication
from presync.report.places import link
from presync.report.table import table

MAX_PLACES = 4  # of one finding in the text; JSON has all
_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "blue"}


def as_json(found: Checked) -> str:
    """One object; ``report/check.schema.json`` is its schema."""
    findings = found.findings
    document = {
        "version": 1,
        "argocd": found.argocd,
        "kubernetes": list(found.kubernetes),
        "applications": [
            {
                "name": one.name,
                "environment": one.environment,
                "project": one.project,
                "resources": one.resources,
                "state": one.state,
            }
            for one in found.applications
        ],
        "summary": {str(severity): _count(findings, severity) for severity in Severity}
        | {"undetermined": sum(finding.undetermined for finding in findings)},
        "findings": [as_object(finding) for finding in findings],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def as_object(finding: Finding) -> dict[str, Any]:
    """A finding as others build on it; keys are added, never renamed."""
    return {
        "rule": finding.rule,
        "name": finding.name,
        "severity": str(finding.severity),
        "message": finding.message,
        "remedy": finding.remedy,
        "documentation": link(finding.rule, finding.name),
        "application": finding.application,
        "environment": finding.environment,
        "resource": finding.resource,
        "field": finding.field,
        "file": finding.location.file,
        "line": finding.location.line or None,
        "column": finding.location.column or None,
        "fingerprint": finding.fingerprint,
        "undetermined": finding.undetermined,
        "places": [
            {
                "application": place.application,
                "environment": place.environment,
                "resource": place.resource,
                "field": place.field,
                "file": place.location.file,
                "line": place.location.line or None,
            }
            for place in finding.places
        ],
    }


def as_text(found: Checked, took: str, info: bool = True) -> str:
    """For people, readable at 80 columns. What is only good to know is counted, and shown with ``info``.

    ``took`` says how long it took.
    """
    parts = [_matrix(found)]
    notes = _notes(found.applications)
    if notes:
        parts.append(notes)
    parts += [finding_text(finding) for finding in found.findings if info or _matters(finding)]
    parts.append(_summary(found, took, info))
    return "\n".join(parts)


def _matters(finding: Finding) -> bool:
    return finding.severity is not Severity.INFO or finding.undetermined


def _matrix(found: Checked) -> str:
    """Applications by environments, with the number of resources of each."""
    applications = found.applications
    environments = [name for name in found.environments if any(one.environment == name for one in applications)]
    shared = any(not one.environment for one in applications)
    columns = [*environments, *(["(none)"] if shared and environments else [])] or ["resources"]
    rows: dict[str, dict[str, str]] = {}
    for one in applications:
        row = one.name.removesuffix(f"-{one.environment}") if one.environment else one.name
        column = one.environment or columns[-1]
        cells = rows.setdefault(row, {})
        cells[column] = f"{cells[column]}, {_cell(one)}" if column in cells else _cell(one)
    body = [[name, *[cells.get(column, "-") for column in columns]] for name, cells in sorted(rows.items())]
    return table(["APPLICATION", *columns], body, right=range(1, len(columns) + 1))


def _cell(one: CheckedApplication) -> str:
    if one.state == "external" and one.resources:
        return f"{one.resources} + external"
    return str(one.resources) if one.state == "rendered" else one.state


def _notes(applications: Sequence[CheckedApplication]) -> str:
    """Why some were not rendered although that is no finding."""
    reasons: dict[str, list[str]] = {}
    for one in applications:
        if one.external:
            reasons.setdefault(one.external, []).append(one.name)
    lines = []
    for reason, names in reasons.items():
        text = f"external, not rendered and not checked: {', '.join(names)} ({reason})"
        lines += textwrap.wrap(text, _width(), subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
    return "\n".join(lines) + "\n" if lines else ""


def finding_text(finding: Finding) -> str:
    """One finding, for people."""
    head = f"{_colour(str(finding.severity), finding.severity)} {finding.rule} {finding.name}"
    where = " ".join(part for part in (finding.application, finding.resource) if part)
    place = str(finding.location)
    plain = len(f"{finding.severity} {finding.rule} {finding.name}  {place}")
    lines = [f"{head}  {place}"] if place and plain <= _width() else [head, *([f"  {place}"] if place else [])]
    if where:
        lines.append(f"  {where}")
    if finding.field:
        lines.append(f"  {finding.field}")
    lines += wrapped(finding.message, "  ")
    if finding.places:
        lines += wrapped(f"and in {_places(finding)}", "  ")
    if finding.remedy:
        lines += wrapped(finding.remedy, "    ", first="  > ")
    return "\n".join(lines) + "\n"


def _places(finding: Finding) -> str:
    """The further places of one cause: the first few, and how many more."""
    names = list(dict.fromkeys(f"{place.application} {place.resource}".strip() for place in finding.places))
    more = len(names) - MAX_PLACES
    return ", ".join(names[:MAX_PLACES]) + (f" and {more} more" if more > 0 else "")


def wrapped(text: str, indent: str, first: str | None = None) -> list[str]:
    """Lines no wider than the terminal; ``first`` stands before the first one."""
    lines: list[str] = []
    for line in text.splitlines() or [""]:
        start = first if first is not None and not lines else indent
        lines += textwrap.wrap(
            line,
            _width(),
            initial_indent=start,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        ) or [""]
    return lines


def _summary(found: Checked, took: str, info: bool) -> str:
    findings = found.findings
    resources = sum(one.resources for one in found.applications)
    versions = ", ".join(found.kubernetes)
    counts = [
        f"{number} {severity}{'s' if number != 1 else ''}"
        for severity in Severity
        if (number := _count(findings, severity)) and severity is not Severity.INFO
    ]
    unsure = sum(finding.undetermined for finding in findings)
    verdict = ", ".join(counts) or "no findings"
    notes = _count(findings, Severity.INFO)
    if notes:
        hidden = any(not _matters(finding) for finding in findings) and not info
        verdict += f", {notes} info" + (" (shown with --info)" if hidden else "")
    if unsure:
        verdict += f", {unsure} undetermined"
    shown = sum(one.state != "external" for one in found.applications)
    text = (
        f"{shown} applications, {resources} resources, "
        f"Argo CD {found.argocd}, Kubernetes {versions}: {verdict} ({took})"
    )
    return "\n".join(textwrap.wrap(text, _width(), break_on_hyphens=False)) + "\n"


def _count(findings: Sequence[Finding], severity: Severity) -> int:
    return sum(finding.severity == severity for finding in findings)


def _width() -> int:
    return max(60, min(shutil.get_terminal_size((100, 24)).columns, 120))


def _colour(text: str, severity: Severity) -> str:
    return click.style(text, fg=_COLOURS[severity], bold=True) if sys.stdout.isatty() else text
