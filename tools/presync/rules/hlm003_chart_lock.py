"""The lock file of vendored charts cannot be read.

Bad:

    # charts.lock.yaml with a conflict marker in it

Good:

    presync vendor
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "HLM003"
NAME = "chart-lock"
SEVERITY = Severity.ERROR
UNDETERMINED = True
KINDS = ("chart-lock",)
