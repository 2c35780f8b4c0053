"""A sync option or compare option is one that Argo CD does not know, or has a value that means nothing to it.

Argo CD passes over it without a word, so the protection or behaviour it stands for is not there.

Bad:

    metadata:
      annotations:
        argocd.argoproj.io/sync-options: Prune=flase,Delete=no

Good:

    metadata:
      annotations:
        argocd.argoproj.io/sync-options: Prune=false,Delete=false
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from presync.argocd.sync import listed
from presync.argocd.vocabulary import COMPARE_OPTIONS, OF_APPLICATION, SYNC_OPTIONS
from presync.base.finding import Severity
from presync.platform.model import Entry, Platform
from presync.render.model import Resource
from presync.rules.model import Match

ID = "ARG050"
NAME = "sync-option-unknown"
SEVERITY = Severity.ERROR
_SYNC = "argocd.argoproj.io/sync-options"
_COMPARE = "argocd.argoproj.io/compare-options"


def check(platform: Platform) -> Iterator[Match]:
    """The options of every Application and of every object."""
    for entry in platform.entries:
        for at, option in enumerate(entry.application.sync_options):
            wrong = _wrong(str(option))
            if wrong:
                yield Match(
                    wrong[0],
                    wrong[1],
                    entry,
                    location=entry.application.origin.location,
                    field=f"spec.syncPolicy.syncOptions[{at}]",
                    cause=f"{entry.application.origin.location} {option}",
                )
    for entry, resource in platform.resources():
        yield from _of_object(entry, resource)


def _of_object(entry: Entry, resource: Resource) -> Iterator[Match]:
    annotations = resource.annotations
    for option in listed(annotations.get(_SYNC)):
        wrong = _wrong(option)
        name = option.partition("=")[0]
        if wrong is None and name in OF_APPLICATION and option != "PrunePropagationPolicy":
            wrong = (f"the sync option {name} has no effect on one object", "Set it in spec.syncPolicy.syncOptions.")
        if wrong:
            yield Match(wrong[0], wrong[1], entry, resource, ("metadata", "annotations", _SYNC), key=option)
    for option in listed(annotations.get(_COMPARE)):
        if option not in COMPARE_OPTIONS:
            close = difflib.get_close_matches(option, sorted(COMPARE_OPTIONS), 1, 0.6)
            yield Match(
                f"Argo CD knows no compare option {option}",
                f"Did you mean {close[0]}?" if close else f"There are: {', '.join(sorted(COMPARE_OPTIONS))}.",
                entry,
                resource,
                ("metadata", "annotations", _COMPARE),
                key=option,
            )


def _wrong(option: str) -> tuple[str, str] | None:
    """What is wrong with an option, and what to write."""
    name, equals, value = option.strip().partition("=")
    if name not in SYNC_OPTIONS:
        close = difflib.get_close_matches(name, sorted(SYNC_OPTIONS), 1, 0.6)
        advice = (
            f"Did you mean {close[0]}?"
            if close
            else "See https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/."
        )
        return f"Argo CD knows no sync option {name}", advice
    if not equals or value not in SYNC_OPTIONS[name]:
        known = " or ".join(sorted(SYNC_OPTIONS[name]))
        return (
            f"the sync option {name} is {value or 'nothing'}, which means nothing to Argo CD",
            f"Write {name}={known}.",
        )
    return None
