"""A value file sets a key to the value it has anyway, by the chart's default or by a layer below.

Nothing changes when the line is removed, and a later change of the default passes this environment by. Some teams write
such lines on purpose, to be safe from changes of a chart; so this is only good to know.

Bad:

    # charts/web/values.yaml has replicas: 1
    replicas: 1

Good:

    # nothing: one replica is the default
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.provenance.influence import MISSING
from presync.provenance.leaves import leaves
from presync.rules.model import Match, dotted
from presync.rules.values import Use, ours, uses

ID = "HLM012"
NAME = "value-repeated"
SEVERITY = Severity.INFO


def check(platform: Platform) -> Iterator[Match]:
    """Every value file with such keys; one finding for a file, however many Applications use it."""
    by_file: dict[str, list[Use]] = {}
    for use in uses(platform):
        if not use.scoped.default and ours(platform, use):
            by_file.setdefault(use.file, []).append(use)
    for file, using in by_file.items():
        for path, value in leaves(using[0].scoped.layer.data):
            if any(isinstance(step, int) for step in path) or value in ({}, []):
                continue  # a list replaces the one below as a whole; an empty mapping says nothing
            below = [use.before(path) for use in using]
            if all(type(one) is type(value) and one == value for one in below if one is not MISSING) and (
                MISSING not in below
            ):
                yield Match(
                    f"{dotted(path)} is {json.dumps(value, ensure_ascii=False)} without this line too",
                    "Remove it, unless it is meant to stay when the default changes.",
                    using[0].entry,
                    location=using[0].locate(path),
                    field=dotted(path),
                    key=f"{file} {dotted(path)}",
                    cause=file,
                )
