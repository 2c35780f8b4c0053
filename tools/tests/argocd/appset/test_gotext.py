"""Templates are rewritten where Helm's functions differ from Argo CD's, and nowhere else."""

from __future__ import annotations

import pytest

from presync.argocd.appset.gotext import call_of, is_plain, own_words, source

N, S = 'include "presync.normalize"', 'include "presync.slugify"'


@pytest.mark.parametrize(
    ("text", "rewritten"),
    [
        ("{{ normalize .a }}", f"{{{{ {N} .a }}}}"),
        ("{{ .a | normalize | upper }}", f"{{{{ .a | {N} | upper }}}}"),
        ("{{ slugify 3 .a }}x", f"{{{{ list 3 .a | {S} }}}}x"),
        ("{{ .a | slugify 3 false | upper }}", f"{{{{ .a | list 3 false | {S} | upper }}}}"),
        ('{{ upper (slugify 3 (printf .b "|)")) }}', f'{{{{ upper (list 3 (printf .b "|)") | {S}) }}}}'),
        ("{{ if slugify }}", f"{{{{ if list | {S} }}}}"),
        ("{{ list slugify }}", f"{{{{ list (list | {S}) }}}}"),
        ("{{ (fromYaml .a).b }}", '{{ (include "presync.yaml" .a | fromYaml).b }}'),
        ("{{ .a | fromYamlArray }}", '{{ .a | include "presync.yamlArray" | fromYamlArray }}'),
        ("{{ $x := fromJson .a }}", '{{ $x := include "presync.json" .a | mustFromJson }}'),
        ('{{ include "x" . }}', '{{ presyncNoSuchFunction_include "x" . }}'),
        ('{{ .a.include }} include {{ $include }} {{ "include" }} {{ `tpl` }}', None),
        ('{{/* include "x" */}}{{- /* env */ -}}', None),
        ('{{ printf "%s}}" .normalize }}', None),
        ("normalize {{ .a", None),
        ("{{ -3 }}{{ 'a' }}{{- .a -}}", None),
    ],
)
def test_rewriting(text: str, rewritten: str | None) -> None:
    assert source(text).text == (text if rewritten is None else rewritten)


def test_what_else_is_known() -> None:
    found = source(
        '{{ define "a" }}{{ now }}{{ end }}{{ .a.b.c }}{{ $.d.e }}{{ $x.f.g }}{{ (index .l 0).h.i }}{{ .j }}'
    )
    assert found.own_names
    assert found.random == ("now",)
    assert [walk.names for walk in found.walks] == [("a", "b", "c"), ("d", "e"), ("l",), ("j",)]
    assert found.elsewhere == 2
    assert not source("{{ .define.now }}").own_names
    assert is_plain("}} { {")


def test_errors_get_their_own_words_back() -> None:
    assert own_words('at <include "presync.normalize" .a>') == "at <normalize .a>"
    assert own_words('function "presyncNoSuchFunction_env" not defined') == 'function "env" not defined'
    assert call_of("a {{ x }} {{ .y | slugify 3 | z }}", "slugify") == (18, "slugify 3")
