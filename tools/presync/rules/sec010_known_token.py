"""A token, webhook or key stands in the repository as it is.

Known by their form are access keys of AWS, tokens of GitHub, GitLab and Slack, webhooks of Slack, API keys of Google
and Stripe, JSON Web Tokens and private keys. All files are looked at, and all that is rendered; examples in their
makers' documentation are left out. Whoever reads the repository, or once read it, has it: make a new one.

Bad:

    slack_api_url: https://hooks.slack.com/services/T0.../B0.../...

Good:

    slack_api_url_file: /etc/alertmanager/secrets/slack-url
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Location, Severity
from presync.platform.model import Platform
from presync.rules.credentials import formats, shown
from presync.rules.model import Match
from presync.rules.texts import SECRETS, rendered
from presync.tree import TreeError

ID = "SEC010"
NAME = "known-token"
SEVERITY = Severity.ERROR

_REMEDY = "Revoke it, make a new one, and seal that (presync seal): git keeps the old one."
_MAX_BYTES = 2 * 1024 * 1024


def check(platform: Platform) -> Iterator[Match]:
    """The files first; in what is rendered only what stands in none of them."""
    seen: set[str] = set()
    for path in platform.tree.paths:
        if platform.settings.excludes(path):
            continue
        try:
            content = platform.tree.read(path)
        except TreeError:
            continue  # a link that leaves the tree, or a file too large for a manifest; both are told elsewhere
        if len(content) > _MAX_BYTES or b"\0" in content[:1024]:
            continue
        text = content.decode("utf-8", "replace")
        for what, match in formats(text):
            seen.add(match[0])
            if what != "private key":  # SEC002 finds those in files
                line = text.count("\n", 0, match.start()) + 1
                place = Location(path, line)
                yield Match(_message(what, match[0]), _REMEDY, location=place, key=f"{path} {what} {shown(match[0])}")
    for one in rendered(platform):
        if one.resource.kind not in SECRETS:
            for what, match in formats(one.value):
                if match[0] not in seen:
                    seen.add(match[0])
                    yield Match(_message(what, match[0]), _REMEDY, one.entry, one.resource, one.path, key=what)


def _message(what: str, value: str) -> str:
    value = value.removeprefix("hooks.slack.com/services/").removeprefix("-----BEGIN ")
    return f"{'an' if what[0] in 'aA' else 'a'} {what} ({shown(value)}) stands here as plain text"
