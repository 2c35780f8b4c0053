"""An ApplicationSet with Go templates goes on where a parameter is missing.

Without `missingkey=error` a key that is misspelt in one file becomes `<no value>` in a name, a path or a namespace, and
an Application of that name replaces the one that was meant.

Bad:

    spec:
      goTemplate: true

Good:

    spec:
      goTemplate: true
      goTemplateOptions: ["missingkey=error"]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.rules.model import Match

ID = "ARG060"
NAME = "missing-keys-allowed"
SEVERITY = Severity.WARNING


def check(platform: Platform) -> Iterator[Match]:
    """Every set with Go templates."""
    for expansion in platform.expansions:
        spec = expansion.manifest.data.get("spec")
        if not isinstance(spec, Mapping) or spec.get("goTemplate") is not True:
            continue
        options = spec.get("goTemplateOptions")
        if "missingkey=error" not in (options if isinstance(options, list) else ()):
            yield Match(
                "a missing parameter becomes <no value>",
                'Add goTemplateOptions: ["missingkey=error"].',
                location=expansion.manifest.location,
                resource_name=f"ApplicationSet {expansion.manifest.name}",
                field="spec.goTemplateOptions",
            )
