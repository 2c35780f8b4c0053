"""The rules as a set: every one found, named, documented, and none forgotten."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import presync
from presync.rules import registry as module
from presync.rules.documentation import as_markdown, as_text
from presync.rules.model import Rule
from presync.rules.registry import GROUPS, by_kind, registry

SOURCES = Path(presync.__file__).parent
KIND = re.compile(r"[a-z]+(-[a-z]+)+")
# Calls whose first text in this form is the kind of a Problem.
MAKERS = {"Problem", "Unavailable", "Undetermined", "_problem"}


def kinds_in_code() -> dict[str, str]:
    found = {}
    for path in sorted(SOURCES.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                texts = [
                    one.value for one in node.args[:2] if isinstance(one, ast.Constant) and isinstance(one.value, str)
                ]
                if name in MAKERS and texts and KIND.fullmatch(texts[0]):
                    found[texts[0]] = f"{path.relative_to(SOURCES)}:{node.lineno}"
    return found


def test_every_kind_of_problem_has_a_rule() -> None:
    names = {rule.name for rule in registry()}
    found = kinds_in_code()
    assert len(found) > 20
    assert {kind: place for kind, place in found.items() if kind not in by_kind() and kind not in names} == {}


def test_order_is_fixed() -> None:
    ids = [rule.id for rule in registry()]
    assert ids == sorted(ids, key=lambda one: (list(GROUPS).index(one[:3]), one))
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("rule", registry(), ids=lambda rule: rule.id)
def test_documentation(rule: Rule) -> None:
    summary = rule.doc.split("\n\n", 1)[0]
    assert summary.endswith(".")
    assert re.search(r"^Bad:$", rule.doc, re.MULTILINE) and re.search(r"^Good:$", rule.doc, re.MULTILINE)
    assert rule.kinds or rule.check or rule.change or rule.group == "PRE"
    text = as_text(rule)
    assert text.startswith(f"{rule.id} {rule.name} (") and summary.split()[0] in text


def test_markdown_has_every_rule_with_fenced_examples() -> None:
    page = as_markdown(registry())
    for rule in registry():
        assert f"\n## {rule.id} {rule.name}\n" in page
        assert f"(#{rule.id.lower()}-{rule.name})" in page
    assert page.count("```yaml") == page.count("**Bad**") + page.count("**Good**")
    assert page.count("```") % 2 == 0


def test_rules_may_not_share_a_word() -> None:
    one, *_ = registry()
    with pytest.raises(TypeError, match="belongs to"):
        module._refuse_doubles([one, one])
