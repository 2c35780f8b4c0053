"""Which programs there are, and the Go module they come from; built as those of the control plane are."""

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


_GATEKEEPER = "github.com/open-policy-agent/gatekeeper/v3"
#: The webhook and the audit are one program; gator is its library on the command line.
GATEKEEPER = Program(
    "gatekeeper",
    _GATEKEEPER,
    {"gatekeeper": _GATEKEEPER, "gator": f"{_GATEKEEPER}/cmd/gator"},
    stamps={f"{_GATEKEEPER}/pkg/version.Version": "{version}"},
    files={"deploy/gatekeeper.yaml": "deploy"},
)
ALL = (GATEKEEPER,)
