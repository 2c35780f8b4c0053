"""Quantities of resources: ``500m``, ``1.5Gi``, ``1e3``."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

_QUANTITY = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?")
_SUFFIXES = {
    "": Decimal(1),
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    **{suffix: Decimal(1000) ** power for power, suffix in enumerate("kMGTPE", 1)},
    **{f"{suffix}i": Decimal(1024) ** power for power, suffix in enumerate("KMGTPE", 1)},
}
_MAX_LENGTH = 64
_MAX_EXPONENT = 100


def quantity(value: object) -> Decimal | None:
    """The amount; None when it is no quantity."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return _parsed(str(value))


def amount(value: object) -> Decimal | None:
    """The same in a list of resources, where the server reads a null as 0."""
    return Decimal(0) if value is None else quantity(value)


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Decimal | None:
    match = _QUANTITY.fullmatch(text)
    if match is None or len(text) > _MAX_LENGTH:
        return None
    suffix = match[2] or ""
    if suffix in _SUFFIXES:
        return Decimal(match[1]) * _SUFFIXES[suffix]
    exponent = int(suffix[1:])
    return Decimal(match[1]) * Decimal(10) ** exponent if abs(exponent) <= _MAX_EXPONENT else None
