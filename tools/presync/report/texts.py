"""How values and hostile texts are written in several reports."""

from __future__ import annotations

import json
from typing import Any

GITHUB = 65_536  # characters of a comment
_LONG = 100  # characters of a value in one line


def value_text(value: Any) -> str:
    """A value in one line."""
    text = value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False, default=str)
    text = text.replace("\n", "\\n")
    return text if len(text) <= _LONG else f"{text[: _LONG - 3]}..."


def escape(text: str) -> str:
    """For Markdown: no HTML, nobody is mentioned."""
    return text.replace("<", "&lt;").replace("@", "@\u200b").replace("\n", " ")


def fence(text: str) -> str:
    """For a block of code: it cannot end the block."""
    return text.replace("```", "'''")
