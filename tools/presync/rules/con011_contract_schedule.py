"""A schedule of the contract, and the time zone it is read in, do not hold for everyone.

`batchSchedule` is five fields of cron in the time zone of the environment. The pipeline takes its zone from
`MLOPS_TIME_ZONE`, the CronJob that materializes from `timeZone`: where these differ, one runs hours before or after the
other, and twice a year by another hour.

Bad:

    # airflow
    env:
      - {name: MLOPS_TIME_ZONE, value: Asia/Seoul}
    # CronJob feast-materialize
    spec: {schedule: "30 3 * * *"}

Good:

    spec: {schedule: "30 3 * * *", timeZone: Asia/Seoul}
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.contract.compatibility import Change, Level
from presync.contract.model import contracts
from presync.contract.parts import CONTRACT, Path, Reader, parts
from presync.contract.source import place
from presync.platform.model import Platform
from presync.platform.validation.access import obj, text
from presync.platform.validation.schedules import schedule, time_zone
from presync.rules.model import Match

ID = "CON011"
NAME = "contract-schedule"
SEVERITY = Severity.ERROR

_ZONE = "MLOPS_TIME_ZONE"
_CRON = ("spec", "timeZone")


def check(platform: Platform) -> Iterator[Match]:
    """The schedules of the sets, then the zones of each environment's readers."""
    yield from _schedules(platform)
    contract = parts(platform)
    for environment in {part.entry.environment: None for part in contract.parts}:
        readers = [reader for reader in contract.readers if reader.entry.environment == environment]
        zones = [(reader, zone, path) for reader in readers for zone, path in _zones(reader)]
        pipeline = next((zone for reader, zone, path in zones if path != _CRON), "")
        for reader, zone, path in zones:
            wrong = time_zone(zone) if path != _CRON else ""
            if wrong:
                message, remedy = f"{_ZONE} of {reader}: {wrong}", "Write a name of the time zone database."
            elif pipeline and zone != pipeline:
                shown = zone or "none, which is UTC on most clusters"
                message = f"the time zone of {reader} is {shown}, and the pipeline runs by {pipeline}"
                remedy = "Take both from global.timeZone."
            else:
                continue
            cause = f"{reader.entry.name} {zone}"
            key = "timeZone" if path == _CRON else _ZONE
            yield Match(message, remedy, reader.entry, reader.resource, path, cause=cause, key=key)


def _schedules(platform: Platform) -> Iterator[Match]:
    known = contracts(platform)
    told: set[str] = set()
    for part in parts(platform).with_file(CONTRACT):
        contract = known.get(part.entry.environment)
        for name, one in contract.sets.items() if contract and part.entry.environment not in told else ():
            wrong = schedule(one.schedule)
            if wrong:
                message = f"batchSchedule of {name} ({one.schedule!r}) is no schedule: {wrong}"
                remedy = "Write five fields of cron, such as 0 2 * * *."
                at = place(platform.tree, part.entry, Change(Level.BREAKING, name, "", "", key="batchSchedule"))
                path = ("data", CONTRACT)
                yield Match(message, remedy, part.entry, part.resource, path, location=at, key=name)
        told.add(part.entry.environment)


def _zones(reader: Reader) -> Iterator[tuple[str, Path]]:
    for container in reader.containers:
        if _ZONE in container.variables:
            yield container.variables[_ZONE], (*container.variable(_ZONE)[:-1], "value")
    if reader.resource.kind == "CronJob":
        yield text(obj(reader.resource.data, "spec"), "timeZone"), _CRON
