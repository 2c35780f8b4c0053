"""The schemas of Kubernetes itself."""

from __future__ import annotations

import pytest

from presync.platform.schemas.kubernetes import Kubernetes, available, kubernetes
from presync.platform.schemas.refinements import OPTIONAL, REFINEMENTS, WANTED
from presync.platform.schemas.removed import absence


def test_versions() -> None:
    assert {"1.33", "1.35", "1.36"} <= set(available())
    assert list(available()) == sorted(available(), key=lambda one: int(one.split(".")[1]))
    assert kubernetes("1.1") is None


@pytest.mark.parametrize("table", [REFINEMENTS, OPTIONAL, WANTED], ids=["refinements", "optional", "wanted"])
def test_tables_speak_of_fields_there_are(table: dict[str, object]) -> None:
    """In some version; a typing error in a table would go unnoticed for ever."""
    versions = [Kubernetes(version) for version in (available()[0], available()[-1])]
    for name, fields in table.items():
        for field in fields:  # type: ignore[attr-defined]
            assert any(field in one.definitions.get(name, {}).get("properties", {}) for one in versions), (name, field)


def test_groups_that_begin_alike_are_not_confused() -> None:
    known = Kubernetes("1.36")
    assert known.validator(("networking.k8s.io", "v1", "Ingress"), False) is not None
    assert known.validator(("networking.istio.io", "v1", "Ingress"), False) is None
    assert known.validator(("", "v1", "DeleteOptions"), False) is None
    assert known.validator(("", "v1", "PodList"), False) is None


@pytest.mark.parametrize(
    ("version", "kind", "reason", "remedy"),
    [
        ("1.36", ("extensions", "v1beta1", "Deployment"), "removed in Kubernetes 1.16", "Use apps/v1."),
        (
            "1.36",
            ("networking.k8s.io", "v1beta1", "Ingress"),
            "removed in Kubernetes 1.22",
            "Use networking.k8s.io/v1.",
        ),
        ("1.36", ("batch", "v1beta1", "CronJob"), "removed in Kubernetes 1.25", "Use batch/v1."),
        (
            "1.36",
            ("autoscaling", "v2beta2", "HorizontalPodAutoscaler"),
            "removed in Kubernetes 1.26",
            "Use autoscaling/v2.",
        ),
        ("1.36", ("flowcontrol.apiserver.k8s.io", "v1beta3", "FlowSchema"), "removed in Kubernetes 1.32", "/v1."),
        ("1.36", ("policy", "v1beta1", "PodSecurityPolicy"), "removed in Kubernetes 1.25", "Pod Security"),
        (
            "1.33",
            ("resource.k8s.io", "v1", "DeviceClass"),
            "from Kubernetes 1.34 on only",
            "Use resource.k8s.io/v1beta",
        ),
        ("1.36", ("apps", "v1", "Deploymnet"), "no matches for kind", "Did you mean Deployment?"),
        ("1.36", ("", "v2", "Pod"), 'no matches for kind "Pod" in version "v2"', "Use v1."),
    ],
)
def test_absence(version: str, kind: tuple[str, str, str], reason: str, remedy: str) -> None:
    found = absence(Kubernetes(version), kind)
    assert reason in found.reason and remedy in found.remedy
