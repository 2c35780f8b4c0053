"""Applications that render Applications go on without end.

An app of apps that renders itself under another name never settles. presync follows ten levels and stops.

Bad:

    # apps/ holds root.yaml, and root renders apps/ as root-2, which renders apps/ ...
    source: {path: apps}

Good:

    # root stands outside the folder it renders
    source: {path: apps}
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "ARG010"
NAME = "applications-too-deep"
SEVERITY = Severity.ERROR
UNDETERMINED = True
KINDS = ("applications-too-deep",)
