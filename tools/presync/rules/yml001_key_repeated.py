"""A mapping has the same key twice.

Go's YAML reader, and so Helm and Argo CD, take the last one and say nothing: what stands under the first is lost.

Bad:

    resources:
      limits: {memory: 1Gi}
    resources:
      requests: {cpu: 100m}

Good:

    resources:
      limits: {memory: 1Gi}
      requests: {cpu: 100m}
"""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.rules.model import Match, dotted
from presync.rules.yaml_files import files, pairs, place

ID = "YML001"
NAME = "key-repeated"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """Every key that stands a second time in its mapping."""
    for file in files(platform):
        for node in file.nodes:
            seen: dict[tuple[str | int, ...], yaml.Node] = {}
            for path, key, _ in pairs(node):
                first = seen.setdefault(path, key)
                if first is key or key.value == "<<":
                    continue
                yield Match(
                    f"{dotted(path)} stands here and in line {first.start_mark.line + 1}; only the last one counts",
                    "Keep one of them, with what both hold.",
                    file.entry,
                    location=place(file, key),
                    field=dotted(path),
                    key=f"{file.path} {dotted(path)}",
                )
