"""Asking presync, in this process."""

from __future__ import annotations

from pathlib import Path

from parity import normalise
from parity.model import Outcome
from presync.engine import Engine
from presync.findings.collect import collect
from presync.platform.load import load
from presync.platform.model import Entry, Platform
from presync.tree import open_repository


def replay(folder: Path, engine: Engine) -> Outcome:
    """What presync makes of a tree."""
    return outcome_of(load(open_repository(folder), engine))


def outcome_of(platform: Platform) -> Outcome:
    """A platform in the form in which it is compared."""
    outcome = Outcome()
    for entry in platform.entries:
        _entry(entry, outcome)
    for expansion in platform.expansions:
        name = expansion.manifest.name
        partly = [
            problem.message.removeprefix(f"ApplicationSet {name}: ")
            for problem in expansion.problems
            if problem.kind == "application-not-created"
        ]
        text = expansion.error or "\n".join(partly)
        if text:
            outcome.sets[name] = text
        unknown = [one.message for one in expansion.problems if one.kind == "applicationset-unknown-field"]
        if unknown:
            outcome.refused[f"ApplicationSet.{name}"] = "\n".join(unknown)
    for problem in platform.problems:
        if problem.kind == "application-invalid":
            key = f"Application.{problem.application}"
            outcome.refused[key] = f"{outcome.refused.get(key, '')}{problem.message}\n"
    for finding in collect(platform):
        outcome.rules.setdefault(finding.application, set()).add(finding.rule)
    return outcome


def _entry(entry: Entry, outcome: Outcome) -> None:
    name, rendered = entry.name, entry.rendered
    outcome.applications[name] = normalise.application(entry.application.raw)
    if rendered.unavailable:
        outcome.undetermined[name] = rendered.unavailable
    elif rendered.error:
        outcome.errors[name] = rendered.error
    else:
        namespace = entry.application.destination.namespace
        outcome.rendered[name] = normalise.manifests([one.data for one in rendered.resources], namespace)
    if entry.denials:
        outcome.denied[name] = "\n".join(problem.message for problem in entry.denials)
