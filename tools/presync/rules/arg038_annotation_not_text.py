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

from presync.base.finding import Severity

ID = "ARG038"
NAME = "annotation-not-text"
SEVERITY = Severity.ERROR
KINDS = ("annotation-not-text",)
