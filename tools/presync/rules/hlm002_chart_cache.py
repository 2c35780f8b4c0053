"""A remote chart is not in the local cache, or is not the one the lock file names.

presync renders remote charts only from a cache that is locked by digest, so that a check needs no network and
nothing changes under it. `presync vendor` fills the cache.

Bad:

    source:
      repoURL: https://charts.example.com
      chart: redis
      targetRevision: 1.2.3  # never vendored

Good:

    presync vendor
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "HLM002"
NAME = "chart-cache"
SEVERITY = Severity.ERROR
UNDETERMINED = True
KINDS = ("chart-cache", "chart-not-vendored")
