"""A source from another repository follows a branch, or HEAD.

What runs changes without a commit here, so neither review nor revert of this repository decides about it. In an
environment called prod this is a warning, and for what belongs to none and so serves prod too; elsewhere it is only
good to know.

Bad:

    repoURL: https://git.example.com/other/charts.git
    targetRevision: main

Good:

    repoURL: https://git.example.com/other/charts.git
    targetRevision: v1.4.2
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.rules.model import Match
from presync.tree.repository import canonical_url

ID = "ARG059"
NAME = "revision-moves"
SEVERITY = Severity.WARNING
_FIXED = re.compile(
    r"v?[0-9]+(?:\.[0-9]+)*(?:[-+.][0-9A-Za-z.+-]+)?$|[0-9a-f]{7,64}$|refs/tags/|.*[-_/]v?[0-9]+\.[0-9]+"
)
_PRODUCTION = re.compile(r"(?i)prod|live")


def check(platform: Platform) -> Iterator[Match]:
    """Every git source of another repository."""
    own = {canonical_url(url) for url in platform.settings.repository} | set(_rendered(platform))
    for entry in platform.entries:
        if not entry.rendered.unavailable:
            continue  # what was rendered is this repository, whatever its URL: presync reads no other
        for source in entry.application.sources:
            revision = source.target_revision
            if source.chart or not source.repo_url or canonical_url(source.repo_url) in own:
                continue
            if source.repo_url.startswith("oci://") or (not own and not revision) or _FIXED.match(revision):
                continue
            environments = [entry.environment] if entry.environment else platform.environments
            production = any(_PRODUCTION.search(name) for name in environments)
            yield Match(
                f"{source.repo_url} follows {revision or 'HEAD'}, which moves",
                "Name a tag or a commit.",
                entry,
                location=entry.application.origin.location,
                severity=None if production else Severity.INFO,
                field="spec.source.targetRevision",
                cause=f"{source.repo_url} {revision}",
                quote=f"targetRevision: {revision}" if revision else "",
            )


def _rendered(platform: Platform) -> Iterator[str]:
    """What turned out to be this repository where the settings do not say it: presync reads no other."""
    for entry in platform.entries:
        if not entry.rendered.unavailable:
            yield from (canonical_url(source.repo_url) for source in entry.application.sources if not source.chart)
