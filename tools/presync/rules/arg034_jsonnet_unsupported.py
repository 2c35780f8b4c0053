"""A folder holds Jsonnet that presync cannot evaluate.

Bad:

    # app.jsonnet in the folder of a directory source

Good:

    # app.json, made from it and committed
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "ARG034"
NAME = "jsonnet-unsupported"
SEVERITY = Severity.ERROR
UNDETERMINED = True
KINDS = ("jsonnet-unsupported",)
