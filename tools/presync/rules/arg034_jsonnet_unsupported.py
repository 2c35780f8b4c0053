"""A folder holds Jsonnet, and the library that evaluates it is not installed.

It comes with the Python package jsonnet, which presync depends on.

Bad:

    pip install presync --no-deps

Good:

    make check
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "ARG034"
NAME = "jsonnet-unsupported"
SEVERITY = Severity.ERROR
UNDETERMINED = True
KINDS = ("jsonnet-unsupported",)
