"""Versions of a set, by its name: docs/decisions/0011-a-version-is-a-name.md says why."""

from __future__ import annotations

import re
from collections.abc import Collection

_VERSION = re.compile(r"(.+)-v([1-9][0-9]{0,3})")


def version(name: str) -> tuple[str, int]:
    """A set's name without its version, and the version: ``user-features-v2`` is the second ``user-features``."""
    match = _VERSION.fullmatch(name)
    return (match[1], int(match[2])) if match else (name, 1)


def later(name: str, names: Collection[str]) -> str:
    """The latest version of a set, of those that come after it; empty where there is none."""
    stem, number = version(name)
    found = [(at, other) for other in names for own, at in [version(other)] if own == stem and at > number]
    return max(found)[1] if found else ""


def following(name: str, names: Collection[str]) -> str:
    """What the next version of a set would be called, where these are there."""
    stem, number = version(later(name, names) or name)
    return f"{stem}-v{number + 1}"
