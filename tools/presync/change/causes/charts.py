"""What changed in the files of a chart, place by place."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

from presync.change.causes.model import Place, Unit
from presync.change.causes.values import DEFAULTS
from presync.render.trace import HelmTrace, narrowed

_COMPARED = 4_000  # lines of a file in which changed places are looked for
CRDS = "crds/"  # objects that no template prints


def texts(base: HelmTrace, head: HelmTrace, places: bool) -> Iterator[Unit]:
    """Every file that differs and that a template can print or read; every place in it where ``places``."""
    for path, old, new in changed(base, head):
        origins = base.bare.origins if new is None else head.bare.origins
        file = origins.get(path, path)
        before, after = _lines(old), _lines(new)
        if old is None or new is None or not before or not after:
            yield Unit("text", (Place(file, removed=new is None),), path)
            continue
        codes = difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
        found = [code[1:] for code in codes if code[0] != "equal"]
        shown = tuple(Place(file, i + 1, "", True) if j == j2 else Place(file, j + 1) for i, _, j, j2 in found)
        if places and (len(found) > 1 or _even(found[0])):
            for code, place in zip(found, shown, strict=True):
                yield _block(Unit("text", (place,), path, lines=code))
        else:
            yield Unit("text", shown if len(shown) == 1 else (Place(file),), path)


def _block(unit: Unit) -> Unit:
    """The place with its lines as parts, where as many lines went as came."""
    i1, i2, j1, _ = unit.lines
    if _even(unit.lines):
        for at in range(i2 - i1):
            place = Place(unit.places[0].file, j1 + at + 1)
            lines = (i1 + at, i1 + at + 1, j1 + at, j1 + at + 1)
            unit.parts.append(Unit("text", (place,), unit.where, lines=lines, block=unit))
    return unit


def _even(code: tuple[int, int, int, int]) -> bool:
    i1, i2, j1, j2 = code
    return 1 < i2 - i1 == j2 - j1


def changed(base: HelmTrace, head: HelmTrace) -> Iterator[tuple[str, bytes | None, bytes | None]]:
    """Paths in the bare chart that differ, without values files and what nothing reads; crds/ is no template's."""
    if base.chart.files == head.chart.files:
        return
    old, new = _read(base), _read(head)
    for path in sorted({*old, *new}):
        if old.get(path) != new.get(path) and not DEFAULTS.fullmatch(path) and not path.startswith(CRDS):
            yield path, old.get(path), new.get(path)


def without(text: bytes, before: bytes, codes: list[tuple[int, int, int, int]]) -> bytes:
    """The text with some places as they were before."""
    lines, old = _lines(text), _lines(before)
    for i1, i2, j1, j2 in sorted(codes, reverse=True):
        lines[j1:j2] = old[i1:i2]
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def _read(trace: HelmTrace) -> Mapping[str, bytes]:
    """The files that can do something; all templates count."""
    every = trace.bare.files
    return narrowed(every, [f"chart/{path}" for path in every])


def _lines(data: bytes | None) -> list[str]:
    """The lines; none where the file is too long to look for places in it."""
    lines = [] if data is None else data.decode("utf-8", "surrogateescape").split("\n")
    return lines if len(lines) <= _COMPARED else []
