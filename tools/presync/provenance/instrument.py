"""Templates that tell, line by line, where their output comes from.

Every line of text a template prints gets a YAML comment with the number of its template and its line there. Comments go
through ``nindent``, ``include`` and ``toYaml | fromYaml`` unharmed, so the output has the structure it always has, and
what it says about lines is what Helm's own engine did rather than a guess about it.
"""

from __future__ import annotations

import bisect
import re
from dataclasses import dataclass
from functools import lru_cache

from presync.provenance.lexer import Part, parts

MARK = re.compile(r" #@(\d+):(\d+)@")
_BLOCK = re.compile(r"(?:if|with|range|block|define)\b")
# Prints nothing: control, assignment, comment.
_STATEMENT = re.compile(r"(?:if|else|end|with|range|define|block|break|continue)\b|/\*|\$\w*\s*:?=")
_YAML_LINE = re.compile(r":(?:\s|$)|^\s*- ")
_DEFINE = re.compile(r"define\b")
_END = re.compile(r"end\b")


@dataclass(frozen=True, slots=True)
class Mark:
    """A line (from 1) of a template, by the template's number."""

    template: int
    line: int


def marks(line: str) -> list[Mark]:
    """The marks of one line of output, innermost first."""
    return [Mark(int(found[1]), int(found[2])) for found in MARK.finditer(line)]


@lru_cache(maxsize=4096)
def instrument(template: str, number: int, careful: bool = False) -> str:
    """The template with a mark at the end of every line of text that reaches the output.

    ``careful`` marks only lines whose end stands in the text itself; otherwise also those whose line break a trim
    marker takes away and an action is expected to bring back (``key:\\n  {{- toYaml . | nindent 2 }}``).
    """
    found = list(parts(template))
    starts = _line_starts(template)
    several = _several_lines(found)
    out: list[str] = []
    for index, part in enumerate(found):
        if part.action:
            out.append(_source(template, found, index))
            continue
        kept_end = len(part.text) - part.cut_right
        text = _marked(template, found, index, starts, number)
        if not careful and part.cut_right:
            newline = part.text.find("\n", kept_end)
            if newline >= 0 and _loses_line_end(template, found, index, part.offset + newline, several):
                text += f" #@{number}:{_line(starts, part.offset + newline)}@"
        # What a trim marker cuts stays, so that the template's own lines do not move.
        out.append(part.text[: part.cut_left] + text + part.text[kept_end:])
    return "".join(out)


def _loses_line_end(template: str, found: list[Part], index: int, end: int, several: set[int]) -> bool:
    """Whether this text ends a line of YAML although a trim marker takes its line break.

    The next thing that prints brings a line break of its own then. A named template that prints a word is left alone.
    """
    following = found[index + 1].text if index + 1 < len(found) else ""
    if _END.match(following) and index + 1 in _ends(found) and index + 1 not in several:
        return False
    line = template[template.rfind("\n", 0, end) + 1 : end]
    printing = [part for part in parts(line) if part.action and not _STATEMENT.match(part.text)]
    text = "".join(part.text for part in parts(line) if not part.action)
    if _YAML_LINE.search(text):
        return True
    return not text.strip() and bool(printing) and "nindent" in printing[-1].text


def _ends(found: list[Part]) -> dict[int, int]:
    """The `end` of each `define`, by index, with the index of the `define`."""
    stack: list[tuple[int, bool]] = []
    out: dict[int, int] = {}
    for index, part in enumerate(found):
        if not part.action:
            continue
        if _BLOCK.match(part.text):
            stack.append((index, bool(_DEFINE.match(part.text))))
        elif _END.match(part.text) and stack:
            start, define = stack.pop()
            if define:
                out[index] = start
    return out


def _several_lines(found: list[Part]) -> set[int]:
    """The `end`s of named templates that print more than one line, so that they are YAML rather than a word."""
    return {
        end
        for end, start in _ends(found).items()
        if any("\n" in part.kept for part in found[start:end] if not part.action)
    }


def _marked(template: str, found: list[Part], index: int, starts: list[int], number: int) -> str:
    part = found[index]
    out, at = [], part.cut_left
    kept_end = len(part.text) - part.cut_right
    for newline in re.finditer("\r?\n", part.text[:kept_end]):
        if newline.start() < part.cut_left:
            continue
        text = part.text[at : newline.start()]
        line = _line(starts, part.offset + newline.start())
        out.append(text)
        # A mark on an empty line could end a block scalar, which is less indented than its content nowhere else.
        printed = text.strip() or (at == part.cut_left and _printed_before(template, found, index, starts[line - 1]))
        if printed and not text.rstrip(" ").endswith("\\"):
            out.append(f" #@{number}:{line}@")
        at = newline.start()
    out.append(part.text[at:kept_end])
    return "".join(out)


def _printed_before(template: str, found: list[Part], index: int, line_start: int) -> bool:
    """Whether something before this text may print on the same line: text, or an action that is no statement."""
    for part in reversed(found[:index]):
        if part.action:
            if not _STATEMENT.match(part.text):
                return True
        elif template[max(part.offset, line_start) : part.offset + len(part.text)].strip():
            return True
        if part.offset <= line_start:
            return False
    return False


def _source(template: str, found: list[Part], index: int) -> str:
    start = found[index].offset
    end = found[index + 1].offset if index + 1 < len(found) else len(template)
    return template[start:end]


def _line_starts(text: str) -> list[int]:
    return [0, *(found.end() for found in re.finditer("\n", text))]


def _line(starts: list[int], offset: int) -> int:
    return bisect.bisect_right(starts, offset)
