"""From an ApplicationSet's generators to parameter sets.

After https://github.com/argoproj/argo-cd/tree/v3.5.7/applicationset/generators. The second generator of a matrix is
filled in once for every parameter set of the first. To ask the template engine once and not a thousand times,
everything here works on many instances of one generator at a time: a request is an instance, an answer is its
parameter sets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from presync.argocd.appset import govalues
from presync.argocd.appset.children import Answer, Answers, Request
from presync.argocd.appset.clusters import cluster_sets
from presync.argocd.appset.evaluation import Evaluation, Failure
from presync.argocd.appset.filling import Form
from presync.argocd.appset.generation import MAX_EVALUATIONS, Generator, Outcome, Refused, Run
from presync.argocd.appset.gitgenerator import git_sets
from presync.argocd.appset.gotypes import Path, Type, struct
from presync.argocd.appset.listgenerator import list_sets
from presync.argocd.appset.matrix import matrix_sets
from presync.argocd.appset.merge import merge_sets
from presync.argocd.appset.recorded import KINDS as RECORDED
from presync.argocd.appset.recorded import recorded_sets
from presync.argocd.appset.selectors import SelectorError, parse
from presync.argocd.versions import before

GENERATOR = struct("ApplicationSetGenerator")
_MISSING_KEY = ("map has no entry for key", "can't evaluate field")


def kinds(generator: Generator) -> list[str]:
    """What a generator is, in the order in which Argo CD goes through it."""
    return [key for key in GENERATOR.fields if key != "selector" and key in generator]


def transform(run: Run, requests: Sequence[Request], path: Path) -> list[Answers]:
    """The parameter sets of every request; all of them are instances of the generator at ``path``."""
    out: list[Answers] = [[] for _ in requests]
    filled = _interpolate(run, requests, path)
    for kind in kinds(requests[0].generator) if requests else ():
        working = [index for index, one in enumerate(filled) if isinstance(one, Mapping)]
        instances: dict[int, int] = {}
        unique: list[Generator] = []
        for index in working:
            if id(filled[index]) not in instances:
                instances[id(filled[index])] = len(unique)
                unique.append(filled[index][kind])
        outcomes = _dispatch(run, kind, unique, (*path, kind))
        for index in working:
            outcome = outcomes[instances[id(filled[index])]]
            answers = out[index]
            if isinstance(outcome, list):
                if isinstance(answers, list):
                    answers.append(Answer(kind, outcome))
            elif isinstance(answers, list):
                out[index] = outcome
    for index, one in enumerate(filled):
        if not isinstance(one, Mapping):
            out[index] = one
    return [_select(run, request, answers, path) for request, answers in zip(requests, out, strict=True)]


def _select(run: Run, request: Request, answers: Answers, path: Path) -> Answers:
    """What the generator's own selector leaves; it is read as it was before parameters were filled in."""
    data = request.generator.get("selector")
    if data is None:
        return answers
    try:
        selector = parse(data, check_values=False)
    except SelectorError as error:
        return Refused(f"error parsing label selector: {error}", (*path, "selector"))
    if not isinstance(answers, list):
        return answers
    opened = not before(run.context.settings.argocd, "3.4")
    return [
        Answer(answer.kind, [one for one in answer.sets if selector.matches(govalues.flatten(one.params, opened))])
        for answer in answers
    ]


def _interpolate(run: Run, requests: Sequence[Request], path: Path) -> list[Any]:
    """Every request's generator with the parameters of its neighbour filled in, or why that fails.

    Entries of ``values`` may name parameters that only exist later: one that cannot be filled in yet stays. (3.3 fills
    them in like everything else.)
    """
    later = None if before(run.context.settings.argocd, "3.4") else _is_values
    forms: dict[int, Form] = {}
    constants: dict[int, Any] = {}
    strict: list[Evaluation] = []
    lenient: list[Evaluation] = []
    for request in requests:
        if request.params:
            key = id(request.generator)
            if key not in forms:
                forms[key] = Form(GENERATOR, request.generator, path, later)
                if not forms[key].slots:
                    constants[key] = forms[key].fill(())
            for slot in forms[key].slots:
                (lenient if slot.lenient else strict).append(Evaluation(slot.text, request.params))
        if len(strict) + len(lenient) > MAX_EVALUATIONS:
            raise run.too_large(f"more than {MAX_EVALUATIONS:,} templates to fill in", path)
    results = iter(run.templates.evaluate(strict))
    tried = iter(run.templates.attempt(lenient))
    out: list[Any] = []
    for request in requests:
        if not request.params:
            out.append(request.generator)
        elif id(request.generator) in constants:
            out.append(constants[id(request.generator)])
        else:
            out.append(_filled(forms[id(request.generator)], results, tried))
    return out


def _is_values(of: Type, key: str) -> bool:
    return key == "values" and of.name.endswith("Generator")


def _filled(form: Form, results: Any, tried: Any) -> Any:
    texts: list[str] = []
    refused: Refused | None = None
    for slot in form.slots:
        result = next(tried if slot.lenient else results)
        if isinstance(result, Failure):
            words = "failed to replace parameters in generator: "
            if slot.lenient and any(mark in result.message for mark in _MISSING_KEY):
                result = slot.text
            elif slot.lenient:
                words += f'failed to pre-resolve Values key "{slot.path[-1]}": '
                refused = refused or Refused(words + result.message, slot.path)
            else:
                refused = refused or Refused(words + result.message, slot.path)
        texts.append(str(result))
    return refused or form.fill(texts)


def _dispatch(run: Run, kind: str, generators: Sequence[Generator], path: Path) -> list[Outcome]:
    if not generators:
        return []
    if kind == "list":
        return [list_sets(run, generator, path) for generator in generators]
    if kind == "git":
        return git_sets(run, generators, path)
    if kind == "clusters":
        return cluster_sets(run, generators, path)
    if kind in RECORDED:
        return recorded_sets(run, kind, generators, path)
    nested = matrix_sets if kind == "matrix" else merge_sets
    return nested(run, transform, generators, path)
