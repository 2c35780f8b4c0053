"""Two environments side by side: what prod lacks, and what differs without anybody having said that it is meant."""

from __future__ import annotations

import difflib
import json
import textwrap
from collections import Counter
from collections.abc import Iterator
from typing import Any

from presync.base.finding import Location
from presync.change.promotion.model import (
    MISSING,
    SHARED,
    App,
    Declaration,
    FieldDifference,
    Promotion,
    Since,
    ValueDifference,
    Version,
)
from presync.report.texts import GITHUB, escape, folded, value_text

_WIDTH = 80
_CONTEXT = 1
_APPLICATION = "Application"


def as_json(found: Promotion) -> str:
    """One object; ``report/envs.schema.json`` is its schema."""
    document = {
        "version": 1,
        "environments": [found.here, found.there],
        "facts": [list(pair) for pair in found.facts],
        "apps": [_app_object(app) for app in found.apps],
        "notCompared": list(found.strangers),
        "unused": list(found.unused),
        "summary": _counts(found),
    }
    return json.dumps(document, indent=2, ensure_ascii=False, default=str) + "\n"


def as_text(found: Promotion, everything: bool = False) -> str:
    """For people, readable at 80 columns; ``everything`` adds what is declared and what follows from values."""
    parts = [*_behind(found), *_alone(found, everything), *_several(found, everything)]
    repeated = _repeated(found)
    for app in found.apps:
        lines = list(_app(app, found, everything, repeated))
        if lines:
            parts += [app.name, *(f"  {line}" for line in lines), ""]
    if everything:
        parts += ["names that count as equal", *(f"  {mine} = {theirs}" for mine, theirs in found.facts), ""]
    parts += _wrapped(_summary(found, everything))
    parts += [line for one in _notes(found) for line in _wrapped(one)]
    return "\n".join(parts) + "\n"


def as_markdown(found: Promotion, limit: int = GITHUB) -> str:
    """For a comment or an issue: what prod lacks as a table, each app folded."""
    text = f"### {found.here} → {found.there}\n\n{escape(_summary(found, True))}\n"
    for one in _notes(found):
        text += f"\n{escape(one)}\n"
    late = [(app, version) for app in found.apps for version in app.versions]
    if late:
        text += f"\n| app | | {found.here} | {found.there} | since |\n| --- | --- | --- | --- | --- |\n"
        for app, version in late:
            state = f"{version.order} {_since(version.since)}".strip()
            cells = (app.name, f"{version.what} {version.name}", version.here, version.there, state)
            text += "| " + " | ".join(escape(cell).replace("|", "\\|") for cell in cells) + " |\n"
    text += "".join(f"\n{escape(words)}\n" for words in _alone(found, False) if words)
    repeated = _repeated(found)
    several = [line for line in _several(found, False) if line]
    sections = [
        ("several apps", several[1:]),
        *((app.name, list(_app(app, found, False, repeated))) for app in found.apps),
    ]
    text, left_out = folded(text, ((name, lines) for name, lines in sections if lines), "", limit)
    if left_out:
        text += f"\n{left_out} more apps differ; `presync envs {found.here} {found.there}` shows them.\n"
    return text


def _behind(found: Promotion) -> Iterator[str]:
    """Versions that differ, the first thing anybody wants to know."""
    late = [(app, version) for app in found.apps for version in app.versions]
    if late:
        yield "versions"
    for app, one in late:
        yield f"  {app.name}: {one.what} {one.name}"
        yield f"    {found.here}  {value_text(one.here)}{_at(one.here_place)}"
        yield f"    {found.there}  {value_text(one.there)}{_at(one.there_place)}"
        word = "other, and it cannot be told which is newer" if one.order == "differs" else one.order
        joint = "; " if one.since.unknown else " " if one.since.commit else ""
        yield from _wrapped(f"{found.there} is {word}{joint}{_since(one.since)}", "    ")
    if late:
        yield ""


def _since(since: Since) -> str:
    if since.unknown:
        return f"since when cannot be told: {since.unknown}"
    return f"since {since.commit[:9]} of {since.date} ({since.subject})" if since.commit else ""


def _alone(found: Promotion, everything: bool) -> Iterator[str]:
    alone = [app for app in found.apps if app.alone and (everything or app.declared is None)]
    for app in alone:
        reason = f" (meant: {app.declared.why})" if app.declared else ""
        yield from _wrapped(f"only in {app.alone}: {app.name}{reason}")
    if alone:
        yield ""


def _repeated(found: Promotion) -> dict[tuple[str, str], list[tuple[str, FieldDifference]]]:
    """What differs alike in several Applications: their sets differ, which is told once."""
    same: dict[tuple[str, str], list[tuple[str, FieldDifference]]] = {}
    for app in found.apps:
        for one in app.fields:
            if one.resource == _APPLICATION:
                same.setdefault((one.field, f"{one.here!r} {one.there!r}"), []).append((app.name, one))
    return {key: several for key, several in same.items() if len(several) > 1}


def _several(found: Promotion, everything: bool) -> Iterator[str]:
    told = [several for several in _repeated(found).values() if everything or several[0][1].declared is None]
    if told:
        yield "several apps"
    for several in told:
        one = several[0][1]
        yield from (f"  {line}" for line in _line(f"{_APPLICATION} {one.field}", one, found))
        yield from _wrapped(f"in {', '.join(name for name, _ in several)}", "    ")
        yield from _reason(one.declared, "    ")
    if told:
        yield ""


def _app(
    app: App,
    found: Promotion,
    everything: bool,
    repeated: dict[tuple[str, str], list[tuple[str, FieldDifference]]],
) -> Iterator[str]:
    if app.unknown:
        yield from _wrapped(f"not compared: {app.unknown}")
        return
    values = [one for one in app.values if everything or not one.settled]
    files = (_file(app.values, True), _file(app.values, False))
    if values:
        yield from _wrapped(f"values of {' and '.join(file for file in files if file)}", "")
    for one in values:
        yield from _line(one.path, one, found, files)
        yield from _reason(one.declared, "    ")
    own = [
        one
        for one in app.fields
        if not (one.resource == _APPLICATION and (one.field, f"{one.here!r} {one.there!r}") in repeated)
    ]
    unexplained = [one for one in own if not one.by_values and (everything or one.declared is None)]
    if unexplained:
        yield "rendered otherwise, though no value of the app says so"
    for field in unexplained:
        yield from _line(_where(field), field, found)
        yield from _reason(field.declared, "    ")
    following = [one for one in own if one.by_values]
    if everything and following:
        yield "rendered otherwise because of the values"
        for field in following:
            yield from _line(_where(field), field, found)
    elif values and following:
        objects = len({one.resource for one in following})
        yield f"= {_number(len(following), 'field')} of {_number(objects, 'object')} follow from these values"


def _number(count: int, what: str) -> str:
    return f"{count} {what}{'s' if count != 1 else ''}"


def _where(one: FieldDifference) -> str:
    return f"{one.resource} {one.field}".strip()


def _file(values: tuple[ValueDifference, ...], here: bool) -> str:
    """The file most keys stand in; lines of others are named whole."""
    files = Counter(place.file for one in values if (place := one.here_place if here else one.there_place).file)
    return files.most_common(1)[0][0] if files else ""


def _line(
    name: str, one: ValueDifference | FieldDifference, found: Promotion, files: tuple[str, str] = ("", "")
) -> Iterator[str]:
    """One difference, on one line where it fits."""
    if isinstance(one.here, str) and isinstance(one.there, str) and "\n" in one.here + one.there:
        yield f"~ {name}"
        lines = difflib.unified_diff(one.here.split("\n"), one.there.split("\n"), lineterm="", n=_CONTEXT)
        yield from (f"    {line}" for line in list(lines)[2:])
        return
    if isinstance(one, ValueDifference):
        here = _side(one.here, one.set_here, one.here_place, files[0])
        there = _side(one.there, one.set_there, one.there_place, files[1])
    else:
        here, there = _plain(one.here), _plain(one.there) + (f" ({one.place})" if one.place.file else "")
    line = f"~ {name}: {here} -> {there}"
    if len(line) + 2 <= _WIDTH:
        yield line
        return
    wide = max(len(found.here), len(found.there))
    yield from _wrapped(f"~ {name}")
    yield from _wrapped(f"{found.here:<{wide}}  {here}", "    ", " " * (wide + 2))
    yield from _wrapped(f"{found.there:<{wide}}  {there}", "    ", " " * (wide + 2))


def _side(value: Any, said: bool, place: Location, file: str) -> str:
    if value is MISSING:
        return "(not there)"
    if not said:
        return f"{value_text(value)} (default)"
    where = f"line {place.line}" if place.file == file and place.line else str(place)
    return f"{value_text(value)} ({where})" if where else value_text(value)


def _plain(value: Any) -> str:
    return "(not there)" if value is MISSING else value_text(value)


def _reason(declared: Declaration | None, indent: str) -> list[str]:
    return _wrapped(f"meant: {declared.why}", indent) if declared else []


def _at(place: Location) -> str:
    return f"  {place}" if place.file else ""


def _wrapped(text: str, indent: str = "", hanging: str = "  ") -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH - 2,
        initial_indent=indent,
        subsequent_indent=f"{indent}{hanging}",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _counts(found: Promotion) -> dict[str, int]:
    versions = Counter(one.order for app in found.apps for one in app.versions)
    declared = sum(
        (app.declared is not None)
        + sum(one.declared is not None for one in app.values)
        + sum(one.declared is not None for one in app.fields)
        for app in found.apps
    )
    return {
        "both": sum(not app.alone and app.name != SHARED for app in found.apps),
        "alone": sum(app.alone != "" for app in found.apps),
        "behind": versions["behind"],
        "ahead": versions["ahead"],
        "otherVersion": versions["differs"],
        "undeclared": found.undeclared,
        "declared": declared,
        "unused": len(found.unused),
        "unknown": sum(1 for _ in found.unknown),
    }


def _summary(found: Promotion, everything: bool) -> str:
    counts = _counts(found)
    parts = [f"{_number(counts['both'], 'app')} in {found.here} and {found.there}"]
    if counts["alone"]:
        parts.append(f"{counts['alone']} in one of them")
    for key, word in (("behind", "behind"), ("ahead", "ahead"), ("otherVersion", "of another version")):
        if counts[key]:
            parts.append(f"{found.there} {word} in {counts[key]}")
    parts.append(f"{counts['undeclared'] or 'no'} difference{'s' * (counts['undeclared'] != 1)} that nobody declared")
    hidden = "" if everything else " (--all shows them)"
    if counts["declared"]:
        parts.append(f"{counts['declared']} that are meant{hidden}")
    return "; ".join(parts)


def _notes(found: Promotion) -> Iterator[str]:
    unknown = [app.name for app in found.unknown]
    if unknown:
        yield f"could not be compared: {', '.join(unknown)}"
    if found.strangers:
        names = ", ".join(found.strangers[:5]) + (
            f" and {len(found.strangers) - 5} more" if found.strangers[5:] else ""
        )
        yield f"not compared, since their names do not have their environment in them: {names}"
    for one in found.unused:
        yield f"presync.yaml declares what is no difference any more: {one}"


def _app_object(app: App) -> dict[str, Any]:
    return {
        "name": app.name,
        "alone": app.alone or None,
        "unknown": app.unknown or None,
        "declared": _declared(app.declared),
        "versions": [_version_object(one) for one in app.versions],
        "values": [_value_object(one) for one in app.values],
        "fields": [_field_object(one) for one in app.fields],
    }


def _declared(one: Declaration | None) -> dict[str, Any] | None:
    return {"entry": one.at, "why": one.why} if one else None


def _version_object(one: Version) -> dict[str, Any]:
    since = {"commit": one.since.commit, "date": one.since.date, "subject": one.since.subject}
    return {
        "what": one.what,
        "name": one.name,
        "values": [one.here, one.there],
        "places": [str(one.here_place) or None, str(one.there_place) or None],
        "order": one.order,
        "since": since if one.since.commit else None,
        "sinceUnknown": one.since.unknown or None,
    }


def _value_object(one: ValueDifference) -> dict[str, Any]:
    return {
        "key": one.path,
        **_both(one.here, one.there),
        "set": [one.set_here, one.set_there],
        "places": [str(one.here_place) or None, str(one.there_place) or None],
        "version": one.version,
        "declared": _declared(one.declared),
    }


def _field_object(one: FieldDifference) -> dict[str, Any]:
    return {
        "resource": one.resource,
        "field": one.field,
        **_both(one.here, one.there),
        "byValues": one.by_values,
        "place": str(one.place) or None,
        "declared": _declared(one.declared),
    }


def _both(here: Any, there: Any) -> dict[str, Any]:
    """Missing where the environment has nothing."""
    found = {}
    if here is not MISSING:
        found["here"] = here
    if there is not MISSING:
        found["there"] = there
    return found
