"""A file of a source cannot be read, so Argo CD renders nothing of the Application.

Bad:

    kind: ConfigMap
    >>>>>>> a marker that a merge left behind

Good:

    kind: ConfigMap
    metadata: {name: settings}
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "ARG039"
NAME = "manifest-unreadable"
SEVERITY = Severity.ERROR
KINDS = ("manifest-unreadable",)
