"""The engine's workers: what they answer, and what becomes of one that is stopped."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from presync.engine import Chart, Engine, EngineError, RenderRequest

FILES = {"Chart.yaml": b"apiVersion: v2\nname: web\nversion: 0.1.0\n", "values.yaml": b"a: 1\n"}


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(1, timeout=3) as shared:
        yield shared


def request(template: str, **files: bytes) -> RenderRequest:
    chart = Chart("web", {**FILES, "templates/a.yaml": template.encode(), **files})
    return RenderRequest(chart.archive(), {"b": 2}, "release", "apps", "1.36.0", ("x/v1",))


def test_documents(engine: Engine) -> None:
    documents = engine.render(
        request("a: {{ .Values.a }}\n---\nb: {{ .Values.b }}\n---\n# nothing\n---\n- 1\n---\nc: [")
    )
    assert [(one.source, one.text, one.json) for one in documents[:2]] == [
        ("web/templates/a.yaml", "a: 1\n", b'{"a":1}'),
        ("web/templates/a.yaml", "b: 2\n", b'{"b":2}'),
    ]
    assert [bool(one.json) for one in documents[2:]] == [False, False, False]
    assert "cannot unmarshal array" in documents[3].error
    assert "yaml: " in documents[4].error


def test_integers_that_a_float_cannot_hold_are_left_to_the_caller(engine: Engine) -> None:
    (document,) = engine.render(request("a: 9007199254740993\n"))
    assert (document.json, document.error) == (b"", "")


def test_crds_of_disabled_subcharts_are_not_there(engine: Engine) -> None:
    files = {
        "Chart.yaml": FILES["Chart.yaml"] + b"dependencies: [{name: sub, version: '*', condition: on}]\n",
        "values.yaml": b"on: false\n",
        "charts/sub/Chart.yaml": b"apiVersion: v2\nname: sub\nversion: 0.1.0\n",
        "charts/sub/crds/x.yaml": b"kind: CustomResourceDefinition\n",
        "crds/own.yaml": b"kind: CustomResourceDefinition\n",
    }
    documents = engine.render(request("", **files))
    assert [(one.source, one.crd) for one in documents] == [("web/crds/own.yaml", True)]


@pytest.mark.parametrize(
    ("template", "step"),
    [("{{ .Values.x.y }}", "render"), ("{{ nope }}", "render"), ('{{ fail "no" }}', "render")],
)
def test_where_helm_stopped(template: str, step: str, engine: Engine) -> None:
    with pytest.raises(EngineError) as error:
        engine.render(request(template))
    assert (error.value.step, error.value.bound) == (step, "")


def test_errors_of_other_steps(engine: Engine) -> None:
    with pytest.raises(EngineError) as error:
        engine.render(request("", **{"values.schema.json": b'{"required": ["x"]}'}))
    assert error.value.step == "values"
    with pytest.raises(EngineError) as error:
        engine.render(request("", **{"Chart.yaml": b"name: web\n"}))
    assert error.value.step == "load"


def test_a_worker_that_is_stopped_is_replaced(engine: Engine) -> None:
    loop = "{{ range until 100000 }}{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}{{ end }}"
    with pytest.raises(EngineError) as error:
        engine.render(request(loop))
    assert error.value.bound == "time"
    assert engine.render(request("a: 1"))


def test_values(engine: Engine) -> None:
    assert engine.values(b"a: y\nn: 1\n", b"# nothing", b"") == [{"a": True, "false": 1}, {}, {}]
    with pytest.raises(EngineError, match="yaml: "):
        engine.values(b"a: [")


def test_evaluate(engine: Engine) -> None:
    chart = Chart("web", {**FILES, "templates/a": b"{{ .Values.x | upper }}"})
    assert engine.evaluate(chart.archive(), {"x": "y"}) == "Y"


def test_the_same_files_give_the_same_archive() -> None:
    assert Chart("web", FILES).archive() == Chart("web", dict(FILES)).archive()
