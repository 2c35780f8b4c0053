"""A value file sets a key to null, which takes the chart's default away.

Helm removes the key, with everything below it. That is sometimes meant; written as an empty line (`resources:`) it
rarely is.

Bad:

    resources:

Good:

    resources:
      limits: {memory: 1Gi}
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.provenance.influence import MISSING
from presync.provenance.leaves import leaves
from presync.rules.model import Match, dotted
from presync.rules.values import Use, ours, uses

ID = "HLM014"
NAME = "default-deleted"
SEVERITY = Severity.INFO


def check(platform: Platform) -> Iterator[Match]:
    """Every null over a default; a warning where nothing but the key is written."""
    for use in uses(platform):
        if use.scoped.default or not ours(platform, use):
            continue
        for path, value in leaves(use.scoped.layer.data):
            if value is not None or use.before(path) in (MISSING, None):
                continue
            silent = not _written(use, path)
            yield Match(
                f"{dotted(path)} is null, which removes the chart's default"
                + (": nothing stands after the colon" if silent else ""),
                "Write {} or [] for nothing, or remove the key to keep the default."
                if silent
                else "Remove the line to keep the default.",
                use.entry,
                location=use.locate(path),
                severity=Severity.WARNING if silent else None,
                field=dotted(path),
                cause=f"{use.file} {dotted(path)}",
            )


def _written(use: Use, path: tuple[str | int, ...]) -> bool:
    """Whether the file says null (or ~) rather than nothing."""
    place = use.locate(path)
    line = use.scoped.layer.text.split("\n")[place.line - 1 - use.scoped.layer.shift] if place.line else ""
    rest = line[max(place.column - 1, 0) :].partition(":")[2].split("#")[0].strip()
    return bool(rest)
