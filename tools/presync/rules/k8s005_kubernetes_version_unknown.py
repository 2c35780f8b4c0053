"""presync has no schemas of a configured Kubernetes version.

Objects are not checked for that version. The versions there are come with the package kubernetes-validate.

Bad:

    kubernetes: ["1.20"]

Good:

    kubernetes: ["1.36"]
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.platform.schemas.kubernetes import available
from presync.rules.model import Match
from presync.settings import place

ID = "K8S005"
NAME = "kubernetes-version-unknown"
SEVERITY = Severity.ERROR
UNDETERMINED = True


def check(platform: Platform) -> Iterator[Match]:
    """Each configured version."""
    for at, version in enumerate(platform.settings.kubernetes):
        if version not in available():
            yield Match(
                f"presync has no schemas of Kubernetes {version}, so nothing is checked for it",
                f"Versions there are: {available()[0]} to {available()[-1]}.",
                location=place(platform.tree, "kubernetes", at),
                key=version,
                quote=f'"{version}"',
            )
