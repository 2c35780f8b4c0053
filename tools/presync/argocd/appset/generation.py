"""What the generators of an ApplicationSet share: the run, parameter sets with their origin, and why there are none."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from presync.argocd.appset.evaluation import Evaluation, Failure, Result
from presync.argocd.appset.fasttemplate import FastTemplates
from presync.argocd.appset.gotypes import Path
from presync.argocd.appset.govalues import Params, StrMap
from presync.argocd.appset.lines import Lines
from presync.argocd.appset.templating import GoTemplates
from presync.argocd.context import Context
from presync.base import goyaml
from presync.base.finding import Location
from presync.engine import Engine, EngineError

MAX_SETS = 100_000  # parameter sets of one generator
MAX_EVALUATIONS = 2_000_000  # templates filled in for one generator

Generator = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ParamSet:
    """Parameters for one Application, and the files they were read from."""

    params: Params
    origins: tuple[Location, ...] = ()


class Refused(Exception):
    """Argo CD refuses this, with these words; ``path`` is the field, ``location`` a place in another file."""

    def __init__(self, message: str, path: Path, location: Location | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.location = location

    def within(self, words: str) -> Refused:
        """The same inside something larger."""
        return Refused(words + self.message, self.path, self.location)


class Panicked(Refused):
    """Argo CD's controller panics; it recovers at the top, so that nothing is put before the words."""

    def within(self, words: str) -> Refused:
        del words
        return self


class Undetermined(Exception):
    """presync cannot tell what Argo CD would generate."""

    def __init__(self, kind: str, message: str, remedy: str, path: Path, location: Location | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.remedy = remedy
        self.path = path
        self.location = location

    def at(self, path: Path, location: Location | None = None) -> Undetermined:
        """The same at a place."""
        return Undetermined(self.kind, self.message, self.remedy, path, location)


Outcome = list[ParamSet] | Refused | Undetermined


def yaml_error(engine: Engine, text: str, error: goyaml.GoYamlError) -> str:
    """Why Go cannot read a text as YAML, in Go's words.

    Raises:
        Undetermined: Go could; the text is beyond presync's own bounds.
    """
    try:
        engine.values(text.encode())
    except EngineError as reason:
        words = reason.message.partition("error converting YAML to JSON: ")[2]
        if words and not reason.bound:
            return words
    raise Undetermined("generator-too-large", str(error), "Make the YAML smaller and flatter.", ())


@dataclass(frozen=True)
class Run:
    """One expansion of one ApplicationSet."""

    context: Context
    lines: Lines
    name: str
    go: bool
    templates: GoTemplates | FastTemplates
    project: str
    projects: Collection[str] | None = None  # names of all AppProjects, where they are known
    cache: dict[Any, Any] = field(default_factory=dict)  # of files that are read and patterns that are matched

    def too_large(self, message: str, path: Path) -> Undetermined:
        """A bound of presync's own."""
        return Undetermined(
            "generator-too-large",
            message,
            "Narrow the generator; nobody wants that many Applications.",
            path,
        )

    def add_values(
        self, requests: Sequence[tuple[Generator, Sequence[Params]]], path: Path
    ) -> list[tuple[int, Refused] | None]:
        """Put every generator's ``values`` into its parameter sets; per request the first that was refused, and why.

        The values of one set are filled in before any of them becomes a parameter.
        """
        evaluations: list[Evaluation] = []
        for generator, sets in requests:
            texts = (generator.get("values") or {}).values()
            evaluations += [Evaluation(text, params) for params in sets for text in texts]
        if len(evaluations) > MAX_EVALUATIONS:
            raise self.too_large(f"{len(evaluations):,} values to fill in (at most {MAX_EVALUATIONS:,})", path)
        results = iter(self.templates.evaluate(evaluations, keep_going=len(requests) > 1))
        return [self._take_values(generator, sets, results, path) for generator, sets in requests]

    def _take_values(
        self, generator: Generator, sets: Sequence[Params], results: Iterator[Result], path: Path
    ) -> tuple[int, Refused] | None:
        values = generator.get("values") or {}
        refused: tuple[int, Refused] | None = None
        for index, params in enumerate(sets if values else ()):
            found = {key: next(results) for key in values}
            for key, text in found.items():
                if refused is None and isinstance(text, Failure):
                    words = (
                        "failed to replace templated string: failed to replace templated string with rendered values: "
                    )
                    refused = index, Refused(words + text.message, (*path, "values", key))
            if self.go:
                params["values"] = StrMap({key: str(text) for key, text in found.items()})
            else:
                params.update({f"values.{key}": str(text) for key, text in found.items()})
        return refused
