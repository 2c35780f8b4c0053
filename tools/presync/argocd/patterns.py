"""The two kinds of patterns in an AppProject, as Argo CD's libraries match them.

Sources and destinations are matched by https://github.com/gobwas/glob, kinds by Go's ``path/filepath.Match``. Patterns
are hostile input, so nothing here backtracks: every pattern becomes a list of steps and the set of steps that may come
next is carried along the text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

MAX_ALTERNATIVES = 256
MAX_PATTERN = 4096


class PatternError(ValueError):
    """The library would refuse to compile this pattern; Argo CD then treats it as matching nothing."""


@dataclass(frozen=True, slots=True)
class _Step:
    """One character that ``accepts`` allows, or any number of them (``many``)."""

    accepts: Callable[[str], bool]
    many: bool = False


_Steps = tuple[_Step, ...]


@lru_cache(maxsize=4096)
def glob(pattern: str, text: str, separators: str = "") -> bool:
    """Whether gobwas/glob would match; ``*`` and ``?`` stop at separators, ``**`` does not."""
    try:
        return any(_matches(steps, text) for steps in _compile_glob(pattern, separators))
    except PatternError:
        return False


@lru_cache(maxsize=4096)
def file_match(pattern: str, text: str) -> bool:
    """``filepath.Match``: ``*`` and ``?`` stop at ``/``; a malformed pattern matches nothing."""
    try:
        return _matches(_compile_file(pattern), text)
    except PatternError:
        return False


def regular_expression(pattern: str, text: str) -> bool:
    """Whether an expression is found in the text, in linear time; one that cannot be compiled matches nothing."""
    import jsonschema_rs  # noqa: PLC0415 - 20 ms for something rare; Python's own engine can be made to run for ever

    try:
        options = jsonschema_rs.RegexOptions()
        return jsonschema_rs.validator_for({"pattern": pattern}, pattern_options=options).is_valid(text)
    except ValueError:
        return False


def _matches(steps: _Steps, text: str) -> bool:
    end = len(steps)
    states = _skip({0}, steps)
    for char in text:
        following: set[int] = set()
        for state in states:
            if state < end and steps[state].accepts(char):
                following.add(state if steps[state].many else state + 1)
        states = _skip(following, steps)
        if not states:
            return False
    return end in states


def _skip(states: set[int], steps: _Steps) -> set[int]:
    """The states and those behind any ``many`` step that matches nothing."""
    out = set(states)
    for state in states:
        at = state
        while at < len(steps) and steps[at].many:
            at += 1
            out.add(at)
    return out


def _literal(char: str) -> _Step:
    return _Step(lambda other: other == char)


def _anything(separators: str, many: bool) -> _Step:
    return _Step(lambda char: char not in separators, many)


@lru_cache(maxsize=4096)
def _compile_glob(pattern: str, separators: str) -> tuple[_Steps, ...]:
    if len(pattern) > MAX_PATTERN:
        raise PatternError("too long")
    return tuple(_glob_steps(one, separators) for one in _alternatives(pattern))


def _alternatives(pattern: str) -> list[str]:
    """``a{b,c}d`` as ``abd`` and ``acd``; escapes and ranges are left for the next step."""
    opening = _find(pattern, "{", 0)
    if opening < 0:
        return [pattern]
    parts, start, depth, at = [], opening + 1, 1, opening + 1
    while depth:
        at = _find(pattern, "{},", at)
        if at < 0:
            raise PatternError("a brace is not closed")
        char = pattern[at]
        depth += {"{": 1, "}": -1}.get(char, 0)
        if (char == "," and depth == 1) or (char == "}" and not depth):
            parts.append(pattern[start:at])
            start = at + 1
        at += 1
    heads = [pattern[:opening] + inner for part in parts for inner in _alternatives(part)]
    tails = _alternatives(pattern[at:])
    if len(heads) * len(tails) > MAX_ALTERNATIVES:
        raise PatternError("too many alternatives")
    return [head + tail for head in heads for tail in tails]


def _find(pattern: str, wanted: str, at: int) -> int:
    """The next of these characters that is neither escaped nor inside a range."""
    in_range = False
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            at += 2
            continue
        if in_range:
            in_range = char != "]"
        elif char == "[":
            in_range = True
        elif char in wanted:
            return at
        at += 1
    return -1


def _glob_steps(pattern: str, separators: str) -> _Steps:
    steps: list[_Step] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            if at + 1 < len(pattern):
                steps.append(_literal(pattern[at + 1]))
            at += 2
        elif char == "*":
            double = pattern.startswith("**", at)
            steps.append(_anything("" if double else separators, many=True))
            at += 2 if double else 1
        elif char == "?":
            steps.append(_anything(separators, many=False))
            at += 1
        elif char == "[":
            step, at = _glob_range(pattern, at + 1)
            steps.append(step)
        else:
            steps.append(_literal(char))
            at += 1
    return tuple(steps)


def _glob_range(pattern: str, at: int) -> tuple[_Step, int]:
    """``[abc]``, ``[a-z]``, either with ``!`` first; one range and nothing beside it."""
    negated = pattern.startswith("!", at)
    at += negated
    closing = at
    chars = ""
    while closing < len(pattern) and pattern[closing] != "]":
        if pattern[closing] == "\\":
            closing += 1
        chars += pattern[closing : closing + 1]
        closing += 1
    if closing >= len(pattern) or not chars:
        raise PatternError("a range is empty or not closed")
    if pattern[at + 1 : at + 2] == "-":
        if len(chars) != 3 or chars[2] < chars[0]:
            raise PatternError("not a range of two characters")
        low, high = chars[0], chars[2]
        return _Step(lambda char: (low <= char <= high) != negated), closing + 1
    return _Step(lambda char: (char in chars) != negated), closing + 1


@lru_cache(maxsize=4096)
def _compile_file(pattern: str) -> _Steps:
    steps: list[_Step] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if char == "*":
            steps.append(_anything("/", many=True))
        elif char == "?":
            steps.append(_anything("/", many=False))
        elif char == "\\":
            at += 1
            if at >= len(pattern):
                raise PatternError("ends with a backslash")
            steps.append(_literal(pattern[at]))
        elif char == "[":
            step, at = _file_range(pattern, at + 1)
            steps.append(step)
        else:
            steps.append(_literal(char))
        at += 1
    return tuple(steps)


def _file_range(pattern: str, at: int) -> tuple[_Step, int]:
    negated = pattern.startswith("^", at)
    at += negated
    ranges: list[tuple[str, str]] = []
    while at < len(pattern):
        if pattern[at] == "]" and ranges:
            return _in_ranges(tuple(ranges), negated), at
        low, at = _file_char(pattern, at)
        high = low
        if pattern.startswith("-", at):
            high, at = _file_char(pattern, at + 1)
        ranges.append((low, high))
    raise PatternError("a range is not closed")


def _file_char(pattern: str, at: int) -> tuple[str, int]:
    if at >= len(pattern) or pattern[at] in "-]":
        raise PatternError("a range has no character where one is needed")
    if pattern[at] == "\\":
        at += 1
        if at >= len(pattern):
            raise PatternError("ends with a backslash")
    return pattern[at], at + 1


def _in_ranges(ranges: Sequence[tuple[str, str]], negated: bool) -> _Step:
    return _Step(lambda char: any(low <= char <= high for low, high in ranges) != negated)
