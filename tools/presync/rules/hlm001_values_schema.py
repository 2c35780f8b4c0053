"""Values do not fit the chart's values.schema.json.

Helm refuses to render. The field is a path in the values; the place is the file that sets it.

Bad:

    replicas: "2"

Good:

    replicas: 2
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "HLM001"
NAME = "values-schema"
SEVERITY = Severity.ERROR
KINDS = ("values-schema",)
