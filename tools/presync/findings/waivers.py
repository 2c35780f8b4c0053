"""Waivers: what somebody decided to live with, until a date."""

from __future__ import annotations

import datetime
import difflib
import fnmatch
from collections.abc import Iterable, Mapping
from typing import Any

from presync.base.finding import Finding
from presync.platform.model import Platform
from presync.rules.registry import registry
from presync.settings import place

EXPIRED, UNUSED = "PRE001", "PRE002"
_CONDITIONS = ("application", "environment", "resource", "field", "file")


def apply(
    platform: Platform, findings: Iterable[Finding], today: datetime.date, report_unused: bool = True
) -> list[Finding]:
    """The findings that no waiver covers, and one for each waiver that is expired or covers nothing.

    A waiver holds on its last day. One that is expired covers nothing any more and is reported all the same.
    """
    waivers = platform.settings.waivers
    # What a rule finds about a change is there for as long as the change is under review.
    changes = {rule.id for rule in registry() if rule.change is not None}
    valid = [at for at, waiver in enumerate(waivers) if today <= _until(waiver)]
    used: set[int] = set()
    kept = []
    for finding in findings:
        covering = [at for at in valid if covers(waivers[at], finding)]
        used.update(covering)
        if not covering:
            kept.append(finding)
    for at, waiver in enumerate(waivers):
        if at not in valid:
            kept.append(_about(platform, EXPIRED, at, f"the waiver of {_what(waiver)} expired on {waiver['until']}"))
        elif at not in used and report_unused and waiver["rule"] not in changes:
            kept.append(
                _about(platform, UNUSED, at, f"the waiver of {_what(waiver)} waives nothing", _odd(platform, waiver))
            )
    return kept


def covers(waiver: Mapping[str, Any], finding: Finding) -> bool:
    """Whether the rule is the same and every condition fits; conditions are globs over what the finding shows."""
    if waiver["rule"] != finding.rule:
        return False
    shown = {
        "application": finding.application,
        "environment": finding.environment,
        "resource": finding.resource,
        "field": finding.field,
        "file": finding.location.file,
    }
    return all(
        shown[name] == waiver[name] or fnmatch.fnmatchcase(shown[name], waiver[name])
        for name in _CONDITIONS
        if name in waiver
    )


def _until(waiver: Mapping[str, Any]) -> datetime.date:
    try:
        return datetime.date.fromisoformat(str(waiver["until"]))
    except ValueError:
        return datetime.date.min  # 2026-02-30 has the form of a date and is none: never valid


def _what(waiver: Mapping[str, Any]) -> str:
    places = ", ".join(f"{name} {waiver[name]}" for name in _CONDITIONS if name in waiver)
    return f"{waiver['rule']}{f' for {places}' if places else ''}"


_REMEDIES = {
    EXPIRED: "Correct what it waives and remove it, or decide again and set a new date.",
    UNUSED: "Remove it, or correct its conditions.",
}


def _odd(platform: Platform, waiver: Mapping[str, Any]) -> str:
    """What of it cannot fit anything: a rule, or an environment, that there is not."""
    environments = [one.name for one in platform.settings.environments] + list(platform.environments)
    for what, name, known in (
        ("rule", waiver["rule"], [rule.id for rule in registry()]),
        ("environment", waiver.get("environment", "*"), environments or ["*"]),
    ):
        if not fnmatch.filter(known, name):
            close = difflib.get_close_matches(name, known, 1, 0.6)
            return f"There is no {what} {name}" + (f"; did you mean {close[0]}?" if close else ".")
    return ""


def _about(platform: Platform, rule_id: str, at: int, message: str, odd: str = "") -> Finding:
    rule = next(rule for rule in registry() if rule.id == rule_id)
    return Finding(
        rule=rule.id,
        name=rule.name,
        severity=rule.severity,
        message=message,
        remedy=odd or _REMEDIES[rule_id],
        field=f"waivers[{at}]",
        location=place(platform.tree, "waivers", at),
        key=message,
    )
