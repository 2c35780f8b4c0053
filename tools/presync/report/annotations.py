"""What CI systems show beside the changed line: GitHub's workflow commands, GitLab's code quality report."""

from __future__ import annotations

import json
from collections.abc import Sequence

from presync.base.finding import Finding, Severity
from presync.report.places import headline

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.INFO: "info"}


def as_github(findings: Sequence[Finding]) -> str:
    """``::error file=…::`` lines
    (https://docs.github.com/actions/reference/workflow-commands-for-github-actions)."""
    lines = []
    for finding in findings:
        place = finding.location
        properties = {
            "file": place.file,
            "line": str(place.line or ""),
            "col": str(place.column or ""),
            "title": f"{finding.rule} {finding.name}",
        }
        given = ",".join(f"{key}={_property(value)}" for key, value in properties.items() if value)
        text = "\n".join(part for part in (headline(finding), finding.message, finding.remedy) if part)
        lines.append(f"::{_COMMANDS[finding.severity]} {given}::{_data(text)}\n")
    return "".join(lines)


def as_gitlab(findings: Sequence[Finding]) -> str:
    """A code quality report (https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format)."""
    issues = [
        {
            "description": f"{headline(finding)}: {finding.message}".removeprefix(": "),
            "check_name": f"{finding.rule} {finding.name}",
            "fingerprint": finding.fingerprint,
            "severity": _SEVERITIES[finding.severity],
            "location": {
                "path": finding.location.file or "presync.yaml",
                "lines": {"begin": finding.location.line or 1},
            },
        }
        for finding in findings
    ]
    return json.dumps(issues, indent=2, ensure_ascii=False) + "\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
