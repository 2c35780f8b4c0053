"""A source is not in this repository, so it is not rendered and not checked.

Another repository, or a revision that is not here (a shallow clone?). List the URL under `repository:` in
presync.yaml if it is this repository under another name, or under `externals:` if it is left out on purpose.

Bad:

    source:
      repoURL: https://git.example.com/other/team.git

Good:

    # presync.yaml
    externals:
      - repoURL: https://git.example.com/other/team.git
        why: belongs to another team
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "ARG032"
NAME = "source-unavailable"
SEVERITY = Severity.ERROR
UNDETERMINED = True
KINDS = ("source-unavailable",)
