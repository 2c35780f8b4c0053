"""presync failed itself: an earlier step reported something no rule knows, or a rule broke.

The finding says what; nothing is lost silently. It is a fault of presync and worth a report.

Bad:

    # a rule raises an exception on an odd manifest

Good:

    # every kind of problem has its rule
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "PRE000"
NAME = "internal"
SEVERITY = Severity.ERROR
UNDETERMINED = True
