"""How values and hostile texts are written in several reports."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

GITHUB = 65_536  # characters of a comment
_ROOM = 200  # for the sentence that says how many sections are not there
_LONG = 100  # characters of a value in one line


def value_text(value: Any) -> str:
    """A value in one line."""
    text = value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False, default=str)
    text = text.replace("\n", "\\n")
    return text if len(text) <= _LONG else f"{text[: _LONG - 3]}..."


def folded(text: str, sections: Iterable[tuple[str, Sequence[str]]], language: str, limit: int) -> tuple[str, int]:
    """The text with sections that unfold to lines of code, as far as there is room, and how many had none."""
    left_out = 0
    for name, lines in sections:
        body = fence("\n".join(lines))
        section = f"\n<details><summary>{escape(name)}</summary>\n\n```{language}\n{body}\n```\n</details>\n"
        if len(text) + len(section) > limit - _ROOM:
            left_out += 1
        else:
            text += section
    return text, left_out


def escape(text: str) -> str:
    """For Markdown: no HTML, nobody is mentioned."""
    return text.replace("<", "&lt;").replace("@", "@\u200b").replace("\n", " ")


def fence(text: str) -> str:
    """For a block of code: it cannot end the block."""
    return text.replace("```", "'''")
