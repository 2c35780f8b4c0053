"""An annotation of Argo CD is one that it does not know, or has a value that means nothing to it.

A hook that is misspelt is applied like any other object; a wave that is no number counts as 0.

Bad:

    metadata:
      annotations:
        argocd.argoproj.io/syncwave: "2"

Good:

    metadata:
      annotations:
        argocd.argoproj.io/sync-wave: "2"
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator
from typing import Any

from presync.argocd.sync import listed
from presync.argocd.vocabulary import ANNOTATIONS, DELETE_POLICIES, HOOKS
from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.rules.model import Match

ID = "ARG051"
NAME = "annotation-unknown"
SEVERITY = Severity.ERROR
_PREFIX = "argocd.argoproj.io/"
_WAVE = re.compile(r"[-+]?[0-9]+$")


def check(platform: Platform) -> Iterator[Match]:
    """The annotations of every object."""
    for entry, resource in platform.resources():
        for name, value in resource.annotations.items():
            if not str(name).startswith(_PREFIX):
                continue
            found = _wrong(str(name), value)
            if found:
                yield Match(found[0], found[1], entry, resource, ("metadata", "annotations", name), key=str(name))


def _wrong(name: str, value: Any) -> tuple[str, str] | None:
    if name not in ANNOTATIONS:
        close = difflib.get_close_matches(name, sorted(ANNOTATIONS), 1, 0.75)
        return f"Argo CD knows no annotation {name}", f"Did you mean {close[0]}?" if close else "Remove it."
    what = name.removeprefix(_PREFIX)
    if what == "sync-wave" and not _WAVE.match(str(value)):
        return f"the wave {value!r} is no whole number, so it counts as 0", "Write a whole number, in quotes."
    if what == "hook":
        return _listed("hook", value, HOOKS)
    if what == "hook-delete-policy":
        return _listed("hook-delete-policy", value, DELETE_POLICIES)
    return None


def _listed(what: str, value: Any, known: Collection[str]) -> tuple[str, str] | None:
    for one in listed(value):
        if one not in known:
            close = difflib.get_close_matches(one, sorted(known), 1, 0.6)
            return (
                f"Argo CD knows no {what} {one}",
                f"Did you mean {close[0]}?" if close else f"There are: {', '.join(sorted(known))}.",
            )
    return None
