"""Go templates for many parameter sets at once, with Argo CD's functions, results and errors.

One call of the engine evaluates any number of templates with any number of parameter sets: every template is a partial
of a throw-away chart, and one file goes through them. Two differences between Helm's engine and Argo CD are evened out
here. Helm wipes ``<no value>`` from what a file prints, but not from what ``include`` returns, so results travel in
base64. And Helm knows ``missingkey=error`` and ``zero`` only; for ``default``, where a name behind a missing name is
missing too instead of an error, such names are taken out of the template before.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from presync.argocd.appset import govalues, simple
from presync.argocd.appset.gotext import HELPERS, Walk, call_of, is_plain, own_words, source
from presync.argocd.appset.govalues import Params, StrList, StrMap
from presync.argocd.appset.simple import GoTemplateError, place
from presync.engine import Chart, Engine, EngineError

MAX_CALL = 20_000  # evaluations in one call of the engine
MAX_REPEATS = 500  # calls that may fail while others go on

_OPTIONS = {"missingkey=default": "default", "missingkey=invalid": "default", "missingkey=zero": "zero"}
_OPTIONS["missingkey=error"] = "error"
_CHANGES = re.compile(r"\b(?:set|unset|merge|mergeOverwrite|mustMerge|mustMergeOverwrite)\b")
_DRIVER = (
    "{{ range .Values.e }}"
    "{{ include (index $.Values.n (int (index . 0))) (index $.Values.p (int (index . 1))) | b64enc }},"
    "{{ end }}"
)
# Puts Go's typed maps and lists where JSON could only bring plain ones: a chart's annotations are a map[string]string.
_TYPES = (
    "{{ range .Values.t }}{{ $m := index $.Values.p (int .p) }}"
    '{{ range .path }}{{ if kindIs "string" . }}{{ $m = index $m . }}{{ else }}{{ $m = index $m (int .) }}{{ end }}'
    "{{ end }}{{ if .sub }}{{ $_ := set $m .key (index $.Subcharts .sub).Chart.Annotations }}"
    "{{ else }}{{ $_ := set $m .key (toStrings (index $m .key)) }}{{ end }}{{ end }}"
)
_FRAME = re.compile(r"(?:template: )?t/templates/(?P<file>[\w.]+):(?P<line>\d+):(?P<column>\d+):?\s+executing ", re.S)
_PARSE = re.compile(r"parse error at \(t/templates/_s(?P<index>\d+)\.tpl:(?P<line>\d+)\): (?P<message>.*)", re.S)
_FAIL = re.compile(r"execution error at \(t/templates/(?P<file>[\w.]+):(?P<line>\d+)(?::\d+)?\): (?P<message>.*)", re.S)


class TooCostly(Exception):
    """A bound was exceeded while templates were evaluated; what they yield is unknown."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A template and the parameter set it is evaluated with."""

    text: str
    params: Params = field(repr=False)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an evaluation has no result, in Argo CD's words."""

    message: str


Result = str | Failure | None


class Unclear(Exception):
    """What a template yields cannot be told."""


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

    def strict(self) -> GoTemplates:
        """The same with ``missingkey=error``."""
        return GoTemplates(self.engine, "error")

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
                results[index] = _execution(evaluation.text, str(error))
                if not keep_going:
                    break
        for chunk in _chunks(rest, evaluations):
            self._chunk(chunk, evaluations, results, keep_going)
        return results

    def _chunk(
        self, indexes: Sequence[int], evaluations: Sequence[Evaluation], results: list[Result], keep_going: bool
    ) -> None:
        left = list(indexes)
        for _ in range(MAX_REPEATS):
            try:
                outputs = self._call(_Batch([evaluations[index] for index in left], self.missing))
            except _Failed as failed:
                results[left[failed.index]] = failed.failure
                if keep_going:
                    del left[failed.index]
                elif failed.parsing:
                    # Go parses a template when it comes to it; something before it may fail first.
                    del left[failed.index :]
                else:
                    return
                if not left:
                    return
                continue
            for index, output in zip(left, outputs, strict=True):
                results[index] = output
            return
        raise TooCostly(f"more than {MAX_REPEATS} of its templates cannot be evaluated")

    def _call(self, batch: _Batch) -> list[str]:
        strict = self.missing == "error"
        try:
            text = self._render(batch, _DRIVER, strict)
        except EngineError as error:
            parse = _PARSE.match(error.message)
            if parse:
                raise batch.parse_failure(parse) from None
            # Once more with a line for each evaluation, so that the error says which one it was.
            try:
                text = self._render(batch, batch.lines(), strict)
            except EngineError as precise:
                raise batch.failure(precise.message, self.missing) from None
        return [base64.b64decode(part).decode("utf-8", "replace") for part in text.replace("\n", "").split(",")[:-1]]

    def _render(self, batch: _Batch, driver: str, strict: bool) -> str:
        try:
            _, blobs = self.engine.call(
                "templates", [batch.chart(driver)], values=json.dumps(batch.values()), strict=strict
            )
        except EngineError as error:
            if error.bound:
                raise TooCostly(error.message) from None
            raise
        rendered: str = json.loads(blobs[0])["t/templates/driver.txt"]
        return rendered


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


class _Failed(Exception):
    """The evaluation at ``index`` of a batch failed; ``parsing``: its template is no template."""

    def __init__(self, index: int, failure: Failure, parsing: bool = False) -> None:
        super().__init__(failure.message)
        self.index = index
        self.failure = failure
        self.parsing = parsing


class _Batch:
    """What one call of the engine works on."""

    def __init__(self, evaluations: Sequence[Evaluation], missing: str) -> None:
        self.evaluations = evaluations
        self.texts: list[tuple[str, frozenset[Walk]]] = []
        places: dict[tuple[str, frozenset[Walk]], int] = {}
        self.params: list[Params] = []
        known: dict[int, int] = {}
        self.pairs: list[tuple[int, int]] = []
        for evaluation in evaluations:
            text, params = evaluation.text, evaluation.params
            variant = (text, _nothing(text, params) if missing == "default" else frozenset())
            if variant not in places:
                places[variant] = len(self.texts)
                self.texts.append(variant)
            if id(params) not in known:
                known[id(params)] = len(self.params)
                self.params.append(params)
            self.pairs.append((places[variant], known[id(params)]))
        self._types, self._maps = _typed(self.params)

    def values(self) -> dict[str, Any]:
        """What the driver reads."""
        return {
            "n": [f"t/templates/_s{index}.tpl" for index in range(len(self.texts))],
            "p": self.params,
            "e": self.pairs,
            "t": self._types,
        }

    def chart(self, driver: str) -> bytes:
        """The throw-away chart."""
        files = {
            "Chart.yaml": b"apiVersion: v2\nname: t\nversion: 0.0.0\n",
            "templates/_helpers.tpl": HELPERS.encode(),
            "templates/driver.txt": (_TYPES + driver).encode(),
        }
        for index, (text, nothing) in enumerate(self.texts):
            files[f"templates/_s{index}.tpl"] = source(text, nothing).text.encode("utf-8", "surrogateescape")
        for index, content in enumerate(self._maps):
            meta = {"apiVersion": "v2", "name": f"m{index}", "version": "0.0.0", "annotations": content}
            files[f"charts/m{index}/Chart.yaml"] = json.dumps(meta).encode()
        return Chart("t", files).archive()

    def lines(self) -> str:
        """The driver with one line for each evaluation."""
        return "\n" + "\n".join(
            f'{{{{ include "t/templates/_s{text}.tpl" (index $.Values.p {params}) | b64enc }}}},'
            for text, params in self.pairs
        )

    def parse_failure(self, found: re.Match[str]) -> _Failed:
        """Argo CD parses a template when it comes to it: what fails is the first evaluation of it."""
        text = int(found["index"])
        index = next(index for index, pair in enumerate(self.pairs) if pair[0] == text)
        message = own_words(found["message"].strip())
        words = f"failed to parse template {self.texts[text][0]}: template: base:{found['line']}: {message}"
        return _Failed(index, Failure(words), parsing=True)

    def failure(self, message: str, missing: str) -> _Failed:
        """Which evaluation failed, and how Argo CD would say it."""
        frames = list(_FRAME.finditer(message))
        failed = _FAIL.match(message)
        first = failed or (frames[0] if frames else None)
        if first is None or first["file"] != "driver.txt":
            raise TooCostly(f"the engine failed: {message}")
        index = int(first["line"]) - 2
        text = self.evaluations[index].text
        if failed:
            return _Failed(index, _execution(text, _panic(text, failed["message"])))
        own = [frame for frame in frames if frame["file"].startswith("_s")]
        if not own:
            raise TooCostly(f"the engine failed: {message}")
        cause = _cause(message[frames[-1].end() :])
        context = _context(message[own[-1].end() :])
        if missing == "default" and cause.startswith("nil pointer evaluating interface {}."):
            if source(text).walks_elsewhere:
                raise Unclear(f"what {text} yields where a name inside of it is missing")
        elif missing == "default":
            cause = re.sub(
                r"^wrong type for value; expected (\S+); got interface \{\}$", r"invalid value; expected \1", cause
            )
        place_text = f'template: base:{own[-1]["line"]}:{own[-1]["column"]}: executing "base" at <{context}>: '
        return _Failed(index, _execution(text, own_words(place_text + cause)))


def _context(text: str) -> str:
    found = re.match(r'".*?" at <(.*?)>:', text, re.S)
    return found[1] if found else ""


def _cause(text: str) -> str:
    found = re.match(r'".*?" at <.*?>:\s*(.*)', text, re.S)
    return " ".join((found[1] if found else text).split())


def _panic(text: str, message: str) -> str:
    """``fail``, or one of the functions that presync stands in for."""
    name, cause = "fail", message.strip()
    if cause.startswith("\x01"):
        name, cause = "slugify", f"interface conversion: {cause[1:]}"
    elif cause.startswith("\x02"):
        name, _, cause = cause[1:].partition(": ")
    start, command = call_of(text, name)
    line, column = place(text, start)
    return f'template: base:{line}:{column}: executing "base" at <{command}>: error calling {name}: {cause}'


def _execution(text: str, message: str) -> Failure:
    return Failure(f"failed to execute go template {text}: {message}")


def _typed(params: Sequence[Params]) -> tuple[list[dict[str, Any]], list[StrMap]]:
    """Where typed maps and lists stand, and the different maps."""
    places: list[dict[str, Any]] = []
    maps: list[StrMap] = []
    known: dict[tuple[tuple[str, str], ...], int] = {}

    def walk(value: Any, index: int, path: list[str | int]) -> None:
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(inner, StrMap):
                content = tuple(inner.items())
                if content not in known:
                    known[content] = len(maps)
                    maps.append(inner)
                places.append({"p": index, "path": list(path), "key": key, "sub": f"m{known[content]}"})
            elif isinstance(inner, StrList):
                places.append({"p": index, "path": list(path), "key": key, "sub": ""})
            elif isinstance(inner, dict | list):
                walk(inner, index, [*path, key])

    for index, one in enumerate(params):
        walk(one, index, [])
    return places, maps


def _nothing(text: str, params: Params) -> frozenset[Walk]:
    """Walks that lead past something missing: with ``missingkey=default`` that is no error, and the result is nothing."""
    found = set()
    for walk in source(text).walks:
        value: Any = params
        for depth, name in enumerate(walk.names):
            if not isinstance(value, Mapping):
                break
            if name not in value:
                if depth < len(walk.names) - 1 or isinstance(value, StrMap):
                    found.add(walk)
                break
            value = value[name]
    return frozenset(found)
