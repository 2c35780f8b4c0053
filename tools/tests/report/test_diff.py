"""The report of a change."""

from __future__ import annotations

from typing import Any, cast

from presync.base.finding import Finding, Severity
from presync.change import compare
from presync.change.blind import notes, unsure
from presync.change.model import Change
from presync.report.diff import as_markdown, as_text
from presync.report.texts import GITHUB, escape, value_text
from tests.rules.support import platform


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


def test_what_neither_state_renders_is_named_where_its_files_differ() -> None:
    refused = "builtin HelmChartInflationGenerator: must specify --enable-helm"
    apps = [
        {"name": name, "error": refused, "spec": {"source": {"path": f"k8s/{name}"}}} for name in ("web", "website")
    ]

    def changed(path: str) -> Change:
        base, head = ({"applications": apps, "files": {path: f"image: postgres:{tag}"}} for tag in (17, 18))
        return compare(platform(base), platform(head))

    assert next(notes(changed("k8s/web/deployment.yaml"))).startswith(
        "this change touches web, rendered in neither state"
    )
    assert unsure(changed("k8s/web/deployment.yaml")) == ["web"]
    assert [one.split(":")[0] for one in notes(changed("k8s/webs/a.yaml"))] == [
        "rendered in neither state, so nothing is known of what changes there"
    ]
    assert unsure(changed("k8s/webs/a.yaml")) == []


def test_names_with_dots_stand_in_brackets_and_the_files_fit_a_terminal() -> None:
    files = {f"clusters/production/applications/some-folder-{at}/deployment.yaml": "a: 1" for at in range(4)}
    manifest = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, annotations: {example.com/wave: '%d'}}}"
    base, head = (
        {
            "applications": [{"name": "web", "reads": [*files], "resources": manifest % at}],
            "files": dict.fromkeys(files, f"a: {at}"),
        }
        for at in (1, 2)
    )
    said = as_text(compare(platform(base), platform(head)), [], "main", stat=False, colour=False)
    assert "    + metadata.annotations[example.com/wave]: " in said
    assert "and 1 more" in said.replace("\n    ", " ")
    assert max(map(len, said.split("\n"))) <= 80
