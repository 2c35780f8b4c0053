"""A kustomization takes something from the network.

presync reads this repository only, and what an address gives can change without a commit.

Bad:

    resources:
      - https://github.com/example/app//deploy?ref=main

Good:

    resources:
      - ../vendor/app
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "ARG035"
NAME = "kustomize-remote"
SEVERITY = Severity.ERROR
UNDETERMINED = True
KINDS = ("kustomize-remote",)
