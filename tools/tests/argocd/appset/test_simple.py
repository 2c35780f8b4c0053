"""What is evaluated without the engine comes out as with it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from presync.argocd.appset import simple
from presync.argocd.appset.evaluation import Evaluation, Failure
from presync.argocd.appset.govalues import Params, StrMap
from presync.argocd.appset.simple import Chain, GoTemplateError
from presync.argocd.appset.templating import GoTemplates
from presync.engine import Engine

NAMES = st.sampled_from(["a", "b", "c"])
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**40), 2**40),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=5),
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner)), max_leaves=8
)
TEXTS = st.lists(
    st.one_of(
        st.sampled_from([" ", "x", "}}", "{", "\n", "-", "é"]),
        st.builds(
            lambda left, chain, right: f"{{{{{left}{'.'.join(['', *chain])}{right}}}}}",
            st.sampled_from(["", " ", "- ", "  ", "-\n"]),
            st.lists(NAMES, min_size=1, max_size=3),
            st.sampled_from(["", " ", " -", "\t"]),
        ),
    ),
    min_size=1,
    max_size=5,
).map("".join)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=TEXTS, params=st.dictionaries(NAMES, VALUES, min_size=1), missing=st.sampled_from(["error", "zero", "default"])
)
def test_as_the_engine(engine: Engine, text: str, params: dict[str, Any], missing: str) -> None:
    parts = simple.parse(text)
    assume(parts is not None)
    assert parts is not None
    try:
        here = simple.evaluate(parts, params, missing)
    except GoTemplateError as error:
        here = str(error)
    # An empty action that changes nothing makes it a template for the engine.
    (there,) = GoTemplates(engine, missing).evaluate([Evaluation(text + '|{{ "" }}', params)])
    assert here in there.message if isinstance(there, Failure) else f"{here}|" == there


@pytest.mark.parametrize(
    "text",
    [
        "{{ .a | upper }}",
        "{{ . }}",
        "{{ $a.b }}",
        "{{ (.a) }}",
        "{{ .a }}{{ end }}",
        "{{ .a }}{{/* */}}",
        "{{.a-}}",
        "{{ .a",
        "{{{.a}}",
    ],
)
def test_anything_else_is_for_the_engine(text: str) -> None:
    assert simple.parse(text) is None


def test_places_count_bytes_from_the_second_name() -> None:
    parts = simple.parse("é\n{{ $.ab }}{{ .ab.cd }}")
    assert parts is not None
    assert [(part.line, part.column, part.written) for part in parts if isinstance(part, Chain)] == [
        (2, 4, "$.ab"),
        (2, 16, ".ab.cd"),
    ]


def test_a_map_of_texts() -> None:
    """A missing key is empty with missingkey=zero, and a text has no fields."""
    params: Params = {"values": StrMap({"a": "x"})}
    parts = simple.parse("[{{ .values.no }}]")
    assert parts is not None
    assert simple.evaluate(parts, params, "zero") == "[]"
    assert simple.evaluate(parts, params, "default") == "[<no value>]"
    parts = simple.parse("{{ .values.a.b }}")
    assert parts is not None
    with pytest.raises(GoTemplateError, match="can't evaluate field b in type string"):
        simple.evaluate(parts, params, "default")
