"""A private key is in the repository.

Whoever can read the repository can use it. A certificate file for `presync seal` must hold the certificate alone.

Bad:

    # envs/prod/sealed-secrets.pem
    -----BEGIN PRIVATE KEY-----

Good:

    # envs/prod/sealed-secrets.pem
    -----BEGIN CERTIFICATE-----
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from presync.base.finding import Location, Severity
from presync.platform.model import Platform
from presync.rules.model import Match
from presync.tree import TreeError

ID = "SEC002"
NAME = "private-key"
SEVERITY = Severity.ERROR

_FILES = (".pem", ".key", ".crt", ".cer", ".pub", ".yaml", ".yml", ".json", ".txt", ".env", "id_rsa", "id_ed25519")
_KEY = re.compile(rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----\s+[A-Za-z0-9+/]{16}")


def check(platform: Platform) -> Iterator[Match]:
    """Files whose names promise keys, certificates or manifests."""
    for path in platform.tree.paths:
        if not path.endswith(_FILES) or platform.settings.excludes(path):
            continue
        try:
            content = platform.tree.read(path)
        except TreeError:
            continue  # a link that leaves the tree, or a file too large for a key; both are told elsewhere
        found = _KEY.search(content)
        if found:
            yield Match(
                f"{path} holds a private key",
                "Take it out and make a new one: git keeps the old one.",
                location=Location(path, content.count(b"\n", 0, found.start()) + 1),
                key=path,
            )
