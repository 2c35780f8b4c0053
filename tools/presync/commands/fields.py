"""``APP/KIND/NAME[.field]``: what people write for a field of a rendered object."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from presync.base.errors import PresyncError
from presync.platform.model import Entry, Platform
from presync.render.model import Resource
from presync.rules.model import Path, dotted


def find(platform: Platform, text: str) -> tuple[Entry, Resource, Path]:
    """The object and the path of the field.

    Names and keys may hold dots themselves: the longest name that exists is meant. ``[0]`` is an item of a list,
    ``[any.key]`` a key.

    Raises:
        PresyncError: there is no such thing, with the likely one.
    """
    parts = text.split("/", 2)
    if len(parts) < 3 or not all(parts):
        raise PresyncError(
            f"{text!r} is neither a rule nor a field", "Write APP/KIND/NAME or APP/KIND/NAME.field, or a rule's id."
        )
    application, kind, rest = parts
    entries = [entry for entry in platform.entries if entry.name == application]
    if not entries:
        raise PresyncError(
            f"there is no Application {application!r}", _likely(application, [entry.name for entry in platform.entries])
        )
    of_kind = [
        (entry, resource)
        for entry in entries
        for resource in entry.rendered.resources
        if resource.kind.lower() == kind.lower()
    ]
    if not of_kind:
        kinds = sorted({resource.kind for entry in entries for resource in entry.rendered.resources})
        raise PresyncError(f"{application} has no {kind}", _likely(kind, kinds))
    named = [
        (entry, one) for entry, one in of_kind if rest == one.name or rest.startswith((f"{one.name}.", f"{one.name}["))
    ]
    if not named:
        raise PresyncError(
            f"{application} has no {kind} for {rest!r}", _likely(rest.split(".")[0], [one.name for _, one in of_kind])
        )
    entry, resource = max(named, key=lambda found: len(found[1].name))
    return entry, resource, _path(resource, rest[len(resource.name) :])


def _path(resource: Resource, text: str) -> Path:
    data: Any = resource.data
    path: list[str | int] = []
    while text:
        if text.startswith("[") and "]" in text:
            word, _, text = text[1:].partition("]")
            step: str | int = int(word) if isinstance(data, list) and word.isdigit() else word
        else:
            text = text.removeprefix(".")
            step, text = _key(data, text)
        if not _has(data, step):
            known = (
                list(data)
                if isinstance(data, Mapping)
                else [f"[{at}]" for at in range(len(data))]
                if isinstance(data, list)
                else []
            )
            raise PresyncError(
                f"{resource} has no {dotted([*path, step])}", _likely(str(step), [str(one) for one in known])
            )
        data = data[step]
        path.append(step)
    return path


def _key(data: Any, text: str) -> tuple[str, str]:
    """The longest key that the text begins with, and the rest; the part before the next dot where there is none."""
    keys = sorted(map(str, data), key=len, reverse=True) if isinstance(data, Mapping) else []
    for key in keys:
        if text.startswith(key) and text[len(key) : len(key) + 1] in ("", ".", "["):
            return key, text[len(key) :]
    end = min((at for at in (text.find("."), text.find("[")) if at > 0), default=len(text))
    return text[:end], text[end:]


def _has(data: Any, step: str | int) -> bool:
    if isinstance(data, Mapping):
        return step in data
    return isinstance(data, list) and isinstance(step, int) and step < len(data)


def _likely(word: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(word, known, 3, 0.5)
    if close:
        return f"Did you mean {' or '.join(close)}?"
    return f"There is: {', '.join(sorted(set(known))[:12])}." if known else ""
