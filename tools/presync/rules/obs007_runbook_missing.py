"""The runbook of an alert is a page of this repository that does not exist.

Bad:

    # docs/runbooks/RedisDwn.md is not in the repository
    runbook_url: https://git.example.com/mlops/feature-platform/src/branch/main/docs/runbooks/RedisDwn.md

Good:

    runbook_url: https://git.example.com/mlops/feature-platform/src/branch/main/docs/runbooks/RedisDown.md
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from presync.base.finding import Severity
from presync.observability.rulegroups import rules
from presync.platform.model import Platform
from presync.platform.validation.access import obj
from presync.rules.model import Match
from presync.tree.repository import canonical_url

ID = "OBS007"
NAME = "runbook-missing"
SEVERITY = Severity.WARNING
# A page of a file, as Gitea, GitHub, GitLab and Bitbucket have it.
_PAGE = re.compile(r"(https?://.+?)/(?:-/)?(?:src/branch|src|blob|raw|tree)/[^/]+/([^?#]+)(?:[?#].*)?")


def check(platform: Platform) -> Iterator[Match]:
    """Every link into the repository without a file."""
    urls = platform.settings.repository or getattr(platform.repository, "remotes", ())
    known = {canonical_url(url) for url in urls}
    for rule in rules(platform):
        for name in ("runbook_url", "runbook"):
            url = obj(rule.data, "annotations").get(name)
            match = _PAGE.fullmatch(url) if isinstance(url, str) and "{{" not in url else None
            if match and canonical_url(match[1]) in known and not platform.tree.is_file(match[2]):
                yield Match(
                    f"the runbook of {rule.alert} does not exist: {match[2]}",
                    f"Write {match[2]}, or correct the link.",
                    rule.entry,
                    rule.resource,
                    # Where the link is made of the alert's name, that name is what somebody changed.
                    (*rule.path, "alert")
                    if rule.alert and rule.alert in match[2]
                    else (*rule.path, "annotations", name),
                    cause=f"runbook {match[2]}",
                )
