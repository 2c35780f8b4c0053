"""A git generator reads a repository or a revision that is not here.

presync reads one repository. A set that generates from another cannot be expanded, so its Applications are not
checked.

Bad:

    generators:
      - git:
          repoURL: https://git.example.com/other/repo.git

Good:

    # presync.yaml: the URL is this repository under another name
    repository:
      - https://git.example.com/other/repo.git
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "ARG004"
NAME = "generator-unavailable"
SEVERITY = Severity.ERROR
UNDETERMINED = True
KINDS = ("generator-unavailable",)
