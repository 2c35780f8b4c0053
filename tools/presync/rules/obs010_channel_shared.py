"""Alerts of one environment go where those of another go.

Nobody can tell then which environment is broken, and noise of dev hides prod. Compared are the addresses of all
receivers; one with the name of another environment in it counts too.

Bad:

    # the configurations of dev and prod both have
    slack_configs: [{channel: "#alerts"}]

Good:

    # dev; prod has #alerts-prod
    slack_configs: [{channel: "#alerts-dev"}]
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from presync.base.finding import Severity
from presync.observability.alertmanager import Config, configs
from presync.platform.model import Platform
from presync.rules.model import Match
from presync.rules.obs008_receiver_missing import place

ID = "OBS010"
NAME = "channel-shared"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """Every address in two environments, once."""
    environments = {*platform.environments, *(one.environment for one in configs(platform))} - {""}
    seen: dict[str, Config] = {}
    for config in configs(platform):
        for receiver in config.receivers:
            for address in config.addresses(receiver):
                foreign = next((one for one in environments - {config.environment} if _names(address, one)), "")
                astray = config.environment and foreign and not _names(address, config.environment)
                first = config if astray else seen.setdefault(address, config)
                if astray:
                    message = f"receiver {receiver} of {config.environment} sends to {foreign}: {address}"
                elif config.environment and first.environment and first.environment != config.environment:
                    message = (
                        f"receiver {receiver} of {config.environment} sends where {first.environment} sends: {address}"
                    )
                else:
                    continue
                match = place(config, message, "Give every environment channels of its own.", config.path)
                yield replace(match, quote=address.rpartition(" ")[2])


def _names(address: str, environment: str) -> bool:
    return re.search(rf"(?<![a-z0-9]){re.escape(environment)}(?![a-z0-9])", address, re.IGNORECASE) is not None
