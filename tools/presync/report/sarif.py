"""SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/), as GitHub's code scanning reads it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import presync
from presync.base.finding import Finding, Location, Severity
from presync.report.places import headline, link
from presync.rules import documentation
from presync.rules.model import Rule
from presync.rules.registry import registry

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_NOWHERE = Location("presync.yaml")  # code scanning drops a result without a file


def as_sarif(findings: Sequence[Finding]) -> str:
    """One run; ``fingerprint`` keeps a finding the same when its line moves."""
    used = {finding.rule for finding in findings}
    rules = [rule for rule in registry() if rule.id in used]
    index = {rule.id: at for at, rule in enumerate(rules)}
    run = {
        "tool": {
            "driver": {
                "name": "presync",
                "semanticVersion": presync.__version__,
                "informationUri": link(),
                "rules": [_rule(rule) for rule in rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                # False: presync could not tell everything, so that no results means nothing.
                "executionSuccessful": not any(finding.undetermined for finding in findings)
            }
        ],
        "results": [_result(finding, index) for finding in findings],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": rule.name,
        "shortDescription": {"text": documentation.summary(rule)},
        "fullDescription": {"text": documentation.as_text(rule)},
        "helpUri": link(rule.id, rule.name),
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _result(finding: Finding, index: Mapping[str, int]) -> dict[str, Any]:
    text = finding.message if not finding.remedy else f"{finding.message}\n\n{finding.remedy}"
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{headline(finding)}: {text}" if headline(finding) else text},
        "locations": [_location(finding.location, finding.application, finding.resource, finding.field)],
        "partialFingerprints": {"presync/v1": finding.fingerprint},
        "properties": {
            "application": finding.application,
            "environment": finding.environment,
            "undetermined": finding.undetermined,
        },
    }
    if finding.rule in index:
        result["ruleIndex"] = index[finding.rule]
    if finding.places:
        result["relatedLocations"] = [
            {"id": number, **_location(place.location, place.application, place.resource, place.field)}
            for number, place in enumerate(finding.places, 1)
        ]
    return result


def _location(place: Location, application: str, resource: str, field: str) -> dict[str, Any]:
    place = place if place.file and "://" not in place.file else _NOWHERE
    physical: dict[str, Any] = {"artifactLocation": {"uri": quote(place.file), "uriBaseId": "%SRCROOT%"}}
    if place.line:
        physical["region"] = {"startLine": place.line} | ({"startColumn": place.column} if place.column else {})
    location: dict[str, Any] = {"physicalLocation": physical}
    name = "/".join(part for part in (application, resource, field) if part)
    if name:
        location["logicalLocations"] = [{"fullyQualifiedName": name}]
    return location
