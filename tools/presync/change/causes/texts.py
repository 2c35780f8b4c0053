"""Lines within texts of YAML."""

from __future__ import annotations

import difflib
import re

from presync.change.model import Difference

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
