"""What other programs read: SARIF, JUnit, annotations of GitHub and GitLab."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import jsonschema_rs
import pytest

from presync.base.finding import Finding, Location, Place, Severity
from presync.report.annotations import as_github, as_gitlab
from presync.report.junit import as_junit
from presync.report.sarif import as_sarif

BROKEN = Finding(
    "REF001",
    "configmap-missing",
    Severity.ERROR,
    "ConfigMap a: 100 % <missing>, \x00 & \U0001f600\nsecond line",
    "Add it.",
    "web-dev",
    "dev",
    "Deployment.apps web-dev/web",
    "spec.template",
    Location("envs/dev/web/a b.yaml", 3, 5),
    places=(Place("web-prod", "prod", "Deployment.apps web-prod/web", "spec", Location("envs/prod/web.yaml", 4)),),
)
UNSURE = Finding("ARG032", "source-unavailable", Severity.ERROR, "not here", application="other", undetermined=True)
NOTE = Finding("HLM004", "chart-version-range", Severity.INFO, "a range", location=Location("apps/dev.yaml"))
ALL = [BROKEN, UNSURE, NOTE]

LOCATION = {
    "type": "object",
    "required": ["physicalLocation"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "integer", "minimum": 0},
        "physicalLocation": {
            "type": "object",
            "required": ["artifactLocation"],
            "additionalProperties": False,
            "properties": {
                "artifactLocation": {
                    "type": "object",
                    "required": ["uri"],
                    "properties": {
                        "uri": {"type": "string", "format": "uri-reference"},
                        "uriBaseId": {"type": "string"},
                    },
                },
                "region": {
                    "type": "object",
                    "required": ["startLine"],
                    "additionalProperties": False,
                    "properties": {
                        "startLine": {"type": "integer", "minimum": 1},
                        "startColumn": {"type": "integer", "minimum": 1},
                    },
                },
            },
        },
        "logicalLocations": {"type": "array"},
    },
}
# What the standard says of the parts that are used.
SARIF = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "items": {
                "required": ["tool", "results"],
                "properties": {
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "invocations": {"items": {"required": ["executionSuccessful"]}},
                    "results": {
                        "items": {
                            "required": ["message"],
                            "properties": {
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "ruleIndex": {"type": "integer", "minimum": 0},
                                "locations": {"items": LOCATION},
                                "relatedLocations": {"items": LOCATION},
                                "partialFingerprints": {"additionalProperties": {"type": "string"}},
                            },
                        }
                    },
                },
            }
        },
    },
}


def test_sarif() -> None:
    document = json.loads(as_sarif(ALL))
    jsonschema_rs.validate(SARIF, document)
    run = document["runs"][0]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["ARG032", "HLM004", "REF001"]
    first = run["results"][0]
    assert run["tool"]["driver"]["rules"][first["ruleIndex"]]["id"] == first["ruleId"] == "REF001"
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "envs/dev/web/a%20b.yaml"
    assert place["region"] == {"startLine": 3, "startColumn": 5}
    assert first["relatedLocations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "envs/prod/web.yaml"
    assert first["partialFingerprints"] == {"presync/v1": BROKEN.fingerprint}
    assert run["invocations"] == [{"executionSuccessful": False}]
    assert run["results"][2]["level"] == "note"


@pytest.mark.skipif(
    not os.environ.get("SARIF_SCHEMA"), reason="NOT COMPARED WITH THE STANDARD'S SCHEMA: set SARIF_SCHEMA"
)
def test_sarif_against_the_standard() -> None:
    schema = json.loads(Path(os.environ["SARIF_SCHEMA"]).read_text())
    jsonschema_rs.validate(schema, json.loads(as_sarif(ALL)))
    jsonschema_rs.validate(schema, json.loads(as_sarif([])))


def test_junit() -> None:
    entries: Any = [SimpleNamespace(name="web-dev"), SimpleNamespace(name="clean-dev")]
    root = ElementTree.fromstring(as_junit(entries, ALL, 1.5).encode())  # noqa: S314 - our own output
    assert dict(root.attrib) == {"name": "presync", "tests": "4", "failures": "1", "errors": "1", "time": "1.500"}
    cases = {(suite.get("name"), one.get("name")): [child.tag for child in one] for suite in root for one in suite}
    assert cases == {
        ("clean-dev", "no findings"): [],
        ("other", "ARG032 source-unavailable"): ["error"],
        ("repository", "HLM004 chart-version-range"): ["system-out"],
        ("web-dev", "REF001 configmap-missing Deployment.apps web-dev/web spec.template"): ["failure"],
    }
    failure = root.find("./testsuite[@name='web-dev']/testcase/failure")
    assert failure is not None and failure.text is not None
    assert "envs/dev/web/a b.yaml:3:5" in failure.text and "Add it." in failure.text


def test_github() -> None:
    lines = as_github(ALL).splitlines()
    assert lines[0].startswith("::error file=envs/dev/web/a b.yaml,line=3,col=5,title=REF001 configmap-missing::")
    assert "100 %25 <missing>" in lines[0] and "%0Asecond line%0AAdd it." in lines[0]
    assert lines[2] == "::notice file=apps/dev.yaml,title=HLM004 chart-version-range::a range"
    assert len(lines) == 3


def test_github_cannot_be_given_a_command_of_its_own() -> None:
    text = as_github(
        [Finding("X", "y", Severity.ERROR, "a\n::set-env name=x::y", location=Location("a,line=9.yaml", 1))]
    )
    assert text.count("\n") == 1
    assert "file=a%2Cline=9.yaml" in text


def test_gitlab() -> None:
    issues = json.loads(as_gitlab(ALL))
    assert issues[0]["location"] == {"path": "envs/dev/web/a b.yaml", "lines": {"begin": 3}}
    assert issues[0]["severity"] == "critical"
    assert len({issue["fingerprint"] for issue in issues}) == 3
    assert json.loads(as_gitlab([])) == []
