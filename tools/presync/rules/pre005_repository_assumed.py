"""presync guessed which URL means this repository.

Neither presync.yaml nor git's remotes name a URL that the manifests use, so the one whose paths exist here was
taken.

Bad:

    # no `repository:` in presync.yaml, and no remote

Good:

    repository:
      - https://git.example.com/mlops/feature-platform.git
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "PRE005"
NAME = "repository-assumed"
SEVERITY = Severity.INFO
KINDS = ("repository-assumed",)
