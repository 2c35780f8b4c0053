"""The parser, by the cases that the chart and the CRD are held to as well."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from language import CASES, DIALECT, ROOT, WORDS

from mlops_lib.transforms import Dialect, GrammarError, TransformError, build_features, grammar, parse

CRD = ROOT / "bootstrap" / "crds" / "featuresets.features.example.com.yaml"
PARTS = ["over", "window", "(", ")", " ", "30d", "x", "7", "d", "\n", "_", "A", "é"]
WORD = st.sampled_from([*WORDS["functions"], *PARTS])


def feature_schema() -> dict[str, Any]:
    document = yaml.safe_load(CRD.read_text(encoding="utf-8"))
    spec = document["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    found: dict[str, Any] = spec["properties"]["features"]["items"]
    return found


def pattern() -> re.Pattern[str]:
    """The CRD's. RE2's $ is the very end of the text, Python's also stands before a last line break."""
    return re.compile(feature_schema()["properties"]["transform"]["pattern"].removesuffix("$") + r"\Z", re.ASCII)


@pytest.mark.parametrize("case", CASES["accepted"], ids=lambda case: case["text"])
def test_accepts(case: dict[str, Any]) -> None:
    transform = parse(case["text"], DIALECT)
    assert (transform.function, transform.column) == (case["function"], case["column"])
    assert transform.window == timedelta(seconds=case["seconds"])
    assert str(transform) == case["text"]
    assert pattern().match(case["text"])


@pytest.mark.parametrize("case", CASES["refused"], ids=lambda case: repr(case["text"]))
def test_refuses(case: dict[str, Any]) -> None:
    with pytest.raises(TransformError) as caught:
        parse(case["text"], DIALECT)
    assert caught.value.position == case["at"]
    assert case["says"] in str(caught.value)
    assert "expected " in str(caught.value)
    assert not pattern().match(case["text"])


def test_shows_the_place() -> None:
    with pytest.raises(TransformError) as caught:
        parse("cout(x) over window(30d)", DIALECT)
    assert str(caught.value).splitlines() == [
        'unknown function "cout"; did you mean count?',
        "  cout(x) over window(30d)",
        "  ^^^^",
        "expected one of avg, count, count_distinct, last, max, min, stddev, sum",
    ]


@settings(deadline=None)
@given(st.lists(WORD, max_size=9).map("".join) | st.text(max_size=30))
def test_agrees_with_the_pattern(text: str) -> None:
    try:
        parse(text, DIALECT)
        accepted = True
    except TransformError:
        accepted = False
    assert accepted == bool(pattern().match(text))


@pytest.mark.parametrize("function", WORDS["functions"])
def test_results(function: str) -> None:
    allowed = CASES["results"][function]
    assert sorted(DIALECT.functions[function].gives) == allowed
    for dtype in set(WORDS["dtypes"]) - set(allowed):
        spec = {
            "entities": [{"name": "u", "type": "string"}],
            "timestampColumn": "event_timestamp",
            "features": [{"name": "f", "dtype": dtype, "source": "s", "transform": f"{function}(x) over window(1d)"}],
        }
        with pytest.raises(TransformError, match=f"{function} cannot give {dtype}"):
            build_features({}, spec, datetime(2026, 1, 1, tzinfo=timezone.utc), dialect=DIALECT)


def test_crd_repeats_the_dialect() -> None:
    functions = "|".join(sorted(WORDS["functions"]))
    name, duration = (WORDS["patterns"][word].strip("^$") for word in ("name", "duration"))
    schema = feature_schema()
    assert schema["properties"]["transform"]["pattern"] == rf"^({functions})\({name}\) over window\({duration}\)$"
    assert sorted(schema["properties"]["dtype"]["enum"]) == sorted(WORDS["dtypes"])
    units = re.fullmatch(r"\^\[1-9\]\[0-9\]\{0,5\}\[(\w+)\]\$", WORDS["patterns"]["duration"])
    assert units and set(units[1]) == set(WORDS["units"])


def test_crd_repeats_the_results() -> None:
    """Each of its rules is `!self.transform.matches('^(f|g)[(]') || self.dtype in [...]`."""
    ruled: dict[str, list[str]] = {}
    for validation in feature_schema()["x-kubernetes-validations"]:
        rule = re.fullmatch(
            r"!self\.transform\.matches\('\^\(([a-z_|]+)\)\[\(\]'\)\s*\|\|\s*self\.dtype in \[([^\]]+)\]",
            validation["rule"],
        )
        if rule:
            ruled |= {function: sorted(re.findall(r"\w+", rule[2])) for function in rule[1].split("|")}
    every = sorted(WORDS["dtypes"])
    assert {function: ruled.get(function, every) for function in WORDS["functions"]} == CASES["results"]


def test_grammar_comes_from_the_mounted_contract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    contract = {"dialect": {key: WORDS[key] for key in ("functions", "units", "patterns")}, "dtypes": WORDS["dtypes"]}
    (tmp_path / "featuresets.json").write_text(json.dumps(contract), encoding="utf-8")
    monkeypatch.setenv(grammar.DIRECTORY_VARIABLE, str(tmp_path))
    assert parse("count(x) over window(1d)").function == "count"


def test_says_where_the_contract_should_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(grammar.DIRECTORY_VARIABLE, str(tmp_path / "none"))
    with pytest.raises(GrammarError, match=grammar.DIRECTORY_VARIABLE):
        parse("count(x) over window(1d)")


def test_refuses_a_contract_without_grammar() -> None:
    with pytest.raises(GrammarError, match="has no dialect"):
        Dialect.of({"dtypes": {}})
    with pytest.raises(GrammarError, match="units"):
        Dialect.read({"functions": {}}, {})
