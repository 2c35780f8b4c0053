"""A route of Alertmanager names a receiver that does not exist.

Alertmanager refuses the whole configuration and goes on with the old one. Looked at are the files that presync.yaml
names under `alertmanager:`, configurations in ConfigMaps, Secrets and the templates of SealedSecrets, and
AlertmanagerConfigs.

Bad:

    route: {receiver: slack-critcal}
    receivers:
      - name: slack-critical

Good:

    route: {receiver: slack-critical}
    receivers:
      - name: slack-critical
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from presync.base.finding import Severity
from presync.observability.alertmanager import Config, configs, walk
from presync.platform.model import Platform
from presync.rules.model import Match, Path

ID = "OBS008"
NAME = "receiver-missing"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """Every such route, and every file that is no configuration."""
    for config in configs(platform):
        if not config.data.get("route"):
            if config.resource is None:
                yield place(config, "is not there, or holds no configuration of Alertmanager", "", ())
            continue
        for route in walk(config.root()):
            if not route.receiver:
                yield place(config, "the first route has no receiver", "Give it a receiver.", route.path)
            elif route.named and route.receiver not in config.receivers:
                there = ", ".join(sorted(config.receivers)) or "none"
                message = f"there is no receiver {route.receiver}"
                match = place(config, message, f"Receivers there are: {there}.", (*route.path, "receiver"))
                yield replace(match, quote=f"receiver: {route.receiver}")


def place(config: Config, message: str, remedy: str, path: Path) -> Match:
    """A match where the configuration stands."""
    if config.resource is None:
        message = f"{config.location.file}: {message}"
        return Match(message, remedy, location=config.location, field=".".join(str(step) for step in path), key=message)
    inside = path if config.path == ("spec",) else config.path  # the rest is inside of a text
    return Match(message, remedy, config.entry, config.resource, inside, key=message)
