"""An app runs in one environment only.

Often on purpose; otherwise what was tried in dev never reaches prod, or prod has something nobody could try before.
Told where most apps run in several environments: Applications are the same app when their names differ by the
environment's name alone.

Bad:

    envs/prod/feast/app.yaml
    # and no envs/dev/feast/app.yaml

Good:

    envs/dev/feast/app.yaml
    envs/prod/feast/app.yaml
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.apps import apps
from presync.platform.model import Platform
from presync.rules.model import Match

ID = "ENV003"
NAME = "app-in-one-environment"
SEVERITY = Severity.INFO


def check(platform: Platform) -> Iterator[Match]:
    """Every app with one Application, where that is the exception."""
    known = apps(platform)
    alone = {app: entries for app, entries in known.items() if len(entries) == 1}
    if len(known) - len(alone) <= len(alone):
        return
    for app, entries in alone.items():
        for environment, entry in entries.items():
            others = ", ".join(one for one in platform.environments if one != environment)
            yield Match(
                f"{app} runs in {environment}, and not in {others}",
                "Nothing to do if that is meant.",
                entry,
                location=entry.application.origin.place,
                key=app,
            )
