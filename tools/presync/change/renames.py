"""Applications that go under one name and come under another.

To Argo CD these are two Applications: it deletes the one and makes the other. Nobody who renames a folder means that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from presync.change.model import ApplicationChange
from presync.platform.model import Entry

_ALIKE = 0.6  # how much of what both render must be the same kinds of objects


def paired(changes: Iterable[ApplicationChange]) -> Iterator[ApplicationChange]:
    """The changes, with those that seem to be a rename pointing to each other; the most alike first."""
    every = list(changes)
    gone = [one for one in every if one.kind == "removed"]
    come = [one for one in every if one.kind == "added"]
    scores = [(-_score(one, other), was, now) for was, one in enumerate(gone) for now, other in enumerate(come)]
    to: dict[int, int] = {}
    for score, was, now in sorted(scores):
        if score and was not in to and now not in to.values():
            to[was] = now
    counterparts: dict[int, Entry | None] = {}
    for was, now in to.items():
        counterparts[id(gone[was])] = come[now].new
        counterparts[id(come[now])] = gone[was].old
    for one in every:
        yield replace(one, counterpart=counterparts[id(one)]) if id(one) in counterparts else one


def _score(gone: ApplicationChange, come: ApplicationChange) -> float:
    """How alike two are; 0 where they are not the same thing."""
    old, new = gone.old, come.new
    if old is None or new is None or old.environment != new.environment or _from(old) != _from(new):
        return 0.0
    before, after = _kinds(old), _kinds(new)
    together = sum((before | after).values())
    alike = sum((before & after).values()) / together if together else float(_files(old) == _files(new))
    return alike if alike >= _ALIKE else 0.0


def _from(entry: Entry) -> list[tuple[str, str]]:
    """The repositories and charts it is made of; of a folder that is no chart the kinds of objects decide."""
    return [(source.repo_url, source.chart) for source in entry.application.sources]


def _files(entry: Entry) -> list[str]:
    return [source.path for source in entry.application.sources]


def _kinds(entry: Entry) -> Counter[tuple[str, str]]:
    return Counter((resource.group, resource.kind) for resource in entry.rendered.resources)
