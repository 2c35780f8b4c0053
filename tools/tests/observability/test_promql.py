"""Reading PromQL, and Grafana's variables before it."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from presync.observability import grafana, promql


def test_selectors_of_every_shape() -> None:
    parsed = promql.parse('sum(rate(a{x="1"}[5m])) / on () {"b.c", y=~"z|"} or absent({__name__="d"})')
    assert [one.name for one in parsed.selectors] == ["a", "b.c", "d"]
    assert [one.alternative for one in parsed.selectors] == [True, True, True]
    assert parsed.selectors[0].matchers[0].wants
    assert not parsed.selectors[1].matchers[0].wants  # takes a series without the label too


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("1", "scalar"),
        ("up", "vector"),
        ("up[5m]", "matrix"),
        ("(up > 1)[5m:]", "matrix"),
        ('"a"', "string"),
        ("time() + 1", "scalar"),
        ("-up", "vector"),
        ("scalar(up) > bool 1", "scalar"),
        ("rate(up[5m])", "vector"),
    ],
)
def test_types(text: str, kind: str) -> None:
    assert promql.parse(text).type == kind


@pytest.mark.parametrize("text", ["", "rate(up)", "sum(up", "up{a=~'('}", "{}", "x" * 30_000, "(" * 3000, "up @"])
def test_what_cannot_be_read_is_an_error_not_a_crash(text: str) -> None:
    assert promql.parse(text).error


@pytest.mark.parametrize(
    "text",
    [
        "rate(a[$__rate_interval])",
        "increase(a[${__range_s}s])",
        'a{b=~"$c", d="${e:regex}", f="[[g]]"}',
        "sum by ($label) (a)",
        "topk($n, a)",
        "${metric}_total > $threshold",
        "a offset $back",
        "max_over_time(a[$window:$step])",
        "a[5m:$__interval] # $comment",
    ],
)
def test_variables_are_replaced_where_they_stand(text: str) -> None:
    texts, _ = grafana.readings(text)
    assert any(not promql.parse(one).error for one in texts), texts


def test_a_variable_in_a_string_or_range_is_no_guess() -> None:
    assert not grafana.readings('rate(a{b="$c"}[$d])')[1]
    assert grafana.readings("a * $b")[1]
    assert grafana.readings("a") == (["a"], False)


def test_names_of_variables() -> None:
    found = list(grafana.names('$a ${b:pipe} [[c]] ${d.text} $__interval label_replace(x, "$1") $e_f'))
    assert found == ["a", "b", "c", "d", "e_f"]


def test_bounded_time() -> None:
    start = time.perf_counter()
    for at in range(200):
        promql.parse(f'100 * sum by (a) (rate(b{{c="{at}", d=~"e|f"}}[5m])) / sum by (a) (rate(b[5m])) > 5')
    assert (time.perf_counter() - start) / 200 < 0.02


def test_other_verbs_do_not_load_the_parser() -> None:
    code = "import sys, presync.rules.registry as r; r.registry(); print('promql_parser' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
