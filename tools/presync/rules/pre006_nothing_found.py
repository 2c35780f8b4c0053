"""No Application, no ApplicationSet: there is nothing to check.

A gate that looks at the wrong folder would pass for ever, so this is no pass.

Bad:

    presync -C docs check

Good:

    presync -C . check
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "PRE006"
NAME = "nothing-found"
SEVERITY = Severity.ERROR
UNDETERMINED = True
KINDS = ("nothing-found",)
