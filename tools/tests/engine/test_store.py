"""Answers that are kept: the same as fresh ones, never out of date, and no reason to fail."""

from __future__ import annotations

import sqlite3
import stat
import threading
from pathlib import Path

import pytest

from presync.engine import Chart, Engine, EngineError, RenderRequest
from presync.engine.store import Store, default_path, open_store, question

FILES = {"Chart.yaml": b"apiVersion: v2\nname: web\nversion: 0.1.0\n"}


def request(template: str, value: int = 1) -> RenderRequest:
    chart = Chart("web", {**FILES, "templates/a.yaml": template.encode()})
    return RenderRequest(chart.archive(), {"b": value}, "release", "apps", "1.36.0")


def test_the_second_engine_asks_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "deep" / "answers.sqlite"
    with Engine(1, store=Store(path)) as engine:
        fresh = engine.render(request("a: {{ .Values.b }}\n"))
        with pytest.raises(EngineError) as refused:
            engine.render(request('{{ fail "no" }}'))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    monkeypatch.setattr("presync.engine.client.Worker", None)  # there is nobody to ask
    with Engine(1, store=Store(path)) as engine:
        assert engine.render(request("a: {{ .Values.b }}\n")) == fresh
        with pytest.raises(EngineError) as again:
            engine.render(request('{{ fail "no" }}'))
        assert (again.value.message, again.value.step) == (refused.value.message, refused.value.step)
        with pytest.raises(TypeError):  # other values are another question
            engine.render(request("a: {{ .Values.b }}\n", 2))


def test_a_bound_that_was_exceeded_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "answers.sqlite"
    with Engine(1, timeout=0.5, store=Store(path)) as engine, pytest.raises(EngineError) as slow:
        engine.render(
            request('{{ define "a" }}{{ range until 100000000 }}{{ . }}{{ end }}{{ end }}{{ include "a" . }}')
        )
    assert slow.value.bound
    with sqlite3.connect(path) as database:
        assert database.execute("SELECT COUNT(*) FROM answer").fetchone() == (0,)


@pytest.mark.parametrize("damage", [b"not a database at all" * 100, b""])
def test_a_damaged_file_is_made_anew(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "answers.sqlite"
    path.write_bytes(damage)
    store = Store(path)
    store.put(b"key", b"answer")
    store.close()
    assert Store(path).get(b"key") == b"answer"


def test_a_damaged_answer_is_none(tmp_path: Path) -> None:
    path = tmp_path / "answers.sqlite"
    store = Store(path)
    store.put(b"key", b"answer" * 100)
    store.close()
    with sqlite3.connect(path) as database:
        database.execute("UPDATE answer SET data = substr(data, 1, length(data) - 1) || x'00'")
    assert Store(path).get(b"key") is None


def test_what_was_not_used_for_the_longest_time_goes(tmp_path: Path) -> None:
    path = tmp_path / "answers.sqlite"
    for day, key in enumerate((b"old", b"newer", b"newest")):
        store = Store(path, limit=800)
        store._today = day
        store.put(key, bytes(range(256)))
        store.close()
    kept = Store(path)
    assert [kept.get(key) is not None for key in (b"old", b"newer", b"newest")] == [False, True, True]


def test_several_at_once(tmp_path: Path) -> None:
    path = tmp_path / "answers.sqlite"

    def work(number: int) -> None:
        store = Store(path)
        for at in range(50):
            store.put(b"%d %d" % (number, at), b"x" * 1000)
        store.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    store = Store(path)
    assert all(store.get(b"%d %d" % (number, at)) for number in range(4) for at in range(50))


def test_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRESYNC_CACHE", "off")
    assert (default_path(), open_store()) == (None, None)
    monkeypatch.setenv("PRESYNC_CACHE", str(tmp_path))
    assert default_path() == tmp_path / "answers.sqlite"
    monkeypatch.delenv("PRESYNC_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert default_path() == tmp_path / "xdg" / "presync" / "answers.sqlite"


def test_without_a_place_there_is_no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("a file, not a folder")
    monkeypatch.setenv("PRESYNC_CACHE", str(tmp_path / "file"))
    assert open_store() is None


def test_every_part_of_a_question_counts() -> None:
    keys = {
        question({"operation": "render", "values": "{}"}, [b"a"]),
        question({"operation": "values", "values": "{}"}, [b"a"]),
        question({"operation": "render", "values": "{ }"}, [b"a"]),
        question({"operation": "render", "values": "{}"}, [b"b"]),
        question({"operation": "render", "values": "{}"}, [b"a", b""]),
    }
    assert len(keys) == 5
