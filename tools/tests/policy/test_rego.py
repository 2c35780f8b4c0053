"""Rego as OPA evaluates it, and policies that mean harm."""

from __future__ import annotations

import pytest

from presync.policy.evaluator import Evaluator
from presync.policy.model import PolicyError
from presync.policy.rego.repair import repair

from .support import refusal, rego, said

ALWAYS = 'violation[{"msg": "always"}] { 1 == 1 }'


def test_a_missing_argument_of_a_negated_call_leaves_the_rule_undefined() -> None:
    one = rego('violation[{"msg": "m"}] { not startswith(input.review.object.name, input.parameters.prefix) }')
    assert said(one, {"name": "a"}, {"prefix": "b"}) == ["m"]
    assert said(one, {"name": "a"}, {}) == []
    assert said(one, {}, {"prefix": "b"}) == []


@pytest.mark.parametrize(
    ("negated", "expected"),
    [
        ("not input.review.object.missing", ["m"]),
        ("not input.review.object.missing == 1", ["m"]),  # unification stays inside the negation
        ("not input.review.object.missing > 1", []),
        ("not count(input.review.object.missing) > 1", []),
        ("not input.review.object.list[input.review.object.missing]", []),
        ("not f(input.review.object.missing)", []),
        ("not f(missing_rule)", []),
        ("not f(1)", ["m"]),
    ],
)
def test_negation(negated: str, expected: list[str]) -> None:
    body = f'violation[{{"msg": "m"}}] {{ {negated} }}\nf(x) {{ x == 2 }}\nmissing_rule = 1 {{ input.nothing }}'
    assert said(rego(body), {"list": [1]}) == expected


@pytest.mark.parametrize(
    "rule",
    [
        "names contains [one.name, one.image] if { some one in input.review.object.list }",
        "names contains [one.name, one.image] if {\n  some one in input.review.object.list # all\n  one.name\n}",
        "names contains [one.name, one.image] if some one in input.review.object.list",
        'names[one.name] := one.image if { some one in input.review.object.list; one.name != "" }',
        "names[one.image] := one.name if one := input.review.object.list[_]",
        'names contains {"image": image(one)} if { some one in input.review.object.list }\nimage(one) := one.image',
    ],
)
def test_a_head_without_a_value_is_no_element(rule: str) -> None:
    body = f'violation contains {{"msg": sprintf("%d", [count(names)])}} if names\n{rule}'
    both = {"list": [{"name": "a"}, {"name": "b", "image": "x"}, {"name": "c"}]}
    assert said(rego(body, version="v1"), both) == ["1"]
    assert said(rego(body, version="v1"), {"list": [{"name": "a"}]}) == ["0"]


def test_a_violation_without_a_value_is_none() -> None:
    body = 'violation[{"msg": "m", "details": {"image": one.image}}] { one := input.review.object.list[_] }'
    assert said(rego(body), {"list": [{}, {"image": "x"}]}) == ["m"]
    assert said(rego(body), {"list": [{}]}) == []


def test_a_body_that_ends_with_text_keeps_it() -> None:
    body = 'violation contains {"msg": input.review.object.name} if input.review.object.kind == "a}b"'
    assert said(rego(body, version="v1"), {"kind": "a}b", "name": "x"}) == ["x"]
    assert said(rego(body, version="v1"), {"kind": "a", "name": "x"}) == []


def test_a_function_that_fails_is_undefined() -> None:
    body = """
violation[{"msg": "text"}] { startswith(input.review.object.value, "a") }
violation[{"msg": "no text"}] { not startswith(input.review.object.value, "a") }
violation[{"msg": "number"}] { to_number(input.review.object.value) > 0 }
"""
    assert said(rego(body), {"value": "abc"}) == ["text"]
    assert said(rego(body), {"value": 7}) == ["no text", "number"]


def test_some_looks_into_what_is_no_collection() -> None:
    body = """
violation contains {"msg": "first"} if { some rule in input.review.object.rules; rule.verbs }
violation contains {"msg": "second"} if { some rule in object.get(input.review.object, "rules", []); rule.verbs }
violation contains {"msg": "none"} if { not input.review.object.rules[0] }
"""
    assert said(rego(body, version="v1"), {"rules": None}) == ["none"]
    assert said(rego(body, version="v1"), {"rules": "text"}) == ["none"]
    assert said(rego(body, version="v1"), {"rules": [{"verbs": []}]}) == ["first", "second"]
    assert said(rego(body, version="v1"), {}) == ["none"]


def test_a_format_with_the_wrong_number_of_arguments_is_printed_as_go_does() -> None:
    body = 'violation[{"msg": sprintf("%v and %v", input.review.object.values)}] { true }'
    assert said(rego(body), {"values": [1]}) == ["1 and %!v(MISSING)"]
    assert said(rego(body), {"values": [1, 2, "x"]}) == ["1 and 2%!(EXTRA string=x)"]


def test_what_is_not_known_is_never_passed() -> None:
    assert said(rego('violation[{"msg": "m"}] { 1 / input.review.object.zero > 0 }'), {"zero": 0}) == [
        "? template.rego:2: divide by zero"
    ]
    assert said(rego('violation[{"msg": 7}] { true }'), {}) == ["? msg of a violation is not text"]


def test_both_versions_and_libraries() -> None:
    library = "package lib.names\nlong(name) { count(name) > 3 }"
    body = 'import data.lib.names\nviolation[{"msg": "long"}] { names.long(input.review.object.name) }'
    assert said(rego(body, library), {"name": "abcd"}) == ["long"]
    new = 'violation contains {"msg": msg} if { some msg in input.review.object.names }'
    assert said(rego(new, version="v1"), {"names": ["a", "b"]}) == ["a", "b"]


def test_the_inventory() -> None:
    one = rego('violation[{"msg": name}] { data.inventory.namespace.a["v1"].Pod[name] }')
    known = {"namespace": {"a": {"v1": {"Pod": {"web": {}}}}}}
    assert said(one, {}, inventory=known) == ["web"]
    assert said(one, {}) == []


def test_functions_that_regorus_lacks() -> None:
    body = """
violation[{"msg": "any"}] { any([false, true]) }
violation[{"msg": "all"}] { all([false, true]) }
violation[{"msg": "match"}] { re_match("^a+$", input.review.object.name) }
violation[{"msg": digest}] { digest := crypto.sha256("") }
"""
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert said(rego(body), {"name": "aaa"}) == ["any", empty, "match"]


def test_repairs_keep_lines() -> None:
    source = 'violation[{"msg": "m"}] {\n  x := 1\n  (x + 1) == 2\n} {\n  1 == 1\n}\n'
    fixed = repair(source)
    assert fixed.count("\n") == source.count("\n")
    assert "true; (x + 1) == 2" in fixed
    assert '} violation[{"msg": "m"}] {' in fixed
    same = 'f(x) = y {\n  y := g(\n    (x))\n}\nz = {"a": "{ ( }"} { `\n(` != "" }\n# } {\n'
    assert repair(same) == same


@pytest.mark.parametrize(
    "paths",
    ['["/a/b", "c"]', '["a/b", "/c"]', '[["a", "b"], `//c`]', '{"/a/b", "/c"}', '[\n"/a/b",\n  "c"]'],
)
def test_paths_of_json(paths: str) -> None:
    body = f'violation[{{"msg": json.marshal(json.remove(input.review.object, {paths}))}}] {{ true }}'
    assert said(rego(body), {"a": {"b": 1, "d": 2}, "c": 3}) == ['{"a":{"d":2}}']


def test_pointers_are_unescaped_and_other_texts_stay() -> None:
    body = (
        'violation[{"msg": json.marshal(json.filter({"a/b": input.review.object.x, "/c": "/d"}, ["a~1b"]))}] { true }'
    )
    assert said(rego(body), {"x": 1}) == ['{"a/b":1}']
    same = 'x := json.remove({"/a": ["/b"]}, ["a"])\ny := f("/a", ["/b"])\nz := json.patch({}, ["/a"])\n'
    assert repair(same) == same


def test_a_function_without_a_body_is_true() -> None:
    body = (
        'violation contains {"msg": "m"} if wild(input.review.object.verb)\nwild("*")\nwild(x) if startswith(x, "*/")'
    )
    assert said(rego(body, version="v1"), {"verb": "*"}) == ["m"]
    assert said(rego(body, version="v1"), {"verb": "*/scale"}) == ["m"]
    assert said(rego(body, version="v1"), {"verb": "get"}) == []


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('violation[{"msg": "m"}] { f(1) }\nf(x) { g(x) }\ng(x) { f(x) }', "recursive: f -> g -> f"),
        ('violation[{"msg": "m"}] { violation[_] }', "violation -> violation"),
        ('violation[{"msg": "m"}] { data.other.x }', "data.other"),
        ('violation[{"msg": "m"}] { data[input.x] }', "nothing else of data"),
        ('violation[{"msg": "m"}] { starts_with("a", "b") }', "did you mean startswith?"),
        ("deny[x] { x := 1 }", "missing required rules"),
        ('violation[{"msg": "m"}] {', "template.rego:"),
    ],
)
def test_what_gatekeeper_refuses(body: str, message: str) -> None:
    error = refusal(rego(body))
    assert error.invalid
    assert message in error.message


def test_the_package_of_a_library() -> None:
    assert "begins with" in refusal(rego(ALWAYS, "package other\nx = 1")).message


@pytest.mark.parametrize("name", ["http.send({})", "opa.runtime()", 'external_data({"a": 1})', "io.jwt.decode(1)"])
def test_what_only_the_cluster_knows(name: str) -> None:
    error = refusal(rego(f'violation[{{"msg": "m"}}] {{ x := {name}; x }}'))
    assert not error.invalid


def test_a_policy_without_end_is_stopped_and_the_others_go_on() -> None:
    loop = " ".join(f"x{at} := input.review.object.list[_];" for at in range(6))
    with Evaluator(timeout=3) as evaluator:
        evaluator.load("fine", rego(ALWAYS))
        evaluator.load("endless", rego(f'violation[{{"msg": "m"}}] {{ {loop} x0 < 0 }}'))
        evaluator.load("after", rego(ALWAYS))
        evaluator.documents([b'{"object": {"list": [%s]}}' % b",".join([b"1"] * 300)])
        for _ in range(2):  # the second time at once
            with pytest.raises(PolicyError, match="did not end"):
                list(evaluator.evaluate("endless", {}, [0]))
        for key in ("fine", "after"):
            assert [one.violation.message for one in evaluator.evaluate(key, {}, [0]) if one.violation] == ["always"]


def test_a_policy_that_takes_its_process_down() -> None:
    deep = "(" * 200_000 + "1" + ")" * 200_000
    error = refusal(rego(f'violation[{{"msg": "m"}}] {{ {deep} == 1 }}'))
    assert error.message
