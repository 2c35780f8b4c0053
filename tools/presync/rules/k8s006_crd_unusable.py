"""The schema in a CRD is not a schema, so objects of its kind cannot be checked.

The API server would refuse the CRD, or accept objects nobody wants.

Bad:

    pattern: "^[a-z"

Good:

    pattern: "^[a-z]+$"
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from presync.base.finding import Location, Severity
from presync.platform.model import Platform
from presync.rules.kubernetes import missing, results
from presync.rules.model import Match

ID = "K8S006"
NAME = "crd-unusable"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """One finding for all objects of a kind, at the CRD where that is in the tree."""
    broken = results(platform).broken
    for one, match in zip(broken, missing(broken), strict=True):
        file, _, line = one.origin.partition(":")
        if platform.tree.is_file(file):
            place = Location(file, int(line.partition(":")[0] or 0))
            name = str(one.resource)
            yield replace(match, resource=None, resource_name=name, path=(), location=place, quote=one.quote)
        else:
            yield match
