"""Something rendered holds the id of the commit, which is another one after the merge.

`$ARGOCD_APP_REVISION` in a parameter changes the output with every commit, also with one that touches nothing of
this Application. What presync shows was rendered with the current commit.

Bad:

    helm:
      parameters:
        - name: image.tag
          value: $ARGOCD_APP_REVISION

Good:

    helm:
      parameters:
        - name: image.tag
          value: "1.4.2"
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "ARG037"
NAME = "revision-dependent"
SEVERITY = Severity.INFO
KINDS = ("revision-dependent",)
