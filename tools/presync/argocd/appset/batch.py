"""One call of the engine: the throw-away chart, its values, and whose fault it is when it fails.

Every template is a partial of the chart; ``driver.txt`` goes through the evaluations. Results travel in base64, because
Helm wipes ``<no value>`` from what a file prints, but not from what ``include`` returns.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

from presync.argocd.appset.evaluation import Evaluation, Failure, TooCostly, Unclear, execution_failure
from presync.argocd.appset.gotext import Walk, call_of, own_words, source
from presync.argocd.appset.gotokens import place
from presync.argocd.appset.govalues import Params, StrList, StrMap
from presync.engine import Chart, Engine, EngineError

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
# Errors that would be none if what is nil here were missing, in which case Argo CD passes a nil map or nothing on.
_MAY_BE_MISSING = re.compile(
    r"nil pointer evaluating interface \{\}\.|wrong type for value; expected (?:map|\[\]|\*).*; got interface \{\}$"
)
_FRAME = re.compile(r"(?:template: )?t/templates/(?P<file>[\w.]+):(?P<line>\d+):(?P<column>\d+):?\s+executing ", re.S)
_PARSE = re.compile(r"parse error at \(t/templates/_s(?P<index>\d+)\.tpl:(?P<line>\d+)\): (?P<message>.*)", re.S)
_FAIL = re.compile(r"execution error at \(t/templates/(?P<file>[\w.]+):(?P<line>\d+)(?::\d+)?\): (?P<message>.*)", re.S)


@cache
def _helpers() -> bytes:
    return resources.files("presync.argocd.appset").joinpath("helpers.tpl").read_bytes()


class EvaluationFailed(Exception):
    """The evaluation at ``index`` of a batch failed; ``parsing``: its template is no template."""

    def __init__(self, index: int, failure: Failure, parsing: bool = False) -> None:
        super().__init__(failure.message)
        self.index = index
        self.failure = failure
        self.parsing = parsing


class Batch:
    """Evaluations that go to the engine together; ``missing`` says what a missing name means."""

    def __init__(self, evaluations: Sequence[Evaluation], missing: str) -> None:
        self.evaluations = evaluations
        self.missing = missing
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

    def evaluate(self, engine: Engine) -> list[str]:
        """The results, in order.

        Raises:
            EvaluationFailed: the first that fails.
            TooCostly: a bound of the engine was exceeded.
            Unclear: presync cannot tell what a template yields.
        """
        try:
            text = self._render(engine, _DRIVER)
        except EngineError as error:
            parsing = _PARSE.match(error.message)
            if parsing:
                raise self._parse_failure(parsing) from None
            # Once more with a line for each evaluation, so that the error says which one it was.
            try:
                text = self._render(engine, self._line_by_line())
            except EngineError as precise:
                raise self._failure(precise.message) from None
        return [base64.b64decode(part).decode("utf-8", "replace") for part in text.replace("\n", "").split(",")[:-1]]

    def _render(self, engine: Engine, driver: str) -> str:
        values, strict = json.dumps(self._values()), self.missing == "error"
        try:
            _, blobs = engine.call("templates", [self._chart(driver)], values=values, strict=strict)
        except EngineError as error:
            if error.bound:
                raise TooCostly(error.message) from None
            raise
        rendered: str = json.loads(blobs[0])["t/templates/driver.txt"]
        return rendered

    def _values(self) -> dict[str, Any]:
        """What the driver reads."""
        return {
            "n": [f"t/templates/_s{index}.tpl" for index in range(len(self.texts))],
            "p": self.params,
            "e": self.pairs,
            "t": self._types,
        }

    def _chart(self, driver: str) -> bytes:
        """The throw-away chart."""
        files = {
            "Chart.yaml": b"apiVersion: v2\nname: t\nversion: 0.0.0\n",
            "templates/_helpers.tpl": _helpers(),
            "templates/driver.txt": (_TYPES + driver).encode(),
        }
        for index, (text, nothing) in enumerate(self.texts):
            files[f"templates/_s{index}.tpl"] = source(text, nothing).text.encode("utf-8", "surrogateescape")
        for index, content in enumerate(self._maps):
            meta = {"apiVersion": "v2", "name": f"m{index}", "version": "0.0.0", "annotations": content}
            files[f"charts/m{index}/Chart.yaml"] = json.dumps(meta).encode()
        return Chart("t", files).archive()

    def _line_by_line(self) -> str:
        """The driver with one line for each evaluation."""
        return "\n" + "\n".join(
            f'{{{{ include "t/templates/_s{text}.tpl" (index $.Values.p {params}) | b64enc }}}},'
            for text, params in self.pairs
        )

    def _parse_failure(self, found: re.Match[str]) -> EvaluationFailed:
        """Argo CD parses a template when it comes to it: what fails is the first evaluation of it."""
        text = int(found["index"])
        index = next(index for index, pair in enumerate(self.pairs) if pair[0] == text)
        message = own_words(found["message"].strip())
        words = f"failed to parse template {self.texts[text][0]}: template: base:{found['line']}: {message}"
        return EvaluationFailed(index, Failure(words), parsing=True)

    def _failure(self, message: str) -> EvaluationFailed:
        """Which evaluation failed, and how Argo CD would say it."""
        frames = list(_FRAME.finditer(message))
        failed = _FAIL.match(message)
        first = failed or (frames[0] if frames else None)
        if first is None or first["file"] != "driver.txt":
            raise TooCostly(f"the engine failed: {message}")
        index = int(first["line"]) - 2
        text = self.evaluations[index].text
        if failed:
            return EvaluationFailed(index, execution_failure(text, _panic(text, failed["message"])))
        own = [frame for frame in frames if frame["file"].startswith("_s")]
        if not own:
            raise TooCostly(f"the engine failed: {message}")
        cause = _cause(message[frames[-1].end() :])
        context = _context(message[own[-1].end() :])
        if self.missing == "default" and _MAY_BE_MISSING.match(cause):
            if not cause.startswith("nil") or source(text).elsewhere > 1:
                raise Unclear(f"what {text} yields where a map has no such name")
        elif self.missing == "default":
            cause = re.sub(
                r"^wrong type for value; expected (\S+); got interface \{\}$", r"invalid value; expected \1", cause
            )
        written = source(*self.texts[self.pairs[index][0]])
        line, column = written.original(text, int(own[-1]["line"]), int(own[-1]["column"]))
        words = f'template: base:{line}:{column}: executing "base" at <{context}>: {cause}'
        return EvaluationFailed(index, execution_failure(text, own_words(words)))


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
    """Walks past something missing: with ``missingkey=default`` that is no error, and the result is nothing."""
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
