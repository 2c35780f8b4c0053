"""The transforms once more, in plain pandas: one key and one window after the other, as the definitions read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def features(
    frames: Mapping[str, pd.DataFrame], spec: Mapping[str, Any], as_of: datetime, time: str
) -> list[dict[str, Any]]:
    """A row per key: keys, then features; sorted by key."""
    moment = pd.Timestamp(as_of).tz_convert("UTC")
    keys = [entity["name"] for entity in spec["entities"]]
    longest = max(_window(feature["transform"]) for feature in spec["features"])
    ready = {
        source: _ready(frame, keys, moment, longest, time=time, ties=_ties(spec, source))
        for source, frame in frames.items()
    }
    found = sorted({key for frame in ready.values() for key in frame["key"]})
    rows = []
    for key in found:
        row = dict(zip(keys, key, strict=True))
        for feature in spec["features"]:
            frame = ready[feature["source"]]
            mine = frame[
                np.array([own == key for own in frame["key"]], dtype=bool)
                & (frame["at"] > moment - _window(feature["transform"]))
            ]
            function, column = feature["transform"].split(")")[0].split("(")
            row[feature["name"]] = _value(function, mine, column, feature["dtype"])
        rows.append(row)
    return rows


def _window(transform: str) -> timedelta:
    text = transform.split("window(")[1][:-1]
    return timedelta(**{UNITS[text[-1]]: int(text[:-1])})


def _ties(spec: Mapping[str, Any], source: str) -> dict[str, bool]:
    """Columns that decide between equally late duplicates: whether only their presence does."""
    only: dict[str, bool] = {}
    for feature in spec["features"]:
        if feature["source"] == source:
            function, column = feature["transform"].split(")")[0].split("(")
            only[column] = only.get(column, True) and function == "count"
    return dict(sorted(only.items()))


def _ready(
    frame: pd.DataFrame, keys: list[str], moment: pd.Timestamp, longest: timedelta, *, time: str, ties: dict[str, bool]
) -> pd.DataFrame:
    # Columns of objects: pandas would make None a NaN, and an integer beside it a float.
    frame = pd.DataFrame({name: pd.Series([_plain(value) for value in frame[name]], dtype=object) for name in frame})
    frame["at"] = pd.to_datetime(frame[time], utc=True)
    frame = frame[(frame["at"] > moment - longest) & (frame["at"] <= moment)]
    keyed = [all(key not in (None, "") for key in row) for row in frame[keys].itertuples(index=False)]
    frame = frame[np.array(keyed, dtype=bool)].copy()
    frame["key"] = [tuple(row) for row in frame[keys].itertuples(index=False)]
    if "event_id" in frame and len(frame):
        best: dict[Any, Any] = {}
        for place, (index, row) in enumerate(frame.iterrows()):
            name = ("none", place) if row["event_id"] is None else ("id", row["event_id"])
            values = [_rank(row[column], only) for column, only in ties.items()]
            rank = (row["at"], [row[key] for key in keys], values)
            if name not in best or rank > best[name][0]:
                best[name] = (rank, index)
        frame = frame.loc[sorted(index for _, index in best.values())]
    return frame


def _plain(value: Any) -> Any:
    if value is None or value is pd.NaT or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value


def _rank(value: Any, only: bool) -> tuple[Any, ...]:
    return (False,) if value is None else (True,) if only else (True, value)


def _value(function: str, frame: pd.DataFrame, column: str, dtype: str) -> Any:
    there = frame[np.array([value is not None for value in frame[column]], dtype=bool)]
    values = list(there[column])
    if function == "count":
        return len(values)
    if function == "count_distinct":
        return len(set(values))
    if not values:
        return None
    if function == "last":
        ties = [""] * len(there) if "event_id" not in there else [name or "" for name in there["event_id"]]
        return max(zip(there["at"], ties, values, strict=True))[2]
    numbers = np.array(values, dtype=np.float64) if function in ("avg", "stddev") else None
    made: Any = {
        "sum": lambda: sum(values) if dtype.startswith("int") else math.fsum(values),
        "avg": lambda: float(np.mean(numbers)),
        "stddev": lambda: float(np.std(numbers, ddof=1)) if len(values) > 1 else None,
        "min": lambda: min(values),
        "max": lambda: max(values),
    }[function]()
    return float(np.float32(made)) if dtype == "float" and made is not None else made
