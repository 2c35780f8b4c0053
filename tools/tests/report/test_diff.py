"""The report of a change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from presync.base.finding import Finding, Severity
from presync.change import compare
from presync.change.model import Change
from presync.report.diff import as_json, as_markdown, as_text
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


def text(base: Mapping[str, Any], head: Mapping[str, Any]) -> str:
    return as_text(compare(platform(base), platform(head)), [], "main", stat=False, colour=False)


def test_what_neither_state_renders_is_told_where_its_files_differ() -> None:
    app = {
        "unavailable": "a plugin",
        "spec": {"source": {"repoURL": "https://git.example.com/a.git", "path": "k8s/web"}},
    }
    base = {"application": app, "files": {"k8s/web/deployment.yaml": "image: postgres:17.6"}}
    head = {"application": app, "files": {"k8s/web/deployment.yaml": "image: postgres:18.6"}}
    said = text(base, head)
    assert "! app-dev\n  because of k8s/web/deployment.yaml\n  rendered in neither of the two states\n" in said
    assert "! app-dev" in as_markdown(compare(platform(base), platform(head)), [], "main")
    elsewhere = {"application": app, "files": {"k8s/website/deployment.yaml": "image: postgres:18.6"}}
    assert text({"application": app, "files": {"k8s/website/a.yaml": "a"}}, elsewhere).startswith("nothing changes")


def test_names_with_dots_stand_in_brackets_and_the_files_fit_a_terminal() -> None:
    files = {f"clusters/production/applications/some-folder-{at}/deployment.yaml": "a: 1" for at in range(4)}
    manifest = (
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, annotations: {argocd.argoproj.io/sync-wave: '%d'}}}"
    )
    base = {"applications": [{"name": "web", "reads": [*files], "resources": manifest % 0}], "files": files}
    head = {
        "applications": [{"name": "web", "reads": [*files], "resources": manifest % 1}],
        "files": dict.fromkeys(files, "a: 2"),
    }
    said = text(base, head)
    assert "+ metadata.annotations[argocd.argoproj.io/sync-wave]: 1\n" in said
    assert "and 1 more" in said.replace("\n    ", " ")
    assert max(map(len, said.split("\n"))) <= 80
    assert '"field": "metadata.annotations[argocd.argoproj.io/sync-wave]"' in as_json(
        compare(platform(base), platform(head)), [], "main"
    )
