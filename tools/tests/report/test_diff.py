"""The report of a change."""

from __future__ import annotations

from typing import Any, cast

from presync.base.finding import Finding, Severity
from presync.change.model import Change
from presync.report.diff import as_markdown
from presync.report.texts import GITHUB, escape, value_text


def finding(number: int) -> Finding:
    return Finding("CHG001", "application-removed", Severity.ERROR, f"@team {number} <b>", "", key=str(number))


def test_a_comment_has_room_for_any_number_of_dangers() -> None:
    change = Change(cast(Any, None), cast(Any, None), (), (), notes=("not committed: <a>",))
    text = as_markdown(change, [finding(number) for number in range(5000)], "main")
    assert len(text) <= GITHUB
    assert "more, less severe or alike" in text
    assert "<b>" not in text and "@team" not in text and "not committed: &lt;a>" in text
    few = as_markdown(change, [finding(1)], "main")
    assert few.count("- **error** CHG001") == 1 and "less severe" not in few


def test_texts() -> None:
    assert value_text("a\nb") == "a\\nb"
    assert value_text("") == '""'
    assert value_text({"a": [1]}) == '{"a": [1]}'
    assert value_text("x" * 200) == "x" * 97 + "..."
    assert escape("@a\n<b>") == "@\u200ba &lt;b>"
