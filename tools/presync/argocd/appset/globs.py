"""The globs of the git generator, as git and Go match them.

Patterns are hostile input. Every ``*`` becomes an atomic group, which never gives back what it took, so matching is
bounded; for globs the first place where the next piece fits is as good as any later one.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from functools import lru_cache

MAX_ALTERNATIVES = 256

_CLASSES = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "blank": " \\t",
    "cntrl": "\\x00-\\x1f\\x7f",
    "digit": "0-9",
    "graph": "\\x21-\\x7e",
    "lower": "a-z",
    "print": "\\x20-\\x7e",
    "punct": re.escape("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"),
    "space": " \\t\\n\\v\\f\\r",
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}
_SPECIAL = re.compile(r"[*?\[\\]")


class GlobError(ValueError):
    """The pattern is refused; the message is git's or Go's."""


class GlobUnsupported(Exception):
    """A pattern presync does not understand; what it would match is unknown."""


def git_files(pattern: str, paths: Iterable[str]) -> list[str]:
    """``git ls-files -- PATTERN`` at the root: what Argo CD's default globbing finds.

    ``*`` and ``?`` match ``/`` too; a pattern that names a folder means everything below it.

    Raises:
        GlobError: the pattern leads out of the repository.
        GlobUnsupported: pathspec magic other than ``:(top)``, ``:(glob)``, ``:(literal)``, ``:(icase)``.
    """
    magic, pattern = _magic(pattern or ".")
    raw = pattern
    if pattern.startswith("/"):
        raise _outside(raw)
    folder = pattern.endswith("/")
    pattern = posixpath.normpath(pattern) if pattern else "."
    if pattern == ".." or pattern.startswith("../"):
        raise _outside(raw)
    if pattern == ".":
        return list(paths)
    literal, below = pattern, pattern + "/"
    flags = re.IGNORECASE if "icase" in magic else 0
    matcher = None
    if "literal" not in magic and not folder and _SPECIAL.search(pattern):
        matcher = _pathname(pattern, flags) if "glob" in magic else _wildmatch(pattern, flags)
    if flags:
        literal, below = literal.lower(), below.lower()
        return [path for path in paths if _is_named(path.lower(), literal, below, folder) or _found(matcher, path)]
    return [path for path in paths if _is_named(path, literal, below, folder) or _found(matcher, path)]


def _outside(pattern: str) -> GlobError:
    command = f"`git ls-files --full-name -z -- {pattern}` failed exit status 128"
    return GlobError(f"{command}: fatal: {pattern}: '{pattern}' is outside repository")


def _is_named(path: str, literal: str, below: str, folder: bool) -> bool:
    return path.startswith(below) or (path == literal and not folder)


def _found(matcher: re.Pattern[str] | None, path: str) -> bool:
    return matcher is not None and matcher.fullmatch(path) is not None


def _magic(pattern: str) -> tuple[frozenset[str], str]:
    """Pathspec magic (gitglossary(7)): the words before the pattern, and the pattern."""
    if pattern.startswith(":("):
        words, closed, rest = pattern[2:].partition(")")
        magic = frozenset(word for word in words.split(",") if word)
        if not closed or not magic <= {"top", "glob", "literal", "icase"}:
            raise GlobUnsupported(f"the git pathspec {pattern!r}")
        return magic, rest
    if pattern.startswith(":"):
        if pattern == ":" or not pattern.startswith((":/", "::")):
            raise GlobUnsupported(f"the git pathspec {pattern!r}")
        return frozenset({"top"}), pattern[2:]
    return frozenset(), pattern


@lru_cache(maxsize=1024)
def _wildmatch(pattern: str, flags: int) -> re.Pattern[str]:
    """git's wildmatch without WM_PATHNAME: no character is special to ``*`` and ``?``."""
    return re.compile(_sequence(pattern, ".", named=True), flags | re.DOTALL)


@lru_cache(maxsize=1024)
def _pathname(pattern: str, flags: int) -> re.Pattern[str]:
    """git's wildmatch with WM_PATHNAME (``:(glob)``): ``**`` between slashes means any number of folders."""
    parts = pattern.split("/")
    out = ""
    for index, part in enumerate(parts):
        last = index == len(parts) - 1
        if part == "**":
            out += ".*" if last else "(?:[^/]+/)*"
        else:
            out += _sequence(part, "[^/]", named=True) + ("" if last else "/")
    return re.compile(out, flags | re.DOTALL)


def _sequence(pattern: str, one: str, named: bool) -> str:
    """A regular expression for a glob; ``one`` is what ``?`` matches, ``named`` whether ``[:alpha:]`` is known."""
    chunks: list[str] = [""]
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if char == "*":
            if chunks[-1] or len(chunks) == 1:
                chunks.append("")
        elif char == "?":
            chunks[-1] += one
        elif char == "[":
            text, at = _bracket(pattern, at, one, named)
            chunks[-1] += text
            continue
        elif char == "\\":
            at += 1
            chunks[-1] += re.escape(pattern[at]) if at < len(pattern) else "(?!)"
        else:
            chunks[-1] += re.escape(char)
        at += 1
    if len(chunks) == 1:
        return chunks[0]
    middle = "".join(f"(?>{one}*?{chunk})" for chunk in chunks[1:-1])
    return f"{chunks[0]}{middle}{one}*{chunks[-1]}"


def _bracket(pattern: str, start: int, one: str, named: bool) -> tuple[str, int]:
    """``[...]`` from ``start``; a bracket that is never closed matches nothing, as in git."""
    at = start + 1
    negated = pattern[at : at + 1] in ("!", "^")
    at += negated
    parts: list[str] = []
    first = True
    while at < len(pattern) and (first or pattern[at] != "]"):
        first = False
        name = re.match(r"\[:(\w+):\]", pattern[at:]) if named else None
        if name:
            parts.append(_CLASSES.get(name[1], ""))
            at += name.end()
            continue
        low, at = _character(pattern, at)
        if pattern[at : at + 1] == "-" and pattern[at + 1 : at + 2] not in ("", "]"):
            high, at = _character(pattern, at + 1)
            parts.append(f"{re.escape(low)}-{re.escape(high)}" if low <= high else "")
        else:
            parts.append(re.escape(low))
    if at >= len(pattern):
        return "(?!)", at
    inside = "".join(parts)
    guard = "(?!/)" if one != "." else ""
    if not inside:
        return (f"{guard}{one}" if negated else "(?!)"), at + 1
    return f"{guard}[{'^' if negated else ''}{inside}]", at + 1


def _character(pattern: str, at: int) -> tuple[str, int]:
    if pattern[at] == "\\" and at + 1 < len(pattern):
        at += 1
    return pattern[at], at + 1


def doublestar(pattern: str, entries: Iterable[str]) -> list[str]:
    """``doublestar.FilepathGlob`` below the root: ``**`` is any number of folders, ``{a,b}`` either, ``*`` one name.

    ``entries`` are files and folders; both are found (https://github.com/bmatcuk/doublestar).

    Raises:
        GlobError: the pattern is malformed.
    """
    clean = posixpath.normpath(pattern.lstrip("/") or ".")
    if clean == ".." or clean.startswith("../"):
        raise GlobUnsupported(f"the pattern {pattern!r}, which leads out of the repository")
    if clean == ".":
        return ["."]
    compiled = [_segments(one) for one in alternatives(clean)]
    root = ["."] if any(all(segment is None for segment in segments) for segments in compiled) else []
    return root + [entry for entry in entries if any(_walk(segments, entry.split("/")) for segments in compiled)]


def alternatives(pattern: str) -> list[str]:
    """``a{b,c}`` as ``ab`` and ``ac``.

    Raises:
        GlobError: a brace is not closed, or there are too many.
    """
    opening = _unescaped(pattern, "{", 0)
    if opening < 0:
        return [pattern]
    parts, start, depth, at = [], opening + 1, 1, opening + 1
    while depth:
        at = _unescaped(pattern, "{},", at)
        if at < 0:
            raise GlobError("syntax error in pattern")
        depth += {"{": 1, "}": -1}.get(pattern[at], 0)
        if (pattern[at] == "," and depth == 1) or not depth:
            parts.append(pattern[start:at])
            start = at + 1
        at += 1
    head, tail = pattern[:opening], pattern[at:]
    out = [option for part in parts for option in alternatives(head + part + tail)]
    if len(out) > MAX_ALTERNATIVES:
        raise GlobError("syntax error in pattern")
    return out


def _unescaped(pattern: str, wanted: str, at: int) -> int:
    while at < len(pattern):
        if pattern[at] == "\\":
            at += 1
        elif pattern[at] in wanted:
            return at
        at += 1
    return -1


_Segments = tuple["re.Pattern[str] | None", ...]


@lru_cache(maxsize=1024)
def _segments(pattern: str) -> _Segments:
    """A regular expression for each name of the path; None is ``**``."""
    return tuple(None if part == "**" else _segment(part) for part in pattern.split("/"))


def _segment(part: str) -> re.Pattern[str]:
    opened = _unescaped(part, "[", 0)
    if opened >= 0 and _unescaped(part, "]", opened + 1) <= opened + 1:
        raise GlobError("syntax error in pattern")
    if part.endswith("\\") and not part.endswith("\\\\"):
        raise GlobError("syntax error in pattern")
    return re.compile(_sequence(part, "[^/]", named=False), re.DOTALL)


def _walk(segments: _Segments, names: list[str]) -> bool:
    """Whether the names can be laid out along the segments; the positions that are possible are carried along."""
    positions = {0}
    for name in names:
        following: set[int] = set()
        for position in _past_stars(segments, positions):
            if position == len(segments):
                continue
            segment = segments[position]
            if segment is None:
                following.add(position)
            elif segment.fullmatch(name):
                following.add(position + 1)
        if not following:
            return False
        positions = following
    return len(segments) in _past_stars(segments, positions)


def _past_stars(segments: _Segments, positions: set[int]) -> set[int]:
    out = set(positions)
    for position in positions:
        at = position
        while at < len(segments) and segments[at] is None:
            at += 1
            out.add(at)
    return out
