"""Two manifests or ApplicationSets claim one Application.

Argo CD lets one of them own it; which one depends on the order of things, and the other reports an error or
overwrites.

Bad:

    # apps/redis.yaml and an ApplicationSet that generates redis-dev as well
    kind: Application
    metadata: {name: redis-dev}

Good:

    # one place that makes redis-dev
    kind: Application
    metadata: {name: redis-dev}
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "ARG009"
NAME = "duplicate-application"
SEVERITY = Severity.ERROR
KINDS = ("duplicate-application",)
