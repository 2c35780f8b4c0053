"""A file of a directory source cannot be read as a manifest.

Bad:

    # a file over the bound, or not UTF-8

Good:

    kind: ConfigMap
    metadata: {name: settings}
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "ARG039"
NAME = "manifest-unreadable"
SEVERITY = Severity.ERROR
UNDETERMINED = True
KINDS = ("manifest-unreadable",)
