"""The project does not permit the repository of a source.

A `*` in sourceRepos does not match a slash, `**` does; `.git` at the end does not matter. Without any sourceRepos
everything is refused.

Bad:

    sourceRepos:
      - https://git.example.com/*

Good:

    sourceRepos:
      - https://git.example.com/mlops/*
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "ARG014"
NAME = "project-source-denied"
SEVERITY = Severity.ERROR
KINDS = ("project-source-denied",)
