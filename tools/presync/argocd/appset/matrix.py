"""The matrix generator: every combination of two generators' parameter sets.

After https://github.com/argoproj/argo-cd/blob/v3.5.7/applicationset/generators/matrix.go.
"""

from __future__ import annotations

from collections.abc import Sequence

from presync.argocd.appset import govalues
from presync.argocd.appset.children import Transform, child_of, child_sets
from presync.argocd.appset.generation import (
    MAX_SETS,
    Generator,
    Outcome,
    Panicked,
    ParamSet,
    Refused,
    Run,
    Undetermined,
)
from presync.argocd.appset.gotypes import DecodeError, Path
from presync.argocd.appset.govalues import GoPanic, Params


def matrix_sets(run: Run, transform: Transform, generators: Sequence[Generator], path: Path) -> list[Outcome]:
    """Every combination of two children; the second is filled in with the parameters of the first."""
    out: list[Outcome] = []
    for generator in generators:
        count = len(generator.get("generators") or ())
        word = "less" if count < 2 else "more"
        wrong = Refused(f"found {word} than two generators, Matrix support only two", (*path, "generators"))
        out.append([] if count == 2 else wrong)
    working = [index for index, outcome in enumerate(out) if isinstance(outcome, list)]
    first_path, second_path = (*path, "generators", 0), (*path, "generators", 1)
    firsts = child_sets(run, transform, [(child_of(generators[index], 0), None) for index in working], first_path)
    requests: list[tuple[Generator | DecodeError, Params | None]] = []
    for index, first in zip(working, firsts, strict=True):
        if isinstance(first, list):
            child = child_of(generators[index], 1)
            _bound_product(run, len(first), child, path)
            requests += [(child, one.params) for one in first]
    seconds = iter(child_sets(run, transform, requests, second_path))
    total = 0
    for index, first in zip(working, firsts, strict=True):
        if not isinstance(first, list):
            words = "error failed to get params for first generator in matrix generator: "
            out[index] = first.within(words) if isinstance(first, Refused) else first
            continue
        rows = [next(seconds) for _ in first]
        total += sum(len(row) for row in rows if isinstance(row, list))
        if total > MAX_SETS:
            raise run.too_large(f"its matrix has {total:,} combinations (at most {MAX_SETS:,})", path)
        out[index] = _combine(run, first, rows, path)
    return out


def _bound_product(run: Run, count: int, child: Generator | DecodeError, path: Path) -> None:
    """Refuse before anything is filled in when the elements alone are too many."""
    if isinstance(child, DecodeError):
        return
    elements = len((child.get("list") or {}).get("elements") or ())
    if count * elements > MAX_SETS:
        raise run.too_large(f"its matrix has {count * elements:,} combinations (at most {MAX_SETS:,})", path)


def _combine(run: Run, first: Sequence[ParamSet], rows: Sequence[Outcome], path: Path) -> Outcome:
    combined: list[ParamSet] = []
    for one, row in zip(first, rows, strict=True):
        if isinstance(row, Undetermined):
            return row
        if isinstance(row, Refused):
            return row.within("failed to get params for second generator in the matrix generator: ")
        for other in row:
            try:
                if run.go:
                    params: Params = govalues.copy(other.params)
                    govalues.merge_override(params, one.params)
                else:
                    params = govalues.combine(one.params, other.params)
            except GoPanic as error:
                return Panicked(str(error), path)
            except ValueError as error:
                return Refused(
                    f"failed to combine string maps with merging params for the matrix generator: {error}", path
                )
            combined.append(ParamSet(params, (*one.origins, *other.origins)))
    return combined
