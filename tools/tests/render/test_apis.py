"""What clusters serve."""

from __future__ import annotations

import json
from importlib import resources

import pytest

from presync.render import apis
from tests.render.support import application

VERSIONS = ("1.33", "1.34", "1.35", "1.36", "1.37")


@pytest.mark.parametrize("version", VERSIONS)
def test_the_data_is_what_the_schemas_say(version: str) -> None:
    folder = resources.files("kubernetes_validate").joinpath("kubernetes-json-schema", f"v{version}.0-local")
    definitions = json.loads(folder.joinpath("_definitions.json").read_text("utf-8"))
    data = json.loads(resources.files("presync.render").joinpath("apis.json").read_text("utf-8"))
    assert data[version] == apis.derive(definitions["$defs"])


def test_as_argocd_passed_them_to_helm() -> None:
    """Recorded from Argo CD 3.5.7 on Kubernetes 1.36.1."""
    passed = apis.for_application("1.36", application(), ())
    assert len(passed) == RECORDED
    for one in (
        "v1",
        "v1/Pod",
        "apps/v1/Deployment",
        "policy/v1/PodDisruptionBudget",
        "argoproj.io/v1alpha1/AppProject",
    ):
        assert one in passed
    for one in ("v1/Binding", "v1/ComponentStatus", "storage.k8s.io/v1beta1", "authorization.k8s.io/v1"):
        assert one not in passed


RECORDED = 84


def test_a_version_that_is_not_known_is_answered_with_the_nearest() -> None:
    assert apis.served("1.20") == apis.served("1.33")
    assert apis.served("1.99") == apis.served("1.37")
    assert apis.served("v1.36.4") == apis.served("1.36")
