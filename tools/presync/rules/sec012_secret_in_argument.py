"""An argument of a container holds a secret as plain text.

It stands in git, in the manifest, and in the list of processes of the node. Judged are flags whose name says that they
hold a password, token or key, also within a shell's command. The value is not shown.

Bad:

    args: ["--password=hunter2"]

Good:

    args: ["--password=$(PASSWORD)"]
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.platform.references.edges import pod_texts
from presync.rules.credentials import is_secret, shown
from presync.rules.model import Match
from presync.rules.pods import pods

ID = "SEC012"
NAME = "secret-in-argument"
SEVERITY = Severity.ERROR

_REMEDY = "Take it from a Secret: a variable with secretKeyRef, and $(NAME) here. Change it: git keeps the old one."
_FLAG = re.compile(
    r"(?<![\w-])--?(?P<name>[A-Za-z][\w.-]*)(?:=|[ \t]+)(?P<quote>[\"']?)(?P<value>[^\s\"';|&]+)(?P=quote)"
)


def check(platform: Platform) -> Iterator[Match]:
    """Every flag with its value, in one argument or two."""
    for pod in pods(platform):
        for path, name, value in pod_texts(pod.spec):
            if path[-1] == "value":
                continue
            found = [(name, value)] if not re.search(r"\s", value) else []
            found += [(match["name"], match["value"]) for match in _FLAG.finditer(value)]
            for flag, secret in found:
                if not secret.startswith("-") and is_secret(flag, secret):
                    message = f"the flag {flag} has a secret ({shown(secret)}) as plain text"
                    cause = f"{flag} {secret}"
                    yield Match(message, _REMEDY, pod.entry, pod.resource, path, key=flag, cause=cause)
                    break
