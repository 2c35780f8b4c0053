"""What ``presync check`` found, without what it was found in: all that its reports need, small enough to keep."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from presync.base.finding import Finding, Location, Place, Severity

if TYPE_CHECKING:  # what was kept is read without the rest
    from presync.platform.model import Entry, Platform


@dataclass(frozen=True, slots=True)
class CheckedApplication:
    """One Application and how its render ended: ``rendered``, ``denied``, ``external``, ``unavailable``, ``failed``."""

    name: str
    environment: str
    project: str
    resources: int
    state: str
    external: str = ""  # why it is rendered elsewhere


@dataclass(frozen=True, slots=True)
class Checked:
    """Everything to be said about a platform."""

    argocd: str
    kubernetes: tuple[str, ...]
    environments: tuple[str, ...]
    applications: tuple[CheckedApplication, ...]
    findings: tuple[Finding, ...]


def checked(platform: Platform, findings: Sequence[Finding]) -> Checked:
    """The findings and what a reader needs beside them."""
    return Checked(
        platform.settings.argocd,
        tuple(platform.settings.kubernetes),
        platform.environments,
        tuple(map(_application, platform.entries)),
        tuple(findings),
    )


def _application(entry: Entry) -> CheckedApplication:
    rendered = entry.rendered
    return CheckedApplication(
        entry.name,
        entry.environment,
        entry.application.project,
        len(rendered.resources),
        _state(entry),
        rendered.external,
    )


def _state(entry: Entry) -> str:
    rendered = entry.rendered
    if rendered.error:
        return "failed"
    if rendered.external:
        return "external"
    if rendered.unavailable:
        return "unavailable"
    return "denied" if entry.denials else "rendered"


def to_json(found: Checked) -> str:
    """As it is kept; :func:`from_json` reads it."""
    return json.dumps(asdict(found))


def from_json(data: str) -> Checked:
    """What :func:`to_json` wrote."""
    found = json.loads(data)
    return Checked(
        found["argocd"],
        tuple(found["kubernetes"]),
        tuple(found["environments"]),
        tuple(CheckedApplication(**one) for one in found["applications"]),
        tuple(map(_finding, found["findings"])),
    )


def _finding(data: Mapping[str, Any]) -> Finding:
    known = dict(data)
    severity, location, places = Severity(known.pop("severity")), known.pop("location"), known.pop("places")
    return Finding(
        **known,
        severity=severity,
        location=Location(**location),
        places=tuple(Place(**(place | {"location": Location(**place["location"])})) for place in places),
    )
