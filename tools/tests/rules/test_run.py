"""Running all rules: nothing is lost, nothing is told twice, nothing brings the run down."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from presync.base.finding import Location, Severity
from presync.platform.model import Platform
from presync.rules import run as module
from presync.rules.model import Match, Rule, dotted
from presync.rules.registry import registry
from presync.rules.run import problems, run

from .support import platform


def test_a_rule_that_breaks_is_told_and_the_others_still_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def check(_: Platform) -> Iterator[Match]:
        raise KeyError("oops")
        yield

    broken = Rule("ARG999", "broken", Severity.ERROR, False, (), "Broken.", check)
    monkeypatch.setattr(module, "registry", lambda: (*registry(), broken))
    found = run(platform({"links": {"a": "/b"}}))
    assert {one.rule for one in found} == {"ARG023", "PRE000"}
    [internal] = [one for one in found if one.rule == "PRE000"]
    assert "rule ARG999 broken failed" in internal.message and "KeyError" in internal.message
    assert internal.undetermined and "test_run.py" in internal.message


def test_what_was_reported_before_is_told_without_the_rules_too() -> None:
    case = {"links": {"a": "/b"}, "problems": [{"kind": "generator-empty"}, {"kind": "unheard-of"}]}
    assert [one.rule for one in run(platform(case), kinds_only=True)] == ["ARG002", "PRE000"]


def test_one_problem_in_two_places_is_one() -> None:
    one = {"kind": "values-schema", "message": "got string", "application": "app-dev"}
    case = {"problems": [one], "applications": [{"problems": [one], "error": "values don't meet"}]}
    assert len(list(problems(platform(case)))) == 1


def test_a_finding_without_a_line_points_to_its_application() -> None:
    [finding] = run(platform({"applications": [{"error": "need x"}]}))
    assert finding.location == Location("apps/app.yaml", 1)
    assert (finding.application, finding.environment) == ("app-dev", "dev")


def test_the_locator_is_asked_for_the_field() -> None:
    asked = []

    def locate(_, match):  # type: ignore[no-untyped-def]
        asked.append((match.entry.name, str(match.resource), tuple(match.path)))
        return Location("values.yaml", 7)

    case = {"resources": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: A}\n"}
    [finding] = run(platform(case), locate)
    assert asked == [("app-dev", "ConfigMap app-dev/A", ("metadata", "name"))]
    assert finding.location == Location("values.yaml", 7)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("spec", "containers", 0, "env"), "spec.containers[0].env"),
        (("metadata", "labels", "app.kubernetes.io/name"), "metadata.labels[app.kubernetes.io/name]"),
        (("data", "repo.py"), "data[repo.py]"),
        (("spec", "x-y_z"), "spec.x-y_z"),
        ((), ""),
    ],
)
def test_dotted(path: tuple[str | int, ...], text: str) -> None:
    assert dotted(path) == text


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"kind": "Deployment", "apiVersion": "apps/v1", "metadata": {"name": "a"}, "spec": "x"},
        {"kind": "Pod", "apiVersion": "v1", "metadata": "x", "spec": {"containers": "x", "volumes": [1, None]}},
        {"kind": "Service", "apiVersion": "v1", "metadata": {"name": 5, "labels": ["x"]}, "spec": {"ports": {"a": 1}}},
        {
            "kind": "Ingress",
            "apiVersion": "networking.k8s.io/v1",
            "metadata": None,
            "spec": {"rules": [[], "x"], "tls": 1},
        },
        {"kind": "Secret", "apiVersion": "v1", "metadata": {"name": "a"}, "data": [1], "stringData": "x"},
        {
            "kind": "CustomResourceDefinition",
            "apiVersion": "apiextensions.k8s.io/v1",
            "spec": {"versions": {}, "names": 1},
        },
        {"kind": "Widget", "apiVersion": 7, "metadata": {"annotations": {"a": [1]}}},
        {"kind": ["x"], "apiVersion": {"a": 1}},
        {"kind": "SealedSecret", "apiVersion": "bitnami.com/v1alpha1", "spec": {"encryptedData": 5, "template": []}},
        {"kind": "ServiceMonitor", "apiVersion": "monitoring.coreos.com/v1", "spec": {"selector": 1, "endpoints": "x"}},
        {"kind": "CronJob", "apiVersion": "batch/v1", "spec": {"schedule": 5, "jobTemplate": {"spec": []}}},
        {
            "kind": "HorizontalPodAutoscaler",
            "apiVersion": "autoscaling/v2",
            "spec": {"scaleTargetRef": [], "metrics": [7]},
        },
    ],
)
def test_an_object_of_any_shape_breaks_no_rule(data: dict[str, object]) -> None:
    assert [one.message for one in run(platform({"resources": [data]})) if one.rule == "PRE000"] == []
