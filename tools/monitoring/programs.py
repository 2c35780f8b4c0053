"""Which programs there are, and the Go module each of them comes from; built as those of the control plane are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from controlplane.programs import Module

MODULES = Path(__file__).resolve().parent / "modules"


@dataclass(frozen=True)
class Program(Module):
    """A module pinned in this package."""

    @property
    def folder(self) -> Path:
        """Where go.mod and go.sum are."""
        return MODULES / self.name


_OPERATOR = "github.com/prometheus-operator/prometheus-operator"
#: The release that bootstrap/operators installs.
OPERATOR = Program(
    "prometheus-operator",
    _OPERATOR,
    {name: f"{_OPERATOR}/cmd/{name}" for name in ("operator", "prometheus-config-reloader")},
    stamps={"github.com/prometheus/common/version.Version": "{number}"},
    files={"example/prometheus-operator-crd/*.yaml": "crds", "example/rbac/prometheus-operator/*.yaml": "rbac"},
)
KUBE_STATE_METRICS = Program(
    "kube-state-metrics",
    "k8s.io/kube-state-metrics/v2",
    {"kube-state-metrics": "k8s.io/kube-state-metrics/v2"},
    stamps={"github.com/prometheus/common/version.Version": "{number}"},
)
ALL = (OPERATOR, KUBE_STATE_METRICS)
