"""What a change does to each cluster: dangers first, then what differs."""

from __future__ import annotations

import difflib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import click

from presync.argocd.versions import helm_of
from presync.base.finding import Finding
from presync.change import causes
from presync.change.blind import unsure
from presync.change.fields import dotted
from presync.change.model import MISSING, ApplicationChange, Change, Difference, ResourceChange
from presync.change.places import changed_file
from presync.change.upgrade import Deprecated
from presync.platform.model import Platform
from presync.report.check import MAX_PLACES, as_object, finding_text, wrapped
from presync.report.texts import GITHUB, escape, folded, value_text
from presync.report.why import ARROW, Why, as_objects, said

_SIGNS = {"added": "+", "removed": "-", "changed": "~", "moved": ">"}
_COLOURS = {"+": "green", "-": "red", "~": "yellow", ">": "cyan"}
_CONTEXT = 2
APPLIED = "kubectl.kubernetes.io/last-applied-configuration"  # an annotation with the whole object once more


def as_json(change: Change, findings: Sequence[Finding], base: str, deprecated: Sequence[Deprecated] = ()) -> str:
    """One object; ``report/diff.schema.json`` is its schema."""
    causes.prepare(change, change.loud())
    document = {
        "version": 1,
        "base": base,
        "notes": list(change.notes),
        "versions": {"base": _versions(change.base), "head": _versions(change.head)},
        "deprecated": [
            {"application": one.entry.name, "resource": str(one.resource), "kubernetes": one.version, "why": one.why}
            for one in deprecated
        ],
        "unsure": unsure(change),
        "files": list(change.files),
        "applications": [_application_object(change, one) for one in change.applications],
        "resources": [_resource_object(change, one) for one in change.resources],
        "unknown": [entry.name for old, new in change.unknown if (entry := new or old) is not None],
        "summary": dict(Counter(one.kind for one in change.loud()))
        | {"quiet": sum(one.quiet for one in change.resources)},
        "findings": [as_object(finding) for finding in findings],
    }
    return json.dumps(document, indent=2, ensure_ascii=False, default=str) + "\n"


def _danger(finding: Finding) -> str:
    """A line of the list."""
    place = f" `{finding.location}`" if finding.location.file else ""
    where = " ".join(part for part in (finding.application, finding.resource, finding.field) if part)
    others = list(dict.fromkeys(one.application for one in finding.places if one.application != finding.application))
    also = f" (and {', '.join(others[:MAX_PLACES])}" if others else ""
    also += f" and {len(others) - MAX_PLACES} more" if len(others) > MAX_PLACES else ""
    also += ")" if others else ""
    message = escape(f"{where}{also}: {finding.message}" if where else finding.message)
    return f"- **{finding.severity}** {finding.rule} {finding.name}{place}: {message}\n"


def _versions(platform: Platform) -> dict[str, Any]:
    settings = platform.settings
    return {
        "argocd": settings.argocd,
        "helm": helm_of(settings.argocd, settings.helm),
        "kubernetes": list(settings.kubernetes),
    }


def as_text(change: Change, findings: Sequence[Finding], base: str, stat: bool, colour: bool) -> str:
    """For people, readable at 80 columns."""
    notes = "".join(f"{line}\n" for note in change.notes for line in wrapped(note, "", first=""))
    if change.is_empty and not findings:
        same = change.base.tree is change.head.tree
        files = "" if same else f" ({len(change.files)} files differ from {base})"
        sure = ", as far as presync can tell" if unsure(change) else ""
        return f"{notes}nothing changes in any cluster{sure}{files}\n"
    parts = [notes, *(finding_text(finding) for finding in findings)]
    parts.append(_paint("\n".join(_applications(change, stat)), colour))
    parts.append("\n".join(summary(change, base)) + "\n")
    return "\n".join(part for part in parts if part)


def as_markdown(change: Change, findings: Sequence[Finding], base: str, limit: int = GITHUB) -> str:
    """For a comment on a pull request: dangers first, details folded, sections left out where it gets too long."""
    lines = [*map(escape, change.notes), *summary(change, base)]
    text = "\n".join(["### What this change does\n", *(f"{line}  " for line in lines), ""]) + "\n"
    for at, finding in enumerate(findings):
        line = _danger(finding)
        if len(text) + len(line) > limit // 2:
            text += f"- and {len(findings) - at} more, less severe or alike: `presync diff` shows them\n"
            break
        text += line
    text, left_out = folded(text, by_application(change), "diff", limit)
    if left_out:
        text += f"\n{left_out} more applications change; `presync diff` shows them.\n"
    return text


def summary(change: Change, base: str) -> Iterator[str]:
    """How much differs, in two lines."""
    counts = Counter(one.kind for one in change.loud())
    quiet = sum(one.quiet for one in change.resources)
    kinds = ", ".join(f"{counts[kind]} {kind}" for kind in _SIGNS if counts[kind]) or "none"
    by_environment = Counter(one.entry.environment or "(none)" for one in change.loud())
    yield f"against {base}: objects {kinds}" + (
        f"; {quiet} differ in checksums and chart labels alone" if quiet else ""
    )
    if by_environment:
        yield "by environment: " + ", ".join(f"{name} {number}" for name, number in sorted(by_environment.items()))


def _applications(change: Change, stat: bool) -> list[str]:
    lines: list[str] = []
    for name, body in by_application(change, stat):
        lines += [name, *body, ""]
    return lines


def by_application(change: Change, stat: bool = False) -> Iterator[tuple[str, list[str]]]:
    """Applications that change, each with the lines about it."""
    applications = {one.entry.name: one for one in change.applications}
    resources: dict[str, list[ResourceChange]] = {}
    for one in change.loud():
        resources.setdefault(one.entry.name, []).append(one)
    if not stat:
        causes.prepare(change, change.loud())
    for old, new in change.unknown:
        entry = new or old
        if entry is not None:
            yield f"! {entry.name}", ["  rendered in one of the two states only"]
    for name in sorted({*applications, *resources}):
        own = applications.get(name)
        title = f"{_SIGNS[own.kind]} {name}{_renamed(own)}" if own is not None else f"~ {name}"
        why = None if stat else Why(change, own, resources.get(name, []))
        files = said(why.shared) if why and why.shared.places else _listed(change, because(change, name))
        lines = wrapped(f"because of {files}", "    ", first="  ") if files else []
        if own is not None and own.kind == "changed" and why:
            for difference in own.differences:
                lines += [*_difference(difference, False), *why.of_application(difference, "      ")]
        for one in resources.get(name, []):
            lines.append(f"  {_SIGNS[one.kind]} {one.resource}" + _note(one))
            if why:
                lines += [*why.of_object(one, "    "), *_fields(one, why)]
        yield title, lines


def _fields(one: ResourceChange, why: Why) -> Iterator[str]:
    """What differs in an object that stays, and why."""
    secret = is_secret(one.resource.kind)
    for difference in one.differences if one.kind in ("changed", "moved") else ():
        if not difference.noise:
            yield from (f"  {line}" for line in _difference(difference, secret))
            yield from why.of_field(one, difference, "        ")


def because(change: Change, name: str) -> list[str]:
    """The changed files that the Application reads."""
    reads: set[str] = set()
    for platform in (change.base, change.head):
        for entry in platform.entries:
            if entry.name == name:
                origin = entry.application.origin
                reads |= {*entry.rendered.reads, origin.location.file, *(place.file for place in origin.parameters)}
    return [file for file in change.files if file in reads]


def is_secret(kind: str) -> bool:
    """Whether an object of this kind holds what no report shows."""
    return kind in ("Secret", "SealedSecret")


def is_masked(one: Difference) -> bool:
    """Whether a field of a Secret is one of those that are not shown: what it holds, and kubectl's copy of all that."""
    if not one.path or one.path[0] in ("data", "stringData", "spec"):
        return True
    above = one.path in (("metadata",), ("metadata", "annotations"))
    return APPLIED in one.path or (above and any(APPLIED in str(value) for value in (one.old, one.new)))


def _listed(change: Change, files: Sequence[str]) -> str:
    """The first files, each with the first line that changed."""
    shown = ", ".join(str(changed_file(change, file)) for file in files[:3])
    return shown + (f" and {len(files) - 3} more" if len(files) > 3 else "")


def _renamed(one: ApplicationChange) -> str:
    if one.counterpart is None:
        return ""
    return f" (renamed to {one.counterpart.name})" if one.kind == "removed" else f" (was {one.counterpart.name})"


def _note(one: ResourceChange) -> str:
    if one.kind == "moved" and one.old_entry is not None:
        return f" (from {one.old_entry.name})"
    if one.old is not None and one.new is not None and one.old.name != one.new.name:
        return f" (was {one.old.name})"
    noise = sum(difference.noise for difference in one.differences)
    return f" ({noise} checksums and chart labels)" if noise else ""


def _difference(one: Difference, secret: bool) -> Iterator[str]:
    name = dotted(one.path)
    if secret and is_masked(one):
        yield f"    ~ {name}: (not shown)"
        return
    old, new = one.old, one.new
    if isinstance(old, str) and isinstance(new, str) and ("\n" in old or "\n" in new):
        yield f"    ~ {name}:"
        for line in list(difflib.unified_diff(old.split("\n"), new.split("\n"), lineterm="", n=_CONTEXT))[2:]:
            yield f"      {line}"
        return
    if old is not MISSING:
        yield f"    - {name}: {value_text(old)}"
    if new is not MISSING:
        yield f"    + {name}: {value_text(new)}"


def _paint(report: str, colour: bool) -> str:
    if not colour:
        return report
    painted = []
    for line in report.split("\n"):
        text = line.strip()
        if text.startswith(ARROW):
            painted.append(click.style(line, dim=True))
            continue
        painted.append(click.style(line, fg=_COLOURS[text[:1]]) if text[:1] in _COLOURS else line)
    return "\n".join(painted)


def _application_object(change: Change, one: ApplicationChange) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "name": one.entry.name,
        "environment": one.entry.environment,
        "counterpart": one.counterpart.name if one.counterpart else None,
        "differences": [
            _difference_object(difference, False) | as_objects(causes.of_application(change, one, difference))
            for difference in one.differences
        ],
    }


def _resource_object(change: Change, one: ResourceChange) -> dict[str, Any]:
    secret = is_secret(one.resource.kind)
    return {
        "kind": one.kind,
        "application": one.entry.name,
        "environment": one.entry.environment,
        "resource": str(one.resource),
        "quiet": one.quiet,
        "differences": [
            _difference_object(difference, secret) | as_objects(causes.cause(change, one, difference))
            for difference in one.differences
        ],
        **({} if one.old is not None and one.new is not None else as_objects(causes.cause(change, one))),
    }


def _difference_object(one: Difference, secret: bool) -> dict[str, Any]:
    hidden = secret and is_masked(one)
    found: dict[str, Any] = {"field": dotted(one.path), "noise": one.noise}
    if one.old is not MISSING:
        found["old"] = None if hidden else one.old
    if one.new is not MISSING:
        found["new"] = None if hidden else one.new
    return found
