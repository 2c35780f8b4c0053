"""Templates with marks print what they print, plus the marks."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from presync.provenance.instrument import MARK, instrument, marks
from presync.provenance.lexer import parts

CHARTS = Path(__file__).resolve().parents[3] / "charts"


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("a {{ .b }} c", [("a ", False), (".b", True), (" c", False)]),
        ("a\n {{- .b -}}\n c", [("a", False), (".b", True), ("c", False)]),
        ('{{ "}}" }}x', [('"}}"', True), ("x", False)]),
        ("{{ `}}` }}x", [("`}}`", True), ("x", False)]),
        ("{{/* }} */}}x", [("/* }} */", True), ("x", False)]),
        ("{{- /* }} */ -}} x", [("/* }} */", True), ("x", False)]),
        ("{{-1}}", [("-1", True)]),
        ("a {{ .b", [("a ", False), ("{{ .b", False)]),
    ],
)
def test_parts(template: str, expected: list[tuple[str, bool]]) -> None:
    assert [(part.text if part.action else part.kept, part.action) for part in parts(template)] == expected


def test_offsets_cover_the_template() -> None:
    for path in sorted(CHARTS.glob("*/templates/**/*.*")):
        text = path.read_text()
        found = list(parts(text))
        assert [part.offset for part in found] == sorted(part.offset for part in found)
        assert (
            "".join(text[one.offset : two.offset] for one, two in itertools.pairwise(found))
            == (text[: found[-1].offset])
        )


@pytest.mark.parametrize("careful", [True, False])
def test_marks_are_all_that_is_added(careful: bool) -> None:
    for path in sorted(CHARTS.glob("*/templates/**/*.*")):
        text = path.read_text()
        assert MARK.sub("", instrument(text, 7, careful)) == text


def test_line_numbers() -> None:
    text = "a: 1\nb: {{ .x }}\n{{- if .y }}\nc: 2\n{{- end }}\n\nd:\n  {{- toYaml .z | nindent 2 }}\n"
    marked = instrument(text, 0).split("\n")
    assert [(mark.line, number) for number, line in enumerate(marked, 1) for mark in marks(line)] == [
        (number, number) for number in (1, 2, 4, 7, 8)
    ]


def test_a_named_template_that_prints_a_word_is_left_alone() -> None:
    text = '{{- define "name" -}}\n{{- if .x }}\n{{- .x | trunc 63 }}\n{{- else }}\nfoo\n{{- end }}\n{{- end -}}\n'
    assert instrument(text, 0) == text


def test_an_empty_line_is_not_marked() -> None:
    text = "data:\n  x: |\n    {{- range .y }}\n    {{ . }}\n\n    {{- end }}\n"
    assert all(line.strip() != "#@0:5@" for line in instrument(text, 0).split("\n"))
