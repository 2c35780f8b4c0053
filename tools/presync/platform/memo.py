"""Things computed once for a platform."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from presync.platform.model import Platform

T = TypeVar("T")


def memo(platform: Platform, name: str, make: Callable[[Platform], T]) -> T:
    """What ``make`` gave when it was first asked for under this name."""
    cache = platform._cache
    if name not in cache:
        cache[name] = make(platform)
    return cast(T, cache[name])
