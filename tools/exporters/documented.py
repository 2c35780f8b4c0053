"""Names of programs that do not run here, from the sources or the documentation of the version that is named."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from exporters.cluster import module
from exporters.exposition import Families, Family
from exporters.tables import Read

_OPERATOR = re.compile(r'"(prometheus_operator_[a-z_]+)"')
_CERT_MANAGER = re.compile(
    r'New(Counter|Gauge|Summary|Histogram)(?:Vec|Func)?\(.*?Namespace:\s+(\w+|"[^"]*"),\s*'
    r'(?:Subsystem:\s+"([^"]*)",\s*)?Name:\s+"([a-z_]+)"',
    re.DOTALL,
)
_DESC = re.compile(r'NewDesc\(\s*"(certmanager_[a-z_]+)",\s*"[^"]*",\s*(?:nil|\[\]string\{(.*?)\})', re.DOTALL)
# Names have been renamed on the way; whoever runs the older one has the older names.
CERT_MANAGER_VERSIONS = ("v1.21.2", "v1.11.5")
OPERATOR_VERSION = "v0.93.1"


def cert_manager(folder: Path) -> Read:
    """From its sources: the newer version cannot be built from a published module."""
    found: Families = {}
    for version in CERT_MANAGER_VERSIONS:
        root = module("github.com/cert-manager/cert-manager", version)
        for file in sorted([*root.glob("pkg/metrics/*.go"), *root.glob("internal/collectors/*.go")]):
            text = "" if file.name.endswith("_test.go") else file.read_text("utf-8")
            for kind, _, subsystem, name in _CERT_MANAGER.findall(text):
                full = "_".join(filter(None, ("certmanager", subsystem, name)))
                found.setdefault(full, Family(kind.lower(), None))
            for name, labels in _DESC.findall(text):
                found[name] = Family("gauge", set(re.findall(r'"([a-z_]+)"', labels)), True)
    said = " and ".join(version.removeprefix("v") for version in CERT_MANAGER_VERSIONS)
    return Read(found, said, "documentation", "names in its sources; labels known in part")


def prometheus_operator(folder: Path) -> Read:
    """From its sources."""
    found: Families = {}
    root = module("github.com/prometheus-operator/prometheus-operator", OPERATOR_VERSION)
    for file in sorted(root.rglob("*.go")):
        if not file.name.endswith("_test.go") and "/test/" not in str(file):
            for name in _OPERATOR.findall(file.read_text("utf-8")):
                found[name] = Family("untyped", None)
    return Read(found, OPERATOR_VERSION.removeprefix("v"), "documentation", "names in its sources; labels not known")


def prefixes_only(note: str) -> Callable[[Path], Read]:
    """Nothing but the prefixes is known: its names are not judged."""
    return lambda _: Read({}, "any", "documentation", note)
