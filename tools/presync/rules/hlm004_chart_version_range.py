"""A chart's version is a range, so Argo CD takes the newest there is, whenever that is published.

What is checked here is not what will run, and a revert does not bring back what ran before.

Bad:

    targetRevision: 1.*

Good:

    targetRevision: 1.2.3
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.rules.model import Match

ID = "HLM004"
NAME = "chart-version-range"
SEVERITY = Severity.WARNING
KINDS = ("chart-version-range",)
# What Argo CD takes for one version and not for a range: https://github.com/Masterminds/semver, NewVersion
_EXACT = re.compile(r"v?[0-9]+(?:\.[0-9]+){0,2}(?:[-+][0-9A-Za-z.+-]+)?$")


def check(platform: Platform) -> Iterator[Match]:
    """Charts that are not rendered on purpose; of the others the range is seen when the version is looked up."""
    for entry in platform.entries:
        for source in entry.application.sources if entry.rendered.external else ():
            if source.chart and source.target_revision and not _EXACT.match(source.target_revision):
                yield Match(
                    f"targetRevision {source.target_revision!r} of {source.chart} is a range; Argo CD takes the newest",
                    "Write one version.",
                    entry,
                    location=entry.application.origin.location,
                    field="spec.source.targetRevision",
                    quote=f"targetRevision: {source.target_revision}",
                )
