"""Replacing without goTemplate."""

from __future__ import annotations

import pytest

from presync.argocd.appset.evaluation import Failure
from presync.argocd.appset.fasttemplate import replace

PARAMS = {"name": "a", "path.basename": "b", "path[0]": "c", "number": 3, "": "empty"}


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("plain }}", "plain }}"),
        ("{{name}}-{{ path.basename }}-{{path[0]}}", "a-b-c"),
        ("{{number}} {{nope}} {{ }} {{}}", "{{number}} {{nope}} {{ }} {{}}"),
        ("{{name | upper}} {{ {{name}} }}", "{{name | upper}} {{ {{name}} }}"),
        ("{{\nname}}", "{{\nname}}"),
        ("{{name}} {{\nname\n}}", "a a"),
        ("{{", "{{"),
        ("{{\u00a0name\t}}", "a"),
    ],
)
def test_replace(text: str, result: str) -> None:
    assert replace(text, PARAMS) == result


def test_a_tag_that_is_not_closed() -> None:
    result = replace('{{name}} "{{x', PARAMS)
    assert isinstance(result, Failure)
    assert result.message == (
        'invalid template: Cannot find end tag="}}" in the template="{{name}} \\"{{x" starting from "x"'
    )
