"""The final list: order, exit status, one finding per cause, lines."""

from __future__ import annotations

import datetime

import pytest

from presync.base.finding import Finding, Location, Place, Severity
from presync.findings.collect import collect, ordered
from presync.findings.merge import merge
from presync.findings.verdict import status
from tests.rules.support import platform

TODAY = datetime.date(2026, 11, 22)
ERROR, WARNING, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO


def finding(rule: str = "K8S001", severity: Severity = ERROR, message: str = "m", **more: object) -> Finding:
    return Finding(rule, "name", severity, message, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("findings", "code"),
    [
        ([], 0),
        ([finding(severity=INFO)], 0),
        ([finding(severity=WARNING)], 1),
        ([finding(), finding(severity=WARNING)], 1),
        ([finding(), finding(undetermined=True)], 2),
        ([finding(severity=WARNING, undetermined=True)], 2),
    ],
)
def test_status(findings: list[Finding], code: int) -> None:
    assert status(findings) == code


def test_order() -> None:
    found = ordered(
        [
            finding("K8S002", WARNING, application="a"),
            finding("K8S001", ERROR, application="b-prod", environment="prod"),
            finding("K8S001", ERROR, application="b-dev", environment="dev"),
            finding("ARG001", ERROR, application="b-dev", environment="dev"),
            finding("ARG001", ERROR),
        ],
        ["dev", "prod"],
    )
    assert [(one.severity, one.environment, one.rule) for one in found] == [
        (ERROR, "dev", "ARG001"),
        (ERROR, "dev", "K8S001"),
        (ERROR, "prod", "K8S001"),
        (ERROR, "", "ARG001"),
        (WARNING, "", "K8S002"),
    ]


def test_one_cause_is_one_finding_with_the_worst_severity() -> None:
    parts = [
        finding(severity=WARNING, cause="c", application="a", field="x"),
        finding(severity=ERROR, cause="c", application="b", field="y", undetermined=True),
        finding(severity=ERROR, cause="c", application="b", field="y"),
        finding(cause="c", application="c", environment="prod"),
        finding(cause="d", application="a"),
    ]
    first, second, third = merge(parts)
    assert (first.severity, first.application, first.undetermined) == (ERROR, "b", True)
    assert first.places == (Place("a", "", "", "x", Location()),)
    assert first.concerns({"a"}) and first.concerns({"b"}) and not first.concerns({"c"})
    assert (second.environment, third.places) == ("prod", ())


def test_the_same_line_is_the_same_cause() -> None:
    line = Location("templates/a.yaml", 3)
    one = finding(resource="Deployment a/x", location=line, application="a")
    other = finding(resource="Deployment b/y", location=line, application="b")
    elsewhere = finding(resource="Deployment b/y", location=Location("templates/b.yaml"), application="b")
    service = finding(resource="Service b/y", location=line, application="b")
    assert [len(one.places) for one in merge([one, other, elsewhere, service, one])] == [1, 0, 0]


def test_the_number_in_a_list_makes_no_other_cause() -> None:
    line = Location("envs/dev/values.yaml", 3)
    found = [
        finding(resource="Deployment a/x", location=place, field=f"spec.volumes[{at}].name")
        for place in (line, Location("envs/dev/values.yaml"))
        for at in range(2)
    ]
    assert [len(one.places) for one in merge(found)] == [1, 0, 0]  # without a line nobody knows that it is one


def test_findings_without_a_file_are_not_thrown_together() -> None:
    assert len(merge([finding(resource="Pod a", application="a"), finding(resource="Pod b", application="b")])) == 2


def test_fingerprint_survives_a_new_line() -> None:
    assert finding(location=Location("a", 1)).fingerprint == finding(location=Location("a", 9)).fingerprint
    assert finding(field="a").fingerprint != finding(field="b").fingerprint


MANIFESTS = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: first
---
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  containers:
    - name: a
      image: "a:1"
      env:
        - name: PORT
          value: 8080
  automountServiceAccountToken: false
"""


def test_a_plain_manifest_gives_the_line_of_the_field() -> None:
    case = {
        "application": {"file": "apps/all.yaml", "chart": ""},
        "resources": MANIFESTS,
        "files": {"apps/all.yaml": MANIFESTS},
    }
    [found] = collect(platform(case), today=TODAY)
    assert (found.field, str(found.location)) == ("spec.containers[0].env[0].value", "apps/all.yaml:16:11")


def test_an_item_of_a_list_gives_its_line() -> None:
    text = "kind: List\napiVersion: v1\nitems:\n  - apiVersion: v1\n    kind: ConfigMap\n    metadata:\n      name: A\n"
    data = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "A"}}
    case = {"application": {"file": "a.yaml", "chart": ""}, "resources": [data], "files": {"a.yaml": text}}
    [found] = collect(platform(case), today=TODAY)
    assert str(found.location) == "a.yaml:7:7"


@pytest.mark.parametrize(
    "files",
    [{}, {"apps/all.yaml": "{{ template }}"}, {"apps/all.yaml": MANIFESTS.replace("8080", "8081")}],
)
def test_what_is_not_the_manifest_gives_the_file(files: dict[str, str]) -> None:
    case = {"application": {"file": "apps/all.yaml", "chart": ""}, "resources": MANIFESTS, "files": files}
    [found] = collect(platform(case), today=TODAY)
    assert found.location == Location("apps/all.yaml")


def test_a_template_gives_the_file() -> None:
    [found] = collect(platform({"resources": MANIFESTS, "files": {"templates/all.yaml": MANIFESTS}}), today=TODAY)
    assert found.location == Location("templates/all.yaml")
