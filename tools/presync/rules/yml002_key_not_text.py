"""A key is written in a way that Go's YAML reader takes for something else than its text.

`on:`, `no:`, `y:` are truth values and become the keys `true` and `false`; `0x10:` becomes `16`.

Bad:

    labels:
      on: "yes"

Good:

    labels:
      "on": "yes"
"""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from presync.base import goyaml
from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.rules.model import Match, dotted
from presync.rules.yaml_files import files, pairs, place

ID = "YML002"
NAME = "key-not-text"
SEVERITY = Severity.WARNING


def check(platform: Platform) -> Iterator[Match]:
    """Every plain key whose meaning is not its text."""
    for file in files(platform):
        for node in file.nodes:
            for path, key, _ in pairs(node):
                if not isinstance(key, yaml.ScalarNode) or key.style or key.value == "<<":
                    continue
                meant = goyaml.key_text(key)
                if meant is not None and meant != key.value:
                    yield Match(
                        f'the key {key.value} is read as "{meant}"',
                        f'Put it in quotes: "{key.value}".',
                        file.entry,
                        location=place(file, key),
                        field=dotted(path),
                        key=f"{file.path} {dotted(path)}",
                    )
