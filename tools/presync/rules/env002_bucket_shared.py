"""A bucket is used by several environments.

Raw data is often shared on purpose; what one environment writes and another reads, or both write, seldom is. A bucket
with the name of one environment in it is told as that environment's instead.

Bad:

    # envs/dev/globals.yaml and envs/prod/globals.yaml
    registryBucket: s3://mlops-feast

Good:

    # envs/dev/globals.yaml; prod has mlops-prod-feast
    registryBucket: s3://mlops-dev-feast
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.rules.environments import names
from presync.rules.model import Match

ID = "ENV002"
NAME = "bucket-shared"
SEVERITY = Severity.INFO


def check(platform: Platform) -> Iterator[Match]:
    """Every bucket that the output of two environments names, once."""
    known = names(platform)
    for bucket, using in known.buckets.items():
        if len(using) > 1 and bucket not in known.owned:
            one = list(using.values())[-1]
            yield Match(
                f"the bucket {bucket} is used by {' and '.join(using)}",
                "Give each environment a bucket of its own, or make sure that only one of them writes.",
                one.entry,
                one.resource,
                one.path,
                key=bucket,
            )
