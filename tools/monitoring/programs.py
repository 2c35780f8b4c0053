"""Which programs there are, and the Go module each of them comes from; built as those of the control plane are."""

from __future__ import annotations

from pathlib import Path

from controlplane.programs import Module

MODULES = Path(__file__).resolve().parent / "modules"
_OPERATOR = "github.com/prometheus-operator/prometheus-operator"
#: The release that bootstrap/operators installs.
OPERATOR = Module(
    "prometheus-operator",
    _OPERATOR,
    {name: f"{_OPERATOR}/cmd/{name}" for name in ("operator", "prometheus-config-reloader")},
    stamps={"github.com/prometheus/common/version.Version": "{number}"},
    files={"example/prometheus-operator-crd/*.yaml": "crds", "example/rbac/prometheus-operator/*.yaml": "rbac"},
    pins=MODULES,
)
KUBE_STATE_METRICS = Module(
    "kube-state-metrics",
    "k8s.io/kube-state-metrics/v2",
    {"kube-state-metrics": "k8s.io/kube-state-metrics/v2"},
    stamps={"github.com/prometheus/common/version.Version": "{number}"},
    pins=MODULES,
)
ALL = (OPERATOR, KUBE_STATE_METRICS)
