"""A waiver in presync.yaml waives nothing.

The problem is gone, or the waiver never fitted it. A forgotten waiver would hide the next problem of its kind.

Bad:

    waivers:
      - rule: REF001
        application: redis-dev  # which has no such finding
        until: "2030-01-01"
        why: created by hand for now

Good:

    waivers: []
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "PRE002"
NAME = "waiver-unused"
SEVERITY = Severity.WARNING
