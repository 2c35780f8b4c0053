"""Value files of one environment set what others leave at a default that differs.

Differences between environments are meant to be few and seen side by side. Here one environment says something in its
own file and the other relies on the chart's default, so a change of that default reaches only one of them. Told once
for each app and environment, with the keys; amounts (replicas, resources, sizes) are left out.

Bad:

    # envs/prod/redis/values.yaml; nothing in envs/dev/redis/values.yaml, and the chart's default is allkeys-lru
    maxmemoryPolicy: noeviction

Good:

    # envs/dev/redis/values.yaml
    maxmemoryPolicy: allkeys-lru
    # envs/prod/redis/values.yaml
    maxmemoryPolicy: noeviction
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from presync.base.finding import Location, Severity
from presync.platform.apps import apps
from presync.platform.model import Entry, Platform
from presync.provenance.influence import MISSING, get
from presync.provenance.leaves import leaves
from presync.render.trace import HelmTrace, KeyPath
from presync.rules.model import Match
from presync.rules.values import Use, ours, uses

ID = "ENV004"
NAME = "setting-in-one-environment"
SEVERITY = Severity.INFO

_SHOWN = 8
# How much of everything there is: what environments are meant to differ in.
_AMOUNTS = re.compile(
    r"resources|replicas?(?:Count)?|autoscaling|hpa|size|.*(?:Size|Replicas)|limits|requests|topology.*", re.I
)


def check(platform: Platform) -> Iterator[Match]:
    """Every app with one chart in several environments."""
    of_entry: dict[int, list[Use]] = {}
    for use in uses(platform):
        if not use.scoped.default:
            of_entry.setdefault(id(use.entry), []).append(use)
    files: dict[str, set[str]] = {}
    for listed in of_entry.values():
        for use in listed:
            files.setdefault(use.file, set()).add(use.entry.environment)
    for app, entries in apps(platform).items():
        for environment, entry in entries.items():
            yield from _of(platform, app, environment, entries=entries, mine=of_entry.get(id(entry), []), files=files)


def _of(
    platform: Platform,
    app: str,
    environment: str,
    *,
    entries: Mapping[str, Entry],
    mine: list[Use],
    files: Mapping[str, set[str]],
) -> Iterator[Match]:
    """The keys that the files of this environment alone set, against each other environment."""
    for other, entry in entries.items():
        traces = entry.rendered.traces
        if other == environment or len(traces) != 1:
            continue
        found: dict[str, Location] = {}
        for use in mine:
            if ours(platform, use) and files[use.file] == {environment}:
                found |= {name: use.locate(path) for name, path in _differing(use, traces[0])}
        if found:
            names = sorted(found)
            shown = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
            yield Match(
                f"{environment} sets what {other} leaves at a default that differs: {shown}",
                f"Say it in {other} too, or make it the default, if the difference is not meant.",
                entries[environment],
                location=next(iter(found.values())),
                key=f"{app} {environment} {other}",
            )


def _differing(use: Use, other: HelmTrace) -> Iterator[tuple[str, KeyPath]]:
    """Keys of a file that no file of the other Application sets; a list counts as one key."""
    seen: set[KeyPath] = set()
    for path, _ in leaves(use.scoped.layer.data):
        at = next((number for number, step in enumerate(path) if isinstance(step, int)), len(path))
        key = path[:at]
        if key in seen or key[0] == "global" or any(_AMOUNTS.fullmatch(str(step)) for step in key):
            continue
        seen.add(key)
        if any(layer.sets(key[:1]) and _touches(layer.data, key) for layer in other.layers):
            continue
        theirs = get(other.effective, key)
        if theirs is not MISSING and theirs != get(use.trace.effective, key):
            yield ".".join(map(str, key)), key


def _touches(data: Mapping[str, object], path: KeyPath) -> bool:
    """Whether a layer sets the key, or puts something else in place of what it stands in."""
    for length in range(1, len(path) + 1):
        found = get(data, path[:length])
        if found is MISSING:
            return False
        if not isinstance(found, Mapping):
            return True
    return True
