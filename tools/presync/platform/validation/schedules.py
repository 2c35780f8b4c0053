"""Cron schedules and time zones of CronJobs, as https://github.com/robfig/cron reads them."""

from __future__ import annotations

import re
import zoneinfo
from functools import cache, lru_cache

_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day of month", 1, 31), ("month", 1, 12), ("day of week", 0, 6))
_MONTHS = {name: at for at, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}  # noqa: SIM905
_DAYS = {name: at for at, name in enumerate("sun mon tue wed thu fri sat".split())}  # noqa: SIM905
_DESCRIPTORS = frozenset({"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"})
_EVERY = re.compile(r"@every (?:[0-9]+(?:\.[0-9]+)?(?:ns|us|µs|ms|s|m|h))+")


@lru_cache(maxsize=512)
def schedule(text: str) -> str:
    """What is wrong with a schedule, or nothing."""
    if not text.strip():
        return "empty spec string"
    if "TZ" in text:
        return "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"
    if text.startswith("@"):
        known = text in _DESCRIPTORS or _EVERY.fullmatch(text)
        return "" if known else f"unrecognized descriptor: {text}"
    fields = text.split()
    if len(fields) != len(_FIELDS):
        return f"expected exactly 5 fields, found {len(fields)}: [{' '.join(fields)}]"
    for value, (name, low, high) in zip(fields, _FIELDS, strict=True):
        words = _MONTHS if name == "month" else _DAYS if name == "day of week" else {}
        for part in value.split(","):
            wrong = _part(part, low, high, words)
            if wrong:
                return f"{name}: {wrong}"
    return ""


def _part(part: str, low: int, high: int, words: dict[str, int]) -> str:
    """One of the parts between commas: ``*``, ``7``, ``1-5``, any of them with ``/2``."""
    span, slash, step = part.partition("/")
    if slash and (not step.isdigit() or int(step) == 0):
        return f"step of range should be a positive number: {part}"
    if span in ("*", "?"):
        return ""
    first, dash, last = span.partition("-")
    bounds = [_value(first, words), _value(last, words) if dash else None]
    if bounds[0] is None or (dash and bounds[1] is None):
        return f"failed to parse int from {span!r}"
    start = bounds[0]
    end = bounds[1] if bounds[1] is not None else start
    if start < low:
        return f"beginning of range ({start}) below minimum ({low}): {part}"
    if end > high:
        return f"end of range ({end}) above maximum ({high}): {part}"
    return f"beginning of range ({start}) beyond end of range ({end}): {part}" if start > end else ""


def _value(text: str, words: dict[str, int]) -> int | None:
    if text.isascii() and text.isdigit():
        return int(text)
    return words.get(text.lower())


@lru_cache(maxsize=256)
def time_zone(text: str) -> str:
    """What is wrong with a time zone, or nothing."""
    if not text:
        return "timeZone must be nil or non-empty string"
    if text.lower() == "local":
        return "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"
    return "" if not _zones() or text in _zones() else f"unknown time zone {text}"


@cache
def _zones() -> frozenset[str]:
    """Empty where this machine has no time zone database; then every name passes."""
    return frozenset(zoneinfo.available_timezones())
