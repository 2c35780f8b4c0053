"""What can be tested without the other tools: the cases, and how what is said becomes a table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from compare import gatekeeper, report
from compare.theirs import theirs
from tests.mutations.support import Case, cases, changed, repository


@pytest.mark.parametrize("case", theirs(), ids=lambda case: case.name)
def test_a_case_can_still_be_made_and_its_line_is_there(case: Case) -> None:
    files = changed(case.edits)
    file = case.expect["file"]
    text = files.get(file) or repository().worktree.read(file)
    assert case.expect["line"] in text.decode()


def test_no_case_is_also_a_mutation() -> None:
    assert not {one.name for one in theirs()} & {one.name for one in cases("mistakes")}


def test_tables_are_written_between_their_markers(tmp_path: Path) -> None:
    document, cells = tmp_path / "a.md", tmp_path / "cells"
    cells.mkdir()
    marks = "".join(
        f"{name}\n<!-- {name}:start -->\nbefore\n<!-- {name}:end -->\n" for name in ("totals", "theirs", "cases")
    )
    document.write_text(marks)
    first, second, third = cases("mistakes")[:3]
    for case, said, helm in (
        (first, "K8S001 `a:1`", "yes"),
        (second, "**missed**", "yes"),
        (third, "K8S002 `a:2`", "no"),
    ):
        (cells / f"{case.name}.json").write_text(json.dumps({"presync": {"cell": said}, "helm": {"cell": helm}}))
    report.write(document, cells)
    text = document.read_text()
    assert "before\n" not in text
    assert "| presync | 2 | 0 | 0 | 1 | 0 |" in text
    assert "| helm | 0 | 2 | 0 | 1 | 0 |" in text
    assert f"* {third.what} (K8S002)." in text
    assert text.index(first.what) < text.index(second.what)


def test_a_document_without_markers_is_refused(tmp_path: Path) -> None:
    document = tmp_path / "a.md"
    document.write_text("nothing\n")
    with pytest.raises(SystemExit, match="no line"):
        report.write(document, tmp_path)


def test_templates_that_read_the_inventory_are_asked_apart() -> None:
    def template(kind: str, **annotations: str) -> gatekeeper.Object:
        spec = {"crd": {"spec": {"names": {"kind": kind}}}}
        return {"kind": "ConstraintTemplate", "metadata": {"name": kind, "annotations": annotations}, "spec": spec}

    def constraint(kind: str) -> gatekeeper.Object:
        return {"apiVersion": "constraints.gatekeeper.sh/v1beta1", "kind": kind, "metadata": {"name": "x"}}

    expansion: gatekeeper.Object = {"apiVersion": "expansion.gatekeeper.sh/v1beta1", "kind": "ExpansionTemplate"}
    pairs = template("Pairs", **{"metadata.gatekeeper.sh/requires-sync-data": "[]"})
    alone = template("Alone")
    comparing, single = gatekeeper._by_inventory([expansion, pairs, constraint("Pairs"), alone, constraint("Alone")])
    assert comparing == [expansion, pairs, constraint("Pairs")]
    assert single == [expansion, alone, constraint("Alone")]
