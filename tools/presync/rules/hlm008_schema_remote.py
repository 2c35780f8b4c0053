"""A values.schema.json refers to a schema in the network, which presync does not fetch.

Bad:

    {"$ref": "https://example.com/values.schema.json"}

Good:

    {"$ref": "#/$defs/resources"}
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "HLM008"
NAME = "schema-remote"
SEVERITY = Severity.ERROR
UNDETERMINED = True
KINDS = ("schema-remote",)
