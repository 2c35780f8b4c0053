"""Generators inside a matrix or a merge: one level of nesting more, and no further."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from presync.argocd.appset.generation import Generator, Outcome, ParamSet, Refused, Run, Undetermined
from presync.argocd.appset.gotypes import DecodeError, Path, check_json, decode, struct
from presync.argocd.appset.govalues import Params

NESTED = {"matrix": struct("NestedMatrixGenerator"), "merge": struct("NestedMergeGenerator")}


@dataclass(frozen=True, slots=True)
class Request:
    """A generator, and the parameters of its left neighbour in a matrix, if any."""

    generator: Generator
    params: Params | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What one kind in a generator yields; a generator may name several kinds."""

    kind: str
    sets: list[ParamSet]


Answers = list[Answer] | Refused | Undetermined
Transform = Callable[[Run, Sequence[Request], Path], list[Answers]]


def child_of(generator: Generator, index: int) -> Generator | DecodeError:
    """A child as a generator of its own; a matrix or merge in it is read again, and may not nest further."""
    child = dict(generator["generators"][index])
    for kind, of in NESTED.items():
        if kind in child:
            try:
                check_json(of, child[kind])
            except DecodeError as error:
                return error
            child[kind] = decode(of, child[kind], fold=True) if child[kind] is not None else {}
    return child


def child_sets(
    run: Run, transform: Transform, requests: Sequence[tuple[Generator | DecodeError, Params | None]], path: Path
) -> list[Outcome]:
    """The parameter sets of children at one place, which must be of one kind each."""
    good = [Request(child, params) for child, params in requests if not isinstance(child, DecodeError)]
    answers = iter(transform(run, good, path))
    out: list[Outcome] = []
    for child, _ in requests:
        if isinstance(child, DecodeError):
            out.append(Refused(str(child), path))
            continue
        answer = next(answers)
        if isinstance(answer, Refused):
            out.append(answer.within("child generator returned an error on parameter generation: "))
        elif isinstance(answer, Undetermined):
            out.append(answer)
        elif not answer:
            out.append(Refused("child generator generated no parameters", path))
        elif len(answer) > 1:
            out.append(Refused("found more than one generator in matrix.Generators", path))
        else:
            out.append(answer[0].sets)
    return out
