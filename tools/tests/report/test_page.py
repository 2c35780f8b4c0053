"""The page as a file: what is in it, what never is."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from presync.change import compare
from presync.change.fields import differences
from presync.report.diff import as_json, as_markdown
from presync.report.page import as_html
from presync.report.page.fields import LINES, Budget, field, scalar, whole
from presync.report.page.write import embedded

from .changes import HOSTILE, SECRETS, config, hostile, large, odd, platform, small

PLENTY = 1_000_000
WHY = [{"file": "envs/web-prod.yaml", "line": 1}]  # the only place of the only file that differs


class Reader(HTMLParser):
    """Elements with their attributes, and the texts of those that hold scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self._in = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._in = f"{tag} {dict(attrs).get('type') or ''}".strip() if tag in ("script", "style") else ""

    def handle_endtag(self, tag: str) -> None:
        self._in = ""

    def handle_data(self, data: str) -> None:
        if self._in:
            self.texts[self._in] = self.texts.get(self._in, "") + data

    @property
    def document(self) -> Any:
        return json.loads(self.texts["script application/json"])


@pytest.fixture(scope="module")
def page() -> str:
    return as_html(*small(), "main")


def test_nothing_is_loaded(page: str) -> None:
    reader = Reader(page)
    allowed = {"link": "data:,"}
    for tag, attributes in reader.elements:
        for name in ("src", "href", "srcset", "data", "action", "poster"):
            value = attributes.get(name)
            assert value is None or value.startswith("#") or value == allowed.get(tag), (tag, name, value)
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
    assert not {"img", "iframe", "object", "embed", "base"} & {tag for tag, _ in reader.elements}
    assert not re.search(r"url\(|@import", reader.texts["style"])
    script = reader.texts["script"]
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|fetch\(|XMLHttp|import\(", script
    )


def test_the_policy_lets_only_its_own_script_and_style_run(page: str) -> None:
    reader = Reader(page)
    policy = next(one["content"] for _, one in reader.elements if one.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    for name in ("script", "style"):
        digest = base64.b64encode(hashlib.sha256(reader.texts[name].encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; ") and "unsafe" not in policy
    assert "require-trusted-types-for 'script'" in policy


def test_the_same_change_gives_the_same_bytes() -> None:
    assert as_html(*small(), "main") == as_html(*small(), "main")
    assert as_html(*hostile(), "main") == as_html(*hostile(), "main")


def test_no_secret_is_in_the_page(page: str) -> None:
    for value in SECRETS:
        assert value not in page
    document = Reader(page).document
    login = next(one for one in document["resources"] if one["id"] == "web-prod/Secret/login")
    told = {"field": "data.password", "masked": "changed", "why": WHY, "at": "data.password"}
    assert told in login["fields"]
    sealed = next(one for one in document["resources"] if one["kind"] == "SealedSecret")
    assert [one.get("masked") for one in sealed["fields"]] == ["added", "changed"]
    added = next(one for one in document["resources"] if one["id"] == "api-prod/Secret/login")
    assert "+  password: (not shown)" in added["fields"][0]["hunks"][0][2]


def test_no_secret_is_in_the_other_reports() -> None:
    change, findings = small()
    for text in (as_json(change, findings, "main"), as_markdown(change, findings, "main")):
        assert not [value for value in SECRETS if value in text]


def test_content_stays_text() -> None:
    page = as_html(*hostile(), HOSTILE)
    reader = Reader(page)
    tags = [tag for tag, _ in reader.elements]
    assert (tags.count("script"), tags.count("img")) == (2, 0)
    assert not [one for _, one in reader.elements if "onerror" in one]
    raw = reader.texts["script application/json"]
    assert not set(raw) & set("<>&\u2028\u2029")
    document = reader.document
    assert document["findings"][0]["message"] == HOSTILE
    assert document["base"]["name"] == HOSTILE
    assert any(
        HOSTILE in line
        for one in document["resources"]
        for f in one["fields"]
        for line in f.get("new", ""[:0]) or [HOSTILE]
    )


def test_what_the_document_says(page: str) -> None:
    document = Reader(page).document
    assert document["environments"] == ["dev", "prod"]
    assert document["counts"] == {
        "objects": {"added": 2, "changed": 5, "removed": 2},
        "quiet": 1,
        "severities": {"error": 1, "warning": 1, "info": 1},
        "undetermined": 0,
    }
    states = {one["name"]: one["state"] for one in document["applications"]}
    assert states["old-dev"] == "removed" and states["new-dev"] == "added" and states["still-dev"] == "same"
    web = next(one for one in document["applications"] if one["name"] == "web-prod")
    assert web["because"] == [{"file": "envs/web-prod.yaml", "kind": "changed", "lines": [1]}]
    ids = [one["id"] for one in document["resources"]]
    assert len(ids) == len(set(ids)) == 10
    image = next(one for one in document["resources"] if one["id"] == "web-prod/Deployment/web")
    assert image["findings"] == [1]
    assert [one["field"] for one in image["fields"] if one.get("findings")] == [
        "spec.template.spec.containers[name=main].image"
    ]
    assert [one["field"] for one in image["fields"] if one.get("noise")] == [
        "spec.template.metadata.annotations[checksum/config]"
    ]
    # Who reads whom: a host in a ConfigMap, and the Pods that use it; the Service that is read changes.
    numbers = {one["name"]: at for at, one in enumerate(document["applications"])}
    [reading] = document["readings"]
    assert (reading["reader"], reading["provider"]) == (numbers["api-prod"], numbers["web-prod"])
    assert (reading["what"], reading["by"]) == ("Service web-prod/web", ["ConfigMap api", "Deployment api"])
    assert ids[reading["resource"]] == "web-prod/Service/web"


def test_what_moves_and_what_could_not_be_rendered() -> None:
    page = as_html(*odd(), "main")
    document = Reader(page).document
    [moved] = document["resources"]
    assert (moved["id"], moved["change"], moved["from"]) == ("b-dev/ConfigMap/shared", "moved", "a-dev")
    first, second, third = document["applications"]
    assert (first["state"], second["state"], third["state"]) == ("same", "changed", "unknown")
    assert second["fields"] == [{"field": "spec.project", "old": "dev", "new": "other"}]
    assert third["dark"] == "template: charts/c: nil pointer"
    assert "rendered in one of the two states only" in page[: page.index("</noscript>")]


def test_nothing_changes() -> None:
    change = compare(platform({"a-dev": []}, {}), platform({"a-dev": []}, {}))
    document = Reader(as_html(change, [], "main")).document
    assert (document["resources"], document["findings"], document["readings"]) == ([], [], [])


def test_without_scripts(page: str) -> None:
    plain = page[page.index("<noscript>") : page.index("</noscript>")]
    assert "<strong>error</strong> CHG001 application-removed" in plain
    assert "<summary>- old-dev</summary>" in plain
    assert "data.password: (not shown)" in plain


def test_a_field_of_several_lines_is_compared_as_text() -> None:
    old = {"a": "\n".join(map(str, range(50)))}
    new = {"a": old["a"].replace("\n20\n", "\n20\nnew\n").replace("\n40\n", "\n")}
    [one] = differences(old, new)
    shown = field(one, False, Budget(PLENTY))
    assert shown["hunks"] == [
        [19, 19, [" 18", " 19", " 20", "+new", " 21", " 22", " 23"]],
        [38, 39, [" 37", " 38", " 39", "-40", " 41", " 42", " 43"]],
    ]


def test_half_a_character_is_written_as_its_number() -> None:
    text = json.dumps({"a": "x" * 80, "b": "\ud800"})
    [one] = differences({"a": text}, {"a": text.replace("x", "y")})
    written = embedded(field(one, False, Budget(PLENTY)))
    assert "\\ud800" in written and written.isascii()


def test_json_in_one_line_is_set_out() -> None:
    old = json.dumps({"title": "a" * 80, "panels": [1, 2]})
    [one] = differences({"a": old}, {"a": old.replace("2]", "3]")})
    shown = field(one, False, Budget(PLENTY))
    assert shown["formatted"] is True
    assert shown["hunks"][0][2][-4:] == ["-    2", "+    3", "   ]", " }"]


@pytest.mark.parametrize(
    ("value", "text"),
    [("3", '"3"'), (3, "3"), ("yes", '"yes"'), (True, "true"), (None, "null"), ("a b", "a b"), ("", '""'), ([], "[]")],
)
def test_a_text_is_told_from_a_number(value: Any, text: str) -> None:
    assert scalar(value) == text


def test_what_is_too_much_is_counted() -> None:
    long = config("a", {"text": "\n".join(f"{number}" for number in range(2 * LINES))})
    shown = whole(long, True, Budget(PLENTY))
    assert sum(len(one[2]) for one in shown["hunks"]) == LINES
    assert shown["more"] == LINES + 6
    assert whole(long, True, Budget(10)) == {"field": "", "left_out": 2 * LINES + 6}


def test_two_thousand_objects_are_a_page_of_reasonable_size() -> None:
    change, findings = large()
    page = as_html(change, findings, "main")
    assert len(change.resources) == 2000
    assert len(page) < 4_000_000
    assert len(Reader(page).document["resources"]) == 2000


def test_names_in_links_are_unique() -> None:
    change, findings = hostile()
    ids = [one["id"] for one in Reader(as_html(change, findings, "main")).document["resources"]]
    assert len(ids) == len(set(ids))
