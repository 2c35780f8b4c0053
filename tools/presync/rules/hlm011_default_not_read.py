"""A chart of this repository offers a value that none of its templates reads.

Whoever sets it waits for an effect that does not come.

Bad:

    # values.yaml; no template mentions it
    kubeVersionOverride: ""

Good:

    # every key of values.yaml is used in templates/
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.rules.model import Match, dotted
from presync.rules.values import unread

ID = "HLM011"
NAME = "default-not-read"
SEVERITY = Severity.WARNING


def check(platform: Platform) -> Iterator[Match]:
    """Every key of a chart's own values.yaml that does nothing."""
    for use, path, _ in unread(platform, defaults=True):
        yield Match(
            f"values.yaml offers {dotted(path)}, which no template reads",
            "Remove it, or use it in a template.",
            use.entry,
            location=use.locate(path),
            field=dotted(path),
            key=f"{use.file} {dotted(path)}",
        )
