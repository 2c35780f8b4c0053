"""The contract for people and for other tools."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from presync.contract.page import as_html, as_markdown
from tests.commands.conftest import Run

from .test_compatibility import SETS, contract

NASTY = {
    "user-features": {
        **SETS["user-features"],
        "description": "</style><script>alert(1)</script> & a | b\n# no heading",
        "owner": '"><img src=x>',
    }
}


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.attributes += attrs


def test_the_page_stands_alone_in_light_and_dark() -> None:
    page = as_html(contract(SETS), [])
    assert "prefers-color-scheme: dark" in page
    assert not re.search(r"https?://|url\(|@import", page)
    tags = Tags()
    tags.feed(page)
    assert tags.seen.count("table") == 4
    assert not {"link", "script", "img", "iframe"} & set(tags.seen)
    assert "<td>events_7d</td>" in page


def test_texts_of_the_contract_stay_texts() -> None:
    page = as_html(contract(NASTY), [])
    tags = Tags()
    tags.feed(page)
    assert not {"script", "img"} & set(tags.seen)
    assert not [name for name, _ in tags.attributes if name.startswith("on")]
    text = as_markdown(contract(NASTY), [])
    rows = [line for line in text.splitlines() if "alert" in line and line.startswith("|")]
    assert rows
    assert all(line.count("|") - line.count(r"\|") == 5 for line in rows)
    assert "\n# no heading" not in text


def test_show_and_export(small: Path, run: Run, tmp_path: Path) -> None:
    done = run("-C", small, "contract", "show")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("contract sha256:")
    assert "model-dev (Deployment model)" in done.stdout
    assert "model-prod" not in done.stdout
    assert "model-prod" in run("-C", small, "contract", "show", "-e", "prod").stdout
    assert run("-C", small, "contract", "show", "nothing").returncode == 2
    assert run("-C", small, "contract", "show", "-e", "moon").returncode == 2
    assert run("-C", small, "contract", "export", "-f", "html", "--to", tmp_path / "page.html").returncode == 0
    assert (tmp_path / "page.html").read_text().startswith("<!doctype html>")
    assert run("-C", small, "contract", "export", "-f", "markdown").stdout.startswith("# Features\n")
    assert run("-C", small, "contract", "export", "-f", "jsonschema").stdout == "{}\n"


@pytest.mark.parametrize("name", ["show", "diff", "export"])
def test_help(run: Run, name: str) -> None:
    assert run("contract", name, "--help").returncode == 0
