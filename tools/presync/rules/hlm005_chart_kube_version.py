"""A chart says that it is not made for one of the configured Kubernetes versions.

Helm refuses it for the version it is told; on a cluster of the other version the same chart fails.

Bad:

    # Chart.yaml, with Kubernetes 1.36 configured
    kubeVersion: "<1.30.0-0"

Good:

    kubeVersion: ">=1.33.0-0"
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "HLM005"
NAME = "chart-kube-version"
SEVERITY = Severity.WARNING
KINDS = ("chart-kube-version",)
