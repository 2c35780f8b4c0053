"""The documentation of rules: their docstrings, as plain text and as Markdown."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable

from presync.rules.model import Rule
from presync.rules.registry import GROUPS

_EXAMPLE = re.compile(r"^(Bad|Good):$", re.MULTILINE)


def as_text(rule: Rule) -> str:
    """One rule, for a terminal."""
    return f"{rule.id} {rule.name} ({_severity(rule)})\n\n{_body(rule)}\n"


def as_markdown(rules: Iterable[Rule]) -> str:
    """All rules as one page: a table, then a section each."""
    rules = list(rules)
    parts = [
        "# Rules\n",
        "Generated from the docstrings in `tools/presync/rules` by `make generate`.\n",
        "An *undetermined* rule says that presync could not tell; the exit status is then 2.\n",
    ]
    for group, title in GROUPS.items():
        members = [rule for rule in rules if rule.group == group]
        if members:
            rows = "\n".join(
                f"| [{rule.id}](#{rule.id.lower()}-{rule.name}) | {rule.name} | {_severity(rule)} | {summary(rule)} |"
                for rule in members
            )
            parts.append(f"## {title}\n\n| Rule | Name | Severity | Meaning |\n| --- | --- | --- | --- |\n{rows}\n")
    for rule in rules:
        parts.append(f"## {rule.id} {rule.name}\n\n*{_severity(rule)}*\n\n{_markdown(_body(rule))}\n")
    return "\n".join(parts)


def _severity(rule: Rule) -> str:
    return f"{rule.severity}, undetermined" if rule.undetermined else str(rule.severity)


def _body(rule: Rule) -> str:
    return inspect.cleandoc(rule.doc)


def summary(rule: Rule) -> str:
    """The first paragraph, in one line; fit for a Markdown table."""
    return " ".join(_body(rule).split("\n\n", 1)[0].split()).replace("|", "\\|")


def _markdown(body: str) -> str:
    """Examples, which are indented below ``Bad:`` and ``Good:``, become fenced blocks."""
    out: list[str] = []
    block: list[str] = []
    in_example = False
    for line in [*body.split("\n"), ""]:
        if in_example and (line.startswith("    ") or not line.strip()):
            block.append(line[4:])
            continue
        if in_example:
            out += _fenced(block)
            block, in_example = [], False
        if _EXAMPLE.fullmatch(line):
            in_example = True
            out += [f"**{line[:-1]}**", ""]
        else:
            out.append(line)
    if in_example:
        out += _fenced(block)
    return "\n".join(out).strip()


def _fenced(block: list[str]) -> list[str]:
    text = "\n".join(block).strip("\n")
    return ["```yaml", text, "```", ""]
