"""An environment variable holds a secret as plain text.

It stands in git, in the manifest and in `kubectl describe`. Judged are variables whose name says that they hold a
password, token or key; references, placeholders, hashes and names of other things are fine. The value is not shown.

Bad:

    env:
      - {name: REDIS_PASSWORD, value: hunter2}

Good:

    env:
      - name: REDIS_PASSWORD
        valueFrom: {secretKeyRef: {name: redis-auth, key: password}}
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.platform.references.edges import pod_texts
from presync.rules.credentials import is_secret, shown
from presync.rules.model import Match
from presync.rules.pods import pods

ID = "SEC011"
NAME = "secret-in-variable"
SEVERITY = Severity.ERROR

_REMEDY = "Seal it (presync seal), take it from the Secret with secretKeyRef, and change it: git keeps the old one."


def check(platform: Platform) -> Iterator[Match]:
    """Every variable with a value of its own; the same one of many Pods is one finding."""
    for pod in pods(platform):
        for path, name, value in pod_texts(pod.spec):
            if path[-1] == "value" and is_secret(name, value):
                message = f"{name} holds a secret ({shown(value)}) as plain text"
                cause = f"{name} {value}"  # one list of variables is often that of many containers
                yield Match(message, _REMEDY, pod.entry, pod.resource, path, key=name, cause=cause)
