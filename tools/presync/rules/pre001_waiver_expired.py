"""A waiver in presync.yaml is past its date.

What it waived is reported again. A waiver is a debt with a date, not a switch.

Bad:

    waivers:
      - rule: K8S003
        until: "2020-01-01"
        why: the operator's CRD is not public yet

Good:

    waivers:
      - rule: K8S003
        until: "2030-01-01"
        why: the operator's CRD is not public yet
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "PRE001"
NAME = "waiver-expired"
SEVERITY = Severity.WARNING
