"""Where in YAML a difference is to be seen."""

from __future__ import annotations

import difflib
import re

from presync.change.model import Difference, Path

_LITERAL = re.compile(r"(?:^|[:-]\s+)\|[+-]?\s*(?:#.*)?$")


def inner(text: str, line: int, one: Difference) -> int:
    """How far below its key the only place stands at which a literal block of YAML differs; 0 where there is none."""
    lines = text.split("\n")
    if not (isinstance(one.old, str) and isinstance(one.new, str)) or not 0 < line <= len(lines):
        return 0
    if not _LITERAL.search(lines[line - 1]):
        return 0
    matcher = difflib.SequenceMatcher(None, one.old.split("\n"), one.new.split("\n"), autojunk=False)
    found = [code for code in matcher.get_opcodes() if code[0] != "equal"]
    return found[0][3] + 1 if len(found) == 1 and found[0][0] != "delete" else 0


def at(one: Difference) -> tuple[bool, Path]:
    """Whether it is to be seen in the base alone, and where: of a list of texts the only item that differs."""
    if isinstance(one.old, list) and isinstance(one.new, list):
        matcher = difflib.SequenceMatcher(None, [*map(repr, one.old)], [*map(repr, one.new)], autojunk=False)
        found = [code for code in matcher.get_opcodes() if code[0] != "equal"]
        if len(found) == 1 and max(found[0][2] - found[0][1], found[0][4] - found[0][3]) == 1:
            tag, was, _, now, _ = found[0]
            return (True, (*one.base, was)) if tag == "delete" else (False, (*one.head, now))
    return (True, one.base) if one.removed else (False, one.head)
