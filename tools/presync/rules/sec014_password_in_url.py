"""A URL has a password in it as plain text.

Such URLs end up in logs and error messages too. Looked at is every text that is rendered, other than Secrets. A
password that is filled in later, or plainly an example, is fine. The value is not shown.

Bad:

    value: postgresql://feast:hunter2@db.feast-dev.svc:5432/feast

Good:

    value: postgresql://feast:$(DB_PASSWORD)@db.feast-dev.svc:5432/feast
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.rules.credentials import shown, url_passwords
from presync.rules.model import Match
from presync.rules.texts import SECRETS, rendered

ID = "SEC014"
NAME = "password-in-url"
SEVERITY = Severity.ERROR

_REMEDY = "Take the password from a Secret and put the URL together in the container. Change it: git keeps the old one."
_COMMENT = re.compile(r"^\s*(?:#|;|//).*$", re.MULTILINE)


def check(platform: Platform) -> Iterator[Match]:
    """Every text, without the comments of a file."""
    for one in rendered(platform):
        if "://" not in one.value or "@" not in one.value or one.resource.kind in SECRETS:
            continue
        for password in dict.fromkeys(url_passwords(_COMMENT.sub("", one.value))):
            message = f"a URL holds a password ({shown(password)}) as plain text"
            cause = f"{one.value} {password}"  # the same URL in many Pods
            yield Match(message, _REMEDY, one.entry, one.resource, one.path, key=shown(password), cause=cause)
