"""Go templates taken apart into text and actions, as text/template's own lexer does.

Source: https://pkg.go.dev/text/template#hdr-Text_and_spaces
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_LEFT, _RIGHT = "{{", "}}"
_SPACE = " \t\r\n"
# What may stand in an action: strings, raw strings, characters, a comment, anything else.
_TOKEN = re.compile(r'"(?:\\.|[^"\\\n])*"|`[^`]*`|\'(?:\\.|[^\'\\\n])*\'|(?P<end>-?\}\})|.', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Part:
    """A run of text, or one action (``{{ … }}``), with the offset it begins at in the template.

    ``text`` of an action is what stands between the braces, without trim markers. ``cut_left`` and ``cut_right`` tell
    of a text how many characters a neighbouring trim marker takes away.
    """

    offset: int
    text: str
    action: bool = False
    cut_left: int = 0
    cut_right: int = 0

    @property
    def kept(self) -> str:
        """The text that reaches the output."""
        return self.text[self.cut_left : len(self.text) - self.cut_right]


def parts(template: str) -> Iterator[Part]:
    """Text and actions in turn; a template that Go could not read ends with its unreadable rest as text."""
    at, trim = 0, False
    while True:
        start = template.find(_LEFT, at)
        end = len(template) if start < 0 else start
        text = template[at:end]
        left = len(text) - len(text.lstrip(_SPACE)) if trim else 0
        trims = start >= 0 and template.startswith("-", start + 2) and template[start + 3 : start + 4] in tuple(_SPACE)
        right = len(text) - len(text.rstrip(_SPACE)) if trims else 0
        if text:
            yield Part(at, text, False, left, min(right, len(text) - left))
        if start < 0:
            return
        body = start + (3 if trims else 2)
        close, at = _close(template, body)
        if close < 0:
            yield Part(start, template[start:])
            return
        inner = template[body:close]
        trim = template[close] == "-"
        yield Part(start, inner.strip(_SPACE), True)


def _close(template: str, at: int) -> tuple[int, int]:
    """Where the action that begins here ends, and where the text after it begins."""
    while template[at : at + 1] in tuple(_SPACE):
        at += 1
    if template.startswith("/*", at):
        at = template.find("*/", at)
        if at < 0:
            return -1, -1
        at += 2
    while at < len(template):
        found = _TOKEN.match(template, at)
        if found is None:
            return -1, -1
        if found["end"]:
            # "-}}" trims only after a space: {{3-}} is a syntax error Go reports; {{ x -}} is a marker.
            return found.start(), found.end()
        at = found.end()
    return -1, -1
