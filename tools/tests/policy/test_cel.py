"""CEL of K8sNativeValidation, as the API server evaluates it."""

from __future__ import annotations

from typing import Any

import pytest

from .support import cel, refusal, said


def check(expression: str, **more: Any) -> dict[str, Any]:
    return {"validations": [{"expression": expression, **more}]}


def test_messages() -> None:
    assert said(cel(**check("object.a == 1", message="not one")), {"a": 2}) == ["not one"]
    assert said(cel(**check("object.a == 1")), {"a": 2}) == ["failed expression: object.a == 1"]
    words = {"message": "not one", "messageExpression": '"a is " + string(object.a)'}
    assert said(cel(**check("object.a == 1", **words)), {"a": 2}) == ["a is 2"]
    words["messageExpression"] = "object.missing"
    assert said(cel(**check("object.a == 1", **words)), {"a": 2}) == ["not one"]


def test_an_error_denies_unless_it_is_to_be_ignored() -> None:
    assert said(cel(**check("object.b == 1")), {}) == ["expression 'object.b == 1' resulted in error: no such key: b"]
    assert said(cel(failurePolicy="Ignore", **check("object.b == 1")), {}) == []


def test_variables_are_lazy() -> None:
    variables = [{"name": "bad", "expression": "object.missing.x"}, {"name": "one", "expression": "1"}]
    assert said(cel(variables=variables, **check("variables.one == 1 || variables.bad == 1")), {}) == []
    found = said(cel(variables=variables, **check("variables.bad == 1")), {})
    assert 'composited variable "bad" fails to evaluate' in found[0]


def test_parameters_and_conditions() -> None:
    one = cel(**check("has(variables.params.most) && object.n <= variables.params.most", message="too many"))
    assert said(one, {"n": 3}, {"most": 2}) == ["too many"]
    assert said(one, {"n": 2}, {"most": 2}) == []
    assert said(one, {"n": 2}) == ["too many"]
    only = {"matchCondition": [{"name": "named", "expression": 'object.name == "a"'}]}
    assert said(cel(**only, **check("false", message="m")), {"name": "b"}) == []
    assert said(cel(**only, **check("false", message="m")), {"name": "a"}) == ["m"]


@pytest.mark.parametrize(
    "expression",
    [
        'quantity("1Gi").isGreaterThan(quantity("1000Mi"))',
        'quantity("500m") == quantity("0.5")',
        '!isQuantity("1Zi")',
        'ip("10.0.0.1").family() == 4 && cidr("10.0.0.0/8").containsIP("10.1.1.1")',
        '!isIP("::ffff:1.2.3.4")',
        'url("https://a.example.com:8443/x?y=1").getPort() == "8443"',
        '"a1b22".findAll("[0-9]+") == ["1", "22"]',
        "[1, 2, 3].isSorted() && [1, 2].sum() == 3 && [3, 1].min() == 1",
        "sets.contains([1, 2, 3], [2])",
        'object.?labels.?team.orValue("none") == "none"',
        'object.spec.items.all(item, item.name.matches("^[a-z]+$"))',
        'request.operation == "CREATE"',
        'variables.anyObject.kind == "Thing"',
    ],
)
def test_the_library(expression: str) -> None:
    data = {"kind": "Thing", "spec": {"items": [{"name": "a"}, {"name": "b"}]}}
    assert said(cel(**check(expression)), data, request={"operation": "CREATE"}) == []


@pytest.mark.parametrize("expression", ["object.", 'authorizer.path("/x").check("get").allowed()', "nosuch(1)"])
def test_what_does_not_compile_is_told(expression: str) -> None:
    assert refusal(cel(**check(expression))).message


def test_an_optional_variable_cannot_be_told() -> None:
    """Kubernetes evaluates it; that presync does not is no verdict about the object."""
    one = cel(variables=[{"name": "spec", "expression": "object.?spec"}], **check("variables.spec.hasValue()"))
    (found,) = said(one, {"kind": "Thing", "spec": {}})
    assert found.startswith("? variable spec is an optional value")


def test_names_that_are_taken() -> None:
    error = refusal(cel(variables=[{"name": "params", "expression": "1"}], **check("true")))
    assert error.invalid
