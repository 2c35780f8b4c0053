"""What Kustomize calls by its content is one object to people."""

from __future__ import annotations

from presync.change import compare
from presync.change.model import Change
from presync.report.diff import as_text
from tests.rules.support import platform

MANIFEST = "{apiVersion: v1, kind: %s, metadata: {name: %s}, data: {level: %s}}"


def changed(kind: str, before: dict[str, str], after: dict[str, str]) -> Change:
    base, head = (
        {"resources": "\n---\n".join(MANIFEST % (kind, name, level) for name, level in one.items())}
        for one in (before, after)
    )
    return compare(platform(base), platform(head))


def test_another_content_is_a_change() -> None:
    found = changed("ConfigMap", {"web-bmf67bm9ft": "info"}, {"web-hb9h4fd77h": "debug"})
    assert [one.kind for one in found.resources] == ["changed"]
    said = as_text(found, [], "main", stat=False, colour=False)
    assert "~ ConfigMap app-dev/web-hb9h4fd77h (was web-bmf67bm9ft)" in said
    assert "- data.level: info\n      + data.level: debug" in said
    assert "metadata.name" not in said


def test_a_secret_is_not_shown() -> None:
    found = changed("Secret", {"web-bmf67bm9ft": "aW5mbw=="}, {"web-hb9h4fd77h": "ZGVidWc="})
    said = as_text(found, [], "main", stat=False, colour=False)
    assert "~ data.level: (not shown)" in said and "aW5mbw" not in said


def test_what_only_looks_alike() -> None:
    names = ({"web-bmf67bm9ft": "info"}, {"api-hb9h4fd77h": "debug"})
    assert [one.kind for one in changed("ConfigMap", *names).resources] == ["added", "removed"]
    names = ({"web-one": "info"}, {"web-two": "debug"})
    assert sorted(one.kind for one in changed("ConfigMap", *names).resources) == ["added", "removed"]
    two = {"web-hb9h4fd77h": "debug", "web-cb9h4fd77h": "info"}
    assert sorted(one.kind for one in changed("ConfigMap", {"web-bmf67bm9ft": "info"}, two).resources) == [
        "added",
        "added",
        "removed",
    ]
    account = changed("ServiceAccount", {"web-bmf67bm9ft": "info"}, {"web-hb9h4fd77h": "debug"})
    assert sorted(one.kind for one in account.resources) == ["added", "removed"]
