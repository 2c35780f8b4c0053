"""Two Helm parameters set one key, one inside the other, and Argo CD applies parameters in random order.

The output changes from one refresh to the next.

Bad:

    parameters:
      - {name: resources, value: "null"}
      - {name: resources.limits.cpu, value: "1"}

Good:

    valuesObject:
      resources: {limits: {cpu: "1"}}
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "HLM006"
NAME = "parameter-order"
SEVERITY = Severity.WARNING
KINDS = ("parameter-order",)
