"""The repository has a symbolic link that leads out of it.

Argo CD refuses the whole repository, for every Application, because such a link could read files of the
repo-server.

Bad:

    envs/dev/values.yaml -> /etc/passwd

Good:

    envs/dev/values.yaml -> ../shared/values.yaml
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Location, Severity
from presync.platform.model import Platform
from presync.rules.model import Match

ID = "ARG023"
NAME = "symlink-escapes"
SEVERITY = Severity.ERROR
KINDS = ("symlink-escapes",)


def check(platform: Platform) -> Iterator[Match]:
    """The links of the tree under review."""
    for link in platform.tree.escaping_links:
        yield Match(
            f"{link} is a link that leaves the repository; Argo CD refuses to render anything of a repository with one",
            "Put a copy of the file in its place.",
            location=Location(link),
            key=link,
        )
