"""A value file sets a key that no template of the chart reads.

Helm says nothing: the setting has no effect, and whoever wrote it believes that it has. A file that several
Applications use is judged by all of them.

Bad:

    # the chart reads ingress.hostname
    ingress:
      hostName: web.example.com

Good:

    ingress:
      hostname: web.example.com
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.rules.model import Match, dotted
from presync.rules.values import unread

ID = "HLM010"
NAME = "value-not-read"
SEVERITY = Severity.WARNING


def check(platform: Platform) -> Iterator[Match]:
    """Every key of a value file that does nothing."""
    for use, path, likely in unread(platform, defaults=False):
        yield Match(
            f"no template reads {dotted(path)}; it has no effect",
            f"Did you mean {likely}?" if likely else "Remove it, or look for the key in the chart's values.yaml.",
            use.entry,
            location=use.locate(path),
            field=dotted(path),
            key=f"{use.file} {dotted(path)}",
        )
