"""How far one version is from another."""

from __future__ import annotations

import re
from typing import Any

_VERSION = re.compile(r"v?(\d+)(?:\.(\d+))?")
_MOVING = frozenset({"latest", "main", "master", "edge", "nightly", "stable", "dev"})


def major(version: str) -> int | None:
    """The first number; None where there is none."""
    found = _VERSION.match(version)
    return int(found[1]) if found else None


def jump(old: str, new: str) -> str:
    """What is remarkable about an image's change; empty for a step within a major version."""
    (was, before), (now, after) = _split(old), _split(new)
    if was != now:
        return "another repository"
    if after.lower() in _MOVING and before != after:
        return "a tag that moves"
    first, second = major(before), major(after)
    if first is not None and second is not None and first != second:
        return "another major version" if second > first else "an earlier major version"
    return ""


def short(image: Any) -> str:
    """The image without its digest."""
    return str(image).partition("@")[0]


def _split(image: str) -> tuple[str, str]:
    name, _, _ = image.partition("@")
    head, slash, last = name.rpartition("/")
    last, _, tag = last.partition(":")
    return f"{head}{slash}{last}", tag
