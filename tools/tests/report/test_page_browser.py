"""The page as people meet it: in a browser, from a file, with a keyboard."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from presync.report.page import as_html

from .browser import Page, browser, find
from .changes import hostile, large, odd, small

ROOT = Path(__file__).parents[3]
AXE = ROOT / ".cache" / "tools" / "axe.js"
SIZES = {"desktop": (1440, 1000), "phone": (390, 844)}

pytestmark = [
    pytest.mark.skipif(not find(), reason="THE PAGE WAS NOT OPENED: no Chromium here (apt-get install chromium)"),
    pytest.mark.xdist_group("browser"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages as files."""
    path = tmp_path_factory.mktemp("pages")
    pages = {"small": small(), "odd": odd(), "hostile": hostile(), "large": large(), "long": large(1, 450)}
    for name, change in pages.items():
        (path / f"{name}.html").write_text(as_html(*change, "main"), "utf-8")
    return path


@pytest.fixture(scope="module")
def tab() -> Iterator[Page]:
    """One browser for all tests."""
    with browser() as page:
        yield page


@pytest.fixture
def page(tab: Page, folder: Path) -> Page:
    """The small page, at desktop width, in daylight, as if opened for the first time."""
    tab.events.clear()
    tab.size(*SIZES["desktop"])
    tab.media(prefers_color_scheme="light")
    tab.open(folder / "small.html")
    tab.run("localStorage.clear()")
    tab.open(folder / "small.html")
    return tab


@pytest.fixture(autouse=True)
def quiet(tab: Page) -> Iterator[None]:
    """No test leaves a word in the console, and nothing is asked of any network."""
    yield
    assert tab.complaints() == []
    assert tab.requests() == []


def shown(page: Page) -> list[str]:
    """Names of the objects in the tree."""
    return list(page.run("[...document.querySelectorAll('.resource .name')].map(one => one.textContent)"))


def focused(page: Page) -> str:
    return str(page.run("document.activeElement.closest('.resource')?.querySelector('.anchor').hash ?? ''"))


def test_head_and_dangers(page: Page) -> None:
    assert page.run("document.querySelector('h1').textContent") == "4 applications of 6 change"
    severities = page.run("[...document.querySelectorAll('#dangers > .findings > li')].map(one => one.className)")
    assert severities == ["error", "warning"]
    target = page.run("document.querySelector('#dangers .warning .rule').href")
    assert target.endswith("docs/rules.md#chg011-image-jumps")


def test_filter(page: Page) -> None:
    everything = shown(page)
    assert len(everything) == 9
    page.press("/")
    page.type("image: nothing")
    page.until("document.querySelectorAll('.resource').length === 0")
    page.press("Escape")
    page.until("document.querySelectorAll('.resource').length === 9")
    page.press("/")
    page.type("web:2.0")
    page.until("document.querySelectorAll('.resource').length === 1")
    assert "1 of 10 objects in 1 application" in page.run("document.getElementById('shown').textContent")
    page.run("document.getElementById('reset').click()")
    for name, value, number in (("environment", "prod", 6), ("kind", "Secret", 2), ("change", "removed", 1)):
        page.run(
            f"{{const one = document.getElementById('{name}'); one.value = '{value}';"
            "one.dispatchEvent(new Event('change'))}"
        )
        if name != "change":
            assert len(shown(page)) == number, name
    page.run("document.getElementById('reset').click()")
    page.run("document.getElementById('dangerous').click()")
    assert shown(page) == ["web"]
    page.run("document.getElementById('reset').click()")
    page.run("document.getElementById('noise').click()")
    assert len(shown(page)) == 10


def test_keys(page: Page) -> None:
    page.press("j")
    first = focused(page)
    page.press("j", "j", "k")
    second = focused(page)
    assert first and second and first != second
    assert page.run("location.hash") == second
    opened = "document.activeElement.getAttribute('aria-expanded')"
    assert page.run(opened) == "true"
    page.press("Enter")
    assert page.run(opened) == "false"
    page.press("k", "j")
    assert (focused(page), page.run(opened)) == (second, "false")  # what was folded by hand stays folded
    page.press("d")
    assert focused(page) == "#web-prod/Deployment/web"
    page.press("u")
    assert page.run("document.querySelectorAll('table.split').length") > 0
    assert focused(page) == "#web-prod/Deployment/web"
    page.press("u")
    assert page.run("document.querySelectorAll('table.split').length") == 0
    page.press("?")
    assert page.run("document.getElementById('keys').open") is True
    page.press("j")
    page.press("Escape")
    assert page.run("document.getElementById('keys').open") is False
    page.press("/")
    assert page.run("document.activeElement.id") == "text"
    page.press("j")
    assert page.run("document.getElementById('text').value") == "j"
    page.press("Escape")


def test_links(page: Page, folder: Path) -> None:
    for fragment, at in (
        ("web-prod/ConfigMap/web", "#web-prod/ConfigMap/web"),
        ("web-prod/ConfigMap/web.data.level", "#web-prod/ConfigMap/web"),
        ("web-dev/Deployment/web", "#web-dev/Deployment/web"),  # only checksums differ there
    ):
        page.open(folder / "small.html", fragment)
        assert focused(page) == at
        assert page.run("document.activeElement.getAttribute('aria-expanded')") == "true"
        if fragment == at[1:]:
            top = page.run("document.activeElement.getBoundingClientRect().top")
            assert 0 < top < 1000, "it is in the window"
    page.open(folder / "small.html", "old-dev")
    assert page.run("document.activeElement.closest('.application').getAttribute('aria-label')") == "old-dev"
    page.run("location.hash = '#web-prod/Secret/login'")
    page.until(
        "document.activeElement.closest('.resource')?.querySelector('.anchor').hash === '#web-prod/Secret/login'"
    )
    page.open(folder / "small.html", "%E0%A4%A/nobody/nothing")
    page.open(folder / "small.html", "nobody")


def test_alike_changes_once(tab: Page, folder: Path) -> None:
    tab.events.clear()
    tab.size(*SIZES["desktop"])
    tab.open(folder / "large.html")
    tab.run("document.getElementById('once').click()")
    # Five ConfigMaps that have a line of their own each, a Service, a Deployment with and one without a danger.
    assert tab.run("document.getElementById('shown').textContent").startswith("8 of 2,000 objects")
    tab.press("j")
    assert "and alike in" in tab.run("document.activeElement.closest('.resource').innerText")
    tab.run("document.getElementById('reset').click()")
    assert tab.run("document.getElementById('shown').textContent").startswith("2,000 of")


def test_link_to_a_field(page: Page, folder: Path) -> None:
    page.size(900, 300)
    page.open(folder / "small.html", "web-prod/ConfigMap/web.data[web.conf]")
    place = "document.querySelector('[data-at$=\"[web.conf]\"]').getBoundingClientRect().top"
    page.until(f"{place} > 0 && {place} < 250")
    command = page.run("document.querySelector('[data-at$=\"[web.conf]\"] .why code').textContent")
    assert command == "presync explain 'web-prod/ConfigMap/web.data[web.conf]'"


def test_an_application_of_many_objects(tab: Page, folder: Path) -> None:
    tab.events.clear()
    tab.size(*SIZES["desktop"])
    tab.open(folder / "long.html", "app-000-dev/Deployment/main-398")
    assert focused(tab) == "#app-000-dev/Deployment/main-398"
    assert 200 < len(shown(tab)) < 450, "no more than needed is made"
    tab.press("j")
    assert focused(tab) not in ("", "#app-000-dev/Deployment/main-398")


def test_what_could_not_be_compared_is_said(tab: Page, folder: Path) -> None:
    tab.events.clear()
    tab.open(folder / "odd.html", "c-dev")
    said = tab.run("document.getElementById('tree').innerText")
    assert "rendered in one of the two states only" in said and "nil pointer" in said
    assert "moved here from a-dev" in said


def test_theme(page: Page, folder: Path) -> None:
    colour = "getComputedStyle(document.body).backgroundColor"
    light = page.run(colour)
    page.media(prefers_color_scheme="dark")
    dark = page.run(colour)
    assert light != dark
    page.press("t")
    assert page.run(colour) == light
    page.press("t")
    page.media(prefers_color_scheme="light")
    assert page.run(colour) == dark
    page.open(folder / "small.html")
    assert page.run(colour) == dark, "it is remembered"
    page.run("document.getElementById('theme').click()")
    assert page.run(colour) == light


def test_map(page: Page) -> None:
    cells = page.run("[...document.querySelectorAll('.cell .unseen, .cell.same .unseen')].map(one => one.textContent)")
    assert "web-prod: changed, 5 objects change, worst: warning" in cells
    assert "still-dev: unchanged, 1 object" in cells
    page.run("document.querySelector('a.cell.removed').click()")
    page.until("document.activeElement.closest('.application')?.getAttribute('aria-label') === 'old-dev'")
    reading = "document.querySelector('.readers .list').textContent"
    read = "Service web-prod/web of web-prod is changed and read byapi-prod ConfigMap api, Deployment api"
    assert page.run(reading).endswith(read)
    page.run("[...document.querySelectorAll('.grid .name')].find(one => one.textContent === 'still').click()")
    assert "reads nobody" in page.run("document.querySelector('.readers').textContent")
    assert page.run("document.activeElement.textContent") == "still"


def test_what_differs_within_a_line_is_marked(page: Page, folder: Path) -> None:
    page.open(folder / "small.html", "web-prod/Deployment/web")
    marked = page.run("[...document.querySelectorAll('#tree .come mark')].map(one => one.textContent)")
    assert "2" in marked
    sides = "[...document.querySelectorAll('.lines')].map(one => one.innerText)"
    assert any(text.replace("\t", "").split() == ["−2", "+3"] or "3" in text for text in page.run(sides))


def test_hostile_content_stays_text(tab: Page, folder: Path) -> None:
    tab.events.clear()
    for view in ("", "u"):
        tab.open(folder / "hostile.html")
        tab.press("o", "o", *view)
        assert tab.run("document.title") == "What changes against main"
        assert tab.run("document.querySelectorAll('img, script:not([type]):not(:last-of-type)').length") == 0
        text = tab.run("document.getElementById('tree').textContent")
        assert '<img src=x onerror="document.title=1">' in text
        assert "⟨U+202E⟩" in text, "what turns a line round is seen"
    links = tab.run("[...document.querySelectorAll('.anchor')].map(one => one.getAttribute('href').slice(1))")
    for link in links:
        tab.open(folder / "hostile.html", link)
        assert tab.run("document.activeElement.closest('.resource') !== null"), link


def test_no_text_can_become_markup(page: Page) -> None:
    thrown = "(() => { try { document.body.innerHTML = 'x'; return 'done' } catch (error) { return error.name } })()"
    assert page.run(thrown) == "TypeError"
    page.events.clear()  # the browser says so in its log


def test_without_scripts(tab: Page, folder: Path) -> None:
    tab.scripts(False)
    try:
        tab.load(folder / "small.html")
    finally:
        tab.scripts(True)
    assert "Application old-dev disappears" in tab.run("document.body.innerText")
    assert tab.run("document.getElementById('page').hidden") is True


@pytest.mark.parametrize(
    ("name", "size", "theme", "views"),
    [
        ("small", "desktop", "light", "unified split"),
        ("small", "desktop", "dark", "unified"),
        ("small", "phone", "light", "unified"),
        ("small", "phone", "dark", "unified split"),
        ("large", "phone", "dark", "unified"),
    ],
)
def test_accessible_and_never_wider_than_the_window(  # noqa: PLR0917 - what is parametrized
    tab: Page, folder: Path, name: str, size: str, theme: str, views: str
) -> None:
    tab.size(*SIZES[size])
    tab.media(prefers_color_scheme=theme)
    tab.bypass(True)  # axe brings scripts and styles of its own
    try:
        tab.open(folder / f"{name}.html")
        for view in views.split():
            tab.run(f"document.getElementById('{view}').click()")
            if name == "small":
                tab.run("document.getElementById('open').click()")
            assert tab.run("document.documentElement.scrollWidth") <= SIZES[size][0]
            _pictures(tab, f"{name}-{size}-{theme}-{view}")
            assert _axe(tab) == []
    finally:
        tab.run("localStorage.clear()")
        tab.bypass(False)


def _pictures(tab: Page, name: str) -> None:
    """For people, where they say they want them."""
    wanted = os.environ.get("PAGE_PICTURES")
    if wanted:
        Path(wanted).mkdir(parents=True, exist_ok=True)
        tab.picture(Path(wanted) / f"{name}.png")


def _axe(tab: Page) -> list[Any]:
    if not AXE.is_file():
        pytest.skip("ACCESSIBILITY WAS NOT TESTED: `make page` fetches axe-core, which needs npm")
    tab.run(AXE.read_text("utf-8"))
    told = tab.run(
        "axe.run(document, {resultTypes: ['violations']})"
        ".then(done => JSON.stringify([done.passes.length, done.violations]))"
    )
    passed, found = json.loads(told)
    assert passed > 20, "it has looked at the page"
    return [
        (one["id"], one["impact"], [node["target"] for node in one["nodes"]][:3], one["nodes"][0]["failureSummary"])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def test_two_thousand_objects(tab: Page, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tab.events.clear()
    tab.size(*SIZES["desktop"])
    milliseconds = tab.open(folder / "large.html")
    started = "const from = performance.now();"
    filtered = tab.run(
        f"(() => {{ {started} const one = document.getElementById('text'); one.value = 'app-042-prod';"
        "document.getElementById('kind').dispatchEvent(new Event('change')); return performance.now() - from })()"
    )
    assert len(shown(tab)) == 10
    tab.run("document.getElementById('reset').click()")
    tab.press("Escape", "j", "j")
    assert focused(tab).startswith("#app-000-dev/")
    opened = tab.run(
        f"(() => {{ {started} document.getElementById('open').click(); return performance.now() - from }})()"
    )
    size = (folder / "large.html").stat().st_size
    with capsys.disabled():
        print(
            f"\npage of 2,000 objects in 200 applications: {size / 1e6:.1f} MB, ready in {milliseconds:.0f} ms, "
            f"filtered in {filtered:.0f} ms, all opened in {opened:.0f} ms"
        )
    assert re.search(r"first 200 of 2,000", tab.run("document.getElementById('shown').textContent"))
