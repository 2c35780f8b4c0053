"""What the API server says to an Application that stands in a manifest."""

from __future__ import annotations

from collections.abc import Iterator

from presync.argocd.appset.gotypes import Path, dotted, struct, unknown, violations, without_nulls
from presync.argocd.appset.lines import Lines
from presync.argocd.context import Context
from presync.argocd.model import Manifest
from presync.base.finding import Problem

_SPEC = struct("ApplicationSpec")
_PATH: Path = ("spec",)


def refusals(manifest: Manifest, context: Context) -> Iterator[Problem]:
    """Why the API server does not take the Application: a field of the wrong type, one that is missing or unknown.

    Unknown fields are refused because `kubectl apply` and Argo CD ask for it; where that is switched off the field is
    dropped, so the Application is shown without it.
    """
    lines = Lines(manifest, context)
    for path, message in _faults(manifest, context.settings.argocd):
        yield Problem(
            "application-invalid",
            f"Application {manifest.name} is refused: {message}",
            "Correct the field, or quote the value where text is wanted.",
            application=manifest.name,
            resource=f"Application/{manifest.name}",
            field=dotted(path),
            location=lines.at(path),
        )


def _faults(manifest: Manifest, version: str) -> Iterator[tuple[Path, str]]:
    spec = without_nulls(manifest.data.get("spec"))
    if spec is None:
        yield _PATH, "spec: Required value"
        return
    for found in violations(_SPEC, spec, _PATH):
        yield found.path, found.message
    for path in unknown(_SPEC, spec, _PATH, version):
        yield path, f'unknown field "{dotted(path)}"'
