"""Words that several reports share."""

from __future__ import annotations

from presync.base.finding import Finding

_DOCUMENTATION = "https://git.example.com/mlops/feature-platform/src/branch/main/docs/rules.md"


def headline(finding: Finding) -> str:
    """Which field of which object of which Application."""
    where = " ".join(part for part in (finding.application, finding.resource) if part)
    return f"{where} {finding.field}".strip()


def link(rule: str = "", name: str = "") -> str:
    """Where a rule is described; `presync explain` prints the same."""
    return f"{_DOCUMENTATION}#{rule.lower()}-{name}" if rule else _DOCUMENTATION
