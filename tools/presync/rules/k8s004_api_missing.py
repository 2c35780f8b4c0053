"""A cluster of the configured version does not serve this API.

Removed from Kubernetes, not there yet, never there, or a version that the CRD does not serve. Argo CD cannot sync
the object.

Bad:

    apiVersion: policy/v1beta1
    kind: PodDisruptionBudget

Good:

    apiVersion: policy/v1
    kind: PodDisruptionBudget
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.rules.kubernetes import missing, results
from presync.rules.model import Match

ID = "K8S004"
NAME = "api-missing"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """One finding for all objects of a kind."""
    yield from missing(results(platform).absent)
