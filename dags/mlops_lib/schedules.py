"""Which DAGs the contract asks for, and which interval a run is for. Without Airflow."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, tzinfo

from mlops_lib.contract import Contract

_DAILY = re.compile(r"[0-9]+ [0-9]+ \* \* \*")


@dataclass(frozen=True)
class Pipeline:
    dag_id: str
    schedule: str
    feature_sets: tuple[str, ...]


def pipelines(contract: Contract, environment: str) -> list[Pipeline]:
    """One DAG for the time of day at which most sets are built, and one for each set with another schedule."""
    schedules = contract.schedules()
    daily = Counter(schedule for schedule in schedules.values() if _DAILY.fullmatch(schedule))
    found = []
    common = ""
    if daily:
        # Of equally many the earlier, so that the answer does not depend on the order of the sets.
        common = min(daily, key=lambda schedule: (-daily[schedule], _minutes(schedule)))
        together = tuple(name for name, schedule in schedules.items() if schedule == common)
        found.append(Pipeline(f"data_pipeline_daily_{environment}", common, together))
    for name, schedule in schedules.items():
        if schedule != common:
            found.append(Pipeline(f"data_pipeline_{name.replace('-', '_')}_{environment}", schedule, (name,)))
    return found


def last_interval(schedule: str, zone: tzinfo, moment: datetime) -> tuple[datetime, datetime]:
    """The last whole interval before a moment: for a run without a data interval (Airflow 3, no logical date)."""
    from croniter import croniter

    times = croniter(schedule, moment.astimezone(zone))
    end = times.get_prev(datetime)
    after = croniter(schedule, end).get_next(datetime)
    if after <= moment:
        end = after
    return croniter(schedule, end).get_prev(datetime), end


def _minutes(schedule: str) -> int:
    minute, hour = schedule.split()[:2]
    return int(hour) * 60 + int(minute)
