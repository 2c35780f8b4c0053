"""An annotation that is no text stops Argo CD from rendering the Application.

Argo CD writes its tracking annotation into every object and cannot read annotations of another type. YAML makes a
number or a bool of what is not quoted.

Bad:

    annotations:
      prometheus.io/scrape: true

Good:

    annotations:
      prometheus.io/scrape: "true"
"""

from __future__ import annotations

import re
from dataclasses import replace

from presync.base.finding import Problem, Severity
from presync.platform.model import Platform
from presync.rules.model import Match

ID = "ARG038"
NAME = "annotation-not-text"
SEVERITY = Severity.ERROR
KINDS = ("annotation-not-text",)
_KEY = re.compile(r'under key "([^"]+)"')


def refine(_: Platform, problem: Problem, match: Match) -> Match:
    """The line of the annotation itself, which Argo CD names in its error."""
    key = _KEY.search(problem.message)
    return replace(match, quote=key[1]) if key else match
