"""A chart's version is a range, so Argo CD takes the newest there is, whenever that is published.

What is checked here is not what will run, and a revert does not bring back what ran before.

Bad:

    targetRevision: 1.*

Good:

    targetRevision: 1.2.3
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "HLM004"
NAME = "chart-version-range"
SEVERITY = Severity.WARNING
KINDS = ("chart-version-range",)
