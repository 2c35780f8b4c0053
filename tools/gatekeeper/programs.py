"""Which programs there are, and the Go module they come from; built as those of the control plane are."""

from __future__ import annotations

from pathlib import Path

from controlplane.programs import Module

MODULES = Path(__file__).resolve().parent / "modules"
_GATEKEEPER = "github.com/open-policy-agent/gatekeeper/v3"
#: The webhook and the audit are one program; gator is its library on the command line.
GATEKEEPER = Module(
    "gatekeeper",
    _GATEKEEPER,
    {"gatekeeper": _GATEKEEPER, "gator": f"{_GATEKEEPER}/cmd/gator"},
    stamps={f"{_GATEKEEPER}/pkg/version.Version": "{version}"},
    files={"deploy/gatekeeper.yaml": "deploy"},
    pins=MODULES,
)
ALL = (GATEKEEPER,)
