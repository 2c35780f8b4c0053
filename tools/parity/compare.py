"""Two outcomes side by side."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from parity import normalise
from parity.model import Difference, Object, Outcome

NOTHING = "(nothing)"

# Argo CD does not even try to render an Application that its project does not exist for, or that names no cluster.
# presync renders it, to show as much as it can, and denies it: the reason is compared there.
_NOT_TRIED = (
    "app is not allowed in project ",
    "error getting application cluster config: error validating destination: ",
    "failed to list refs: permanent client error: invalid endpoint:",
)


def differences(argocd: Outcome, presync: Outcome) -> list[Difference]:
    """Everything that is not the same; what presync says it cannot tell is among it."""
    found = list(_applications(argocd, presync))
    refused = {
        name.partition(".")[2]: text for name, text in argocd.refused.items() if name.startswith("ApplicationSet.")
    }
    for name, text in refused.items():
        ours = presync.sets.get(name) or presync.refused.get(f"ApplicationSet.{name}") or NOTHING
        if not _refusal(text, ours):
            found.append(Difference(f"apply/ApplicationSet.{name}.error", _short(text, 600), _short(ours, 600)))
    found += _sets(argocd.sets, {name: text for name, text in presync.sets.items() if name not in refused})
    for name in sorted(argocd.applications.keys() & presync.applications.keys()):
        found += _rendered(name, argocd, presync)
    found += _texts("render/{}.denied", argocd.denied, presync.denied)
    return found


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=repr)


def _short(value: Any, limit: int = 300) -> str:
    text = value if isinstance(value, str) else _written(value)
    return text if len(text) <= limit else text[:limit] + " ..."


def _applications(argocd: Outcome, presync: Outcome) -> Iterator[Difference]:
    for name in sorted(argocd.applications.keys() | presync.applications.keys()):
        what = f"apps/{name}.yaml"
        theirs, ours = argocd.applications.get(name), presync.applications.get(name)
        refused = [side.refused.get(f"Application.{name}", "") for side in (argocd, presync)]
        if any(refused):
            # presync shows what the API server refuses all the same, and says so.
            if not _refusal(*refused):
                yield Difference(f"apply/Application.{name}.error", *(_short(text or NOTHING, 600) for text in refused))
        elif theirs is None or ours is None:
            yield Difference(what, *("an Application" if side else NOTHING for side in (theirs, ours)))
        else:
            yield from objects(what, theirs, ours)


def _refusal(argocd: str, presync: str) -> bool:
    """Whether presync names every field that kubectl names, with the API server's words."""
    named = re.findall(r'unknown field "[^"]+"', argocd)
    if not named:
        named = [part.strip() for part in re.split(r"\n\* ", argocd.partition(" is invalid: ")[2]) if part.strip()]
    return bool(named and presync) and all(one in presync for one in named)


def _texts(form: str, argocd: Mapping[str, str], presync: Mapping[str, str]) -> Iterator[Difference]:
    for name in sorted(argocd.keys() | presync.keys()):
        theirs, ours = argocd.get(name, ""), presync.get(name, "")
        if not _same_lines(theirs, ours):
            yield Difference(form.format(name), _short(theirs or NOTHING, 600), _short(ours or NOTHING, 600))


def _sets(argocd: Mapping[str, str], presync: Mapping[str, str]) -> Iterator[Difference]:
    """Of several Applications that are not created Argo CD's condition names one."""
    named = {name: re.sub(r" \(and \d+ more\)$", "", text) for name, text in argocd.items()}
    for one in _texts("{}", named, presync):
        lines = presync.get(one.what, "").splitlines()
        if not any(normalise.same_reason(named.get(one.what, ""), line) for line in lines):
            yield Difference(f"apps/applicationset.{one.what}.error", one.argocd, one.presync)


def _same_lines(theirs: str, ours: str) -> bool:
    if bool(theirs) != bool(ours):
        return False
    return normalise.same_reason(theirs, ours) or (
        sorted(map(normalise.reason, theirs.splitlines())) == sorted(map(normalise.reason, ours.splitlines()))
    )


def _rendered(name: str, argocd: Outcome, presync: Outcome) -> Iterator[Difference]:
    if name in presync.undetermined:
        answer = argocd.errors.get(name) or f"{len(argocd.rendered.get(name, []))} objects"
        yield Difference(f"render/{name}", _short(answer), f"cannot tell: {presync.undetermined[name]}")
    elif name in argocd.errors or name in presync.errors:
        theirs, ours = argocd.errors.get(name, ""), presync.errors.get(name, "")
        not_tried = normalise.reason(theirs).startswith(_NOT_TRIED) and argocd.denied.get(name) and not ours
        if not not_tried and not (theirs and ours and normalise.same_reason(theirs, ours)):
            counts = [f"{len(side.rendered.get(name, []))} objects" for side in (argocd, presync)]
            shown = (_short(theirs or counts[0], 900), _short(ours or counts[1], 900))
            yield Difference(f"render/{name}.error", *shown)
    elif name in argocd.rendered and name in presync.rendered:
        yield from _manifests(f"render/{name}.yaml", argocd.rendered[name], presync.rendered[name])


def _manifests(what: str, argocd: list[Object], presync: list[Object]) -> Iterator[Difference]:
    theirs, ours = _by_identity(argocd), _by_identity(presync)
    for key in sorted(theirs.keys() | ours.keys()):
        title = f"{what} {' '.join(part for part in key if part)}"
        if key not in theirs or key not in ours:
            shown = ["there" if key in side else NOTHING for side in (theirs, ours)]
            yield Difference(title, shown[0], shown[1])
        else:
            yield from objects(title, theirs[key], ours[key])


def _by_identity(values: list[Object]) -> dict[tuple[str, ...], Object]:
    found: dict[tuple[str, ...], Object] = {}
    for value in values:
        key: tuple[str, ...] = normalise.identity(value)
        while key in found:  # without a name
            key = (*key, "again")
        found[key] = value
    return found


def objects(what: str, argocd: Any, presync: Any, path: str = "") -> Iterator[Difference]:
    """Every field in which two values differ."""
    if isinstance(argocd, dict) and isinstance(presync, dict):
        for key in sorted(argocd.keys() | presync.keys()):
            inner = f"{path}.{key}" if path else str(key)
            if key not in argocd or key not in presync:
                shown = [_short(side[key]) if key in side else NOTHING for side in (argocd, presync)]
                yield Difference(f"{what} {inner}", shown[0], shown[1])
            else:
                yield from objects(what, argocd[key], presync[key], inner)
    elif isinstance(argocd, list) and isinstance(presync, list) and len(argocd) == len(presync):
        for index, (theirs, ours) in enumerate(zip(argocd, presync, strict=True)):
            yield from objects(what, theirs, ours, f"{path}[{index}]")
    elif _written(argocd) != _written(presync):
        yield Difference(f"{what} {path}".rstrip(), _short(argocd), _short(presync))
