"""A value file is an address in the network.

presync reads this repository only, and what an address gives can change without a commit.

Bad:

    valueFiles:
      - https://example.com/values.yaml

Good:

    valueFiles:
      - values-prod.yaml
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "HLM007"
NAME = "value-file-remote"
SEVERITY = Severity.ERROR
UNDETERMINED = True
KINDS = ("value-file-remote",)
