"""What the rules about references have in common."""

from __future__ import annotations

import difflib
import fnmatch
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.platform.references import Reference, Resolution, Resolver, resolver
from presync.platform.references.resolve import Outcome
from presync.rules.model import Match

_SHOWN_KEYS = 12


def unresolved(
    platform: Platform, *kinds: str, severity: Severity = Severity.ERROR, remedy: str = ""
) -> Iterator[Match]:
    """References to objects of these kinds that nobody makes; one cause for all who want the same object."""
    known = resolver(platform)
    for reference in known.of_kind(*kinds):
        if reference.optional:
            continue
        resolution = known.resolve(reference)
        if resolution.outcome is not Outcome.FOUND:
            yield _missing(known, reference, resolution, severity, remedy)


def _missing(known: Resolver, reference: Reference, resolution: Resolution, severity: Severity, remedy: str) -> Match:
    name = target(reference)
    if reference.harmless:
        severity = max(severity, Severity.WARNING, key=list(Severity).index)
    if resolution.outcome is Outcome.ELSEWHERE:
        other = resolution.producers[0].entry
        message = f"{name} belongs to environment {other.environment} (Application {other.name})"
    else:
        message = f"{name} is rendered by no Application and declared nowhere"
    dark = known.in_the_dark(reference.cluster, reference.namespace)
    if dark:
        severity = lowered(severity)
        message += f"; {_and(dark)} could not be rendered and may have it"
    return Match(
        message,
        _suggestion(known, reference) or remedy or default_remedy(reference),
        reference.entry,
        reference.resource,
        reference.path,
        severity=severity,
        cause=f"{reference.cluster} {name}",
        key=name,
        quote=reference.name,
    )


def missing_keys(platform: Platform, kind: str) -> Iterator[Match]:
    """References to a key that its object has not."""
    known = resolver(platform)
    for reference in known.of_kind(kind):
        if not reference.keys:
            continue
        resolution = known.resolve(reference)
        if resolution.outcome is not Outcome.FOUND or resolution.keys is None:
            continue
        for key, path in reference.keys:
            if key not in resolution.keys and key.strip("./") and not reference.optional:
                yield Match(
                    f'{target(reference)} has no key "{key}"',
                    _keys_there(key, resolution.keys),
                    reference.entry,
                    reference.resource,
                    path,
                    cause=f"{reference.cluster} {target(reference)} {key}",
                    key=f"{target(reference)} {key}",
                    quote=key,
                )


def target(reference: Reference) -> str:
    """The target as people name it."""
    place = f"{reference.namespace}/{reference.name}" if reference.namespace else reference.name
    return f"{reference.kind} {place}"


def lowered(severity: Severity) -> Severity:
    """One step less: what is said is likely, not certain."""
    return Severity.WARNING if severity is Severity.ERROR else Severity.INFO


def default_remedy(reference: Reference) -> str:
    """Where nothing better is known."""
    return (
        "Render it, correct the name, or, if somebody else puts it into the cluster, declare it under `objects:` in "
        "presync.yaml."
    )


def stranger(find: Callable[[Mapping[str, Any]], object], labels: Mapping[str, Any]) -> str:
    """The key of a label that nothing has at all: most likely the one that is wrong. Empty where it is none alone."""
    return next((key for key, value in labels.items() if not find({"matchLabels": {key: value}})), "")


def selects_nothing(message: str, maker: str, what: str = "Pod") -> tuple[str, Severity | None]:
    """The message and severity where nothing is found, considering that somebody unseen may make some."""
    if maker:
        return f"{message}; {maker} may make such {what}s", Severity.INFO
    return message, None


def close(name: str, names: list[str]) -> str:
    """The name that was likely meant; empty when none is near."""
    found = difflib.get_close_matches(name, names, 1, 0.75)
    return found[0] if found else ""


def _suggestion(known: Resolver, reference: Reference) -> str:
    meant = close(reference.name, known.names(reference.cluster, reference.kind, reference.namespace))
    return f"Did you mean {meant}?" if meant else ""


def _keys_there(key: str, keys: frozenset[str]) -> str:
    meant = close(key, sorted(keys))
    if meant:
        return f"Did you mean {meant}?"
    if not keys:
        return "It has no keys at all."
    shown = ", ".join(sorted(keys)[:_SHOWN_KEYS]) + (", …" if len(keys) > _SHOWN_KEYS else "")
    return f"Keys there are: {shown}."


def _and(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return f"Application{'s' if len(names) > 1 else ''} {shown}"


def declared(platform: Platform, kind: str, name: str) -> bool:
    """Whether the settings declare an object of this kind and name, in any namespace."""
    return any(one.kind == kind and fnmatch.fnmatchcase(name, one.name) for one in platform.settings.objects)
