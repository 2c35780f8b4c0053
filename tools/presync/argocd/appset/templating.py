"""Go templates for many parameter sets at once, with Argo CD's functions, results and errors.

Templates that only name parameters are evaluated here, the others by Helm's engine (:mod:`.batch`), which knows
``missingkey=error`` and ``zero``. For ``default``, where a name behind a missing name is missing too instead of an
error, such names are taken out of the template before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from presync.argocd.appset import govalues, simple
from presync.argocd.appset.batch import Batch, EvaluationFailed
from presync.argocd.appset.evaluation import Evaluation, Failure, Result, TooCostly, Unclear, execution_failure
from presync.argocd.appset.gotext import is_plain, source
from presync.argocd.appset.govalues import Params
from presync.argocd.appset.simple import GoTemplateError
from presync.engine import Engine

MAX_CALL = 20_000  # evaluations in one call of the engine
MAX_REPEATS = 500  # calls that may fail while others go on

_OPTIONS = {
    "missingkey=default": "default",
    "missingkey=invalid": "default",
    "missingkey=zero": "zero",
    "missingkey=error": "error",
}
_CHANGES = re.compile(r"\b(?:set|unset|merge|mergeOverwrite|mustMerge|mustMergeOverwrite)\b")


class OptionError(ValueError):
    """An entry of ``goTemplateOptions`` that Go does not know."""


def missing_mode(options: Iterable[str]) -> str:
    """What a missing name means: ``error``, ``zero`` or ``default``.

    Raises:
        OptionError: in the words of the panic that ends the reconciliation.
    """
    mode = "default"
    for option in options:
        if not option:
            raise OptionError("empty option string")
        if option not in _OPTIONS:
            raise OptionError(f"unrecognized option: {option}")
        mode = _OPTIONS[option]
    return mode


@dataclass(frozen=True, slots=True)
class GoTemplates:
    """Evaluates with Go's text/template; ``missing`` as :func:`missing_mode` says."""

    engine: Engine
    missing: str

    def attempt(self, evaluations: Sequence[Evaluation]) -> list[Result]:
        """All results with ``missingkey=error``, made for many that fail because a name does not exist yet."""
        strict = GoTemplates(self.engine, "error")
        results: list[Result] = [None] * len(evaluations)
        first: dict[str, int] = {}
        for index, evaluation in enumerate(evaluations):
            first.setdefault(evaluation.text, index)
        tried = list(first.values())
        for index, result in zip(tried, strict.evaluate([evaluations[at] for at in tried], True), strict=True):
            results[index] = result
        rest = []
        for index, (text, params) in enumerate((one.text, one.params) for one in evaluations):
            result = results[first[text]]
            if isinstance(result, Failure) and "failed to parse" in result.message:
                results[index] = result
            elif results[index] is None and (missing := _certainly_missing(text, params)):
                results[index] = execution_failure(text, f'template: base: map has no entry for key "{missing}"')
            elif results[index] is None:
                rest.append(index)
        for index, result in zip(rest, strict.evaluate([evaluations[at] for at in rest], True), strict=True):
            results[index] = result
        return results

    def evaluate(self, evaluations: Sequence[Evaluation], keep_going: bool = False) -> list[Result]:
        """The results in order. Without ``keep_going`` what comes after the first failure may be None.

        Raises:
            TooCostly: a bound of the engine was exceeded.
            Unclear: presync cannot tell what a template yields.
        """
        results: list[Result] = [None] * len(evaluations)
        rest: list[int] = []
        changing = any(_CHANGES.search(text) for text in {evaluation.text for evaluation in evaluations})
        for index, evaluation in enumerate(evaluations):
            if is_plain(evaluation.text):
                results[index] = evaluation.text
                continue
            parts = None if changing else simple.parse(evaluation.text)
            if parts is None:
                rest.append(index)
                continue
            try:
                results[index] = simple.evaluate(parts, evaluation.params, self.missing)
            except GoTemplateError as error:
                results[index] = execution_failure(evaluation.text, str(error))
                if not keep_going:
                    break
        for chunk in _chunks(rest, evaluations):
            self._chunk(chunk, evaluations, results, keep_going)
        if self.missing == "default":
            self._check_typed_maps(rest, evaluations, results)
        return results

    def _check_typed_maps(
        self, indexes: Sequence[int], evaluations: Sequence[Evaluation], results: Sequence[Result]
    ) -> None:
        """A name missing in a map of texts is nothing for Argo CD and an empty text for the engine.

        Where the template walks into the parameters that is seen to; where it may walk into such a map by another way,
        the result must be the same with a plain map in its place, where a missing name is nothing.
        """
        plain: dict[int, Params] = {}
        again: list[tuple[int, Evaluation]] = []
        for index in indexes:
            text, params = evaluations[index].text, evaluations[index].params
            if source(text).elsewhere and results[index] is not None:
                key = id(params)
                if key not in plain:
                    plain[key] = govalues.untyped(params)
                if plain[key] is not params:
                    again.append((index, Evaluation(text, plain[key])))
        others: list[Result] = [None] * len(again)
        for chunk in _chunks(range(len(again)), [evaluation for _, evaluation in again]):
            self._chunk(chunk, [evaluation for _, evaluation in again], others, keep_going=True)
        for (index, evaluation), other in zip(again, others, strict=True):
            result = results[index]
            if isinstance(result, Failure) != isinstance(other, Failure) or (
                isinstance(result, str) and result != other
            ):
                raise Unclear(f"what {evaluation.text} yields where a map has no such name")

    def _chunk(
        self, indexes: Sequence[int], evaluations: Sequence[Evaluation], results: list[Result], keep_going: bool
    ) -> None:
        left = list(indexes)
        for _ in range(MAX_REPEATS):
            try:
                outputs = Batch([evaluations[index] for index in left], self.missing).evaluate(self.engine)
            except EvaluationFailed as failed:
                text = evaluations[left[failed.index]].text
                results[left[failed.index]] = failed.failure
                if keep_going and failed.parsing:
                    for index in [index for index in left if evaluations[index].text == text]:
                        results[index] = failed.failure
                        left.remove(index)
                elif keep_going:
                    del left[failed.index]
                else:
                    # What comes before it has results (or, as Go parses a template when it comes to it, may fail
                    # first); nothing asks for what comes after it.
                    del left[failed.index :]
                if not left:
                    return
                continue
            for index, output in zip(left, outputs, strict=True):
                results[index] = output
            return
        raise TooCostly(f"more than {MAX_REPEATS} of its templates cannot be evaluated")


def _certainly_missing(text: str, params: Params) -> str:
    """A name that the template asks for in any case, and that does not exist."""
    found = source(text)
    for walk in found.walks if found.straight else ():
        value: Any = params
        for name in walk.names:
            if not isinstance(value, Mapping):
                break
            if name not in value:
                return name
            value = value[name]
    return ""


def _chunks(indexes: Sequence[int], evaluations: Sequence[Evaluation]) -> Iterator[list[int]]:
    """Runs of bounded size; templates that define others come alone, their names would collide."""
    shared = [index for index in indexes if not source(evaluations[index].text).own_names]
    for start in range(0, len(shared), MAX_CALL):
        yield shared[start : start + MAX_CALL]
    alone: dict[str, list[int]] = {}
    for index in indexes:
        text = evaluations[index].text
        if source(text).own_names:
            alone.setdefault(text, []).append(index)
    yield from alone.values()
