"""The template, filled in with every parameter set of a generator, patched and normalised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from presync.argocd.appset import patch
from presync.argocd.appset.evaluation import Evaluation, Failure, Result
from presync.argocd.appset.filling import Form
from presync.argocd.appset.generation import ParamSet, Run, Undetermined
from presync.argocd.appset.gotext import source
from presync.argocd.appset.gotypes import Path, dotted
from presync.argocd.appset.lines import in_patch
from presync.argocd.appset.reporting import Failed, Reporter
from presync.argocd.appset.template import RESOURCES_FINALIZER, TEMPLATE, normalized
from presync.base.finding import Location

TEMPLATE_PATH: Path = ("spec", "template")
PATCH_PATH: Path = ("spec", "templatePatch")


@dataclass(frozen=True, slots=True)
class Generated:
    """An Application as it comes out of the template (``metadata``, ``spec``), and what it was made from.

    ``project`` is what the template says; normalising makes ``default`` of an empty one, but only afterwards.
    """

    raw: dict[str, Any]
    sets: ParamSet
    project: str


class Producer:
    """Makes Applications of parameter sets."""

    def __init__(self, run: Run, spec: Mapping[str, Any], reporter: Reporter) -> None:
        self.run = run
        self.spec = spec
        self.reporter = reporter
        self.patch: str | None = spec.get("templatePatch")
        self.told: set[Path] = set()

    def produce(self, template: Mapping[str, Any], sets: Sequence[ParamSet], override: Path) -> Iterator[Generated]:
        """One Application for each set, in order; ``override`` is where the generator's own template stands.

        Raises:
            Failed: at the first set that Argo CD cannot make one of.
            Undetermined: the patch uses something presync does not do.
        """
        form = Form(TEMPLATE, template, TEMPLATE_PATH)
        texts = [slot.text for slot in form.slots]
        self._report_random(form)
        for one, own in zip(sets, self._results(texts, sets), strict=True):
            for index, result in enumerate(own):
                if isinstance(result, Failure):
                    raise self._failure(result, form, index, one, override)
            filled = form.fill([str(result) for result in own[: len(texts)]])
            raw = {"metadata": filled["metadata"], "spec": filled["spec"]}
            if one.params:
                self._add_finalizer(raw)
            if self.patch is not None:
                raw = self._patched(raw, str(own[-1]), one)
            yield Generated(normalized(raw, self.run.context.settings.argocd), one, raw["spec"].get("project", ""))

    def _results(self, texts: Sequence[str], sets: Sequence[ParamSet]) -> Iterator[list[Result]]:
        """What the templates yield for each set, the patch last.

        An empty parameter set is not put into the template at all; the patch is always evaluated.
        """
        evaluations: list[Evaluation] = []
        patches = [] if self.patch is None else [self.patch]
        for one in sets:
            evaluations += [Evaluation(text, one.params) for text in ([*texts, *patches] if one.params else patches)]
        results = iter(self.run.templates.evaluate(evaluations))
        for one in sets:
            own: list[Result] = [next(results) for _ in texts] if one.params else list(texts)
            yield [*own, *(next(results) for _ in patches)]

    def _failure(self, failure: Failure, form: Form, index: int, one: ParamSet, override: Path) -> Failed:
        parameters = one.origins[-1] if one.origins else None
        if index == len(form.slots):
            message = f"error replacing values in templatePatch: {failure.message}"
            return Failed(message, PATCH_PATH, parameters=parameters)
        path = self._really(override, form.slots[index].path)
        return Failed(failure.message, path, parameters=parameters)

    def _really(self, override: Path, path: Path) -> Path:
        """Where a field of the template stands: in the generator's own template, or in the common one."""
        at: Any = {"spec": self.spec}
        own = (*override, *path[len(TEMPLATE_PATH) :])
        for step in own:
            known = step in at if isinstance(at, dict) else isinstance(at, list) and step in range(len(at))
            if not known:
                return path
            at = at[step]
        return own

    def _report_random(self, form: Form) -> None:
        """Templates whose result nobody can know before Argo CD evaluates them."""
        places = [(slot.text, slot.path) for slot in form.slots]
        if self.patch is not None:
            places.append((self.patch, PATCH_PATH))
        for text, path in places if self.run.go else ():
            if names := source(text).random:
                self.reporter.add(
                    "applicationset-random",
                    f"{dotted(path)} uses {', '.join(names)}: its value changes with every reconciliation",
                    "Take the value from a parameter.",
                    path,
                )

    def _report_dropped(self, text: str) -> None:
        """What the patch sets and an Application does not have, once for all Applications of the set."""
        for path in patch.dropped(text, self.run.context.settings.argocd):
            if path in self.told:
                continue
            self.told.add(path)
            key, line = self.reporter.lines.at(PATCH_PATH), in_patch(self.patch or "", path)
            self.reporter.add(
                "applicationset-unknown-field",
                f'templatePatch sets the unknown field "{dotted(path)}", which is dropped without a word',
                "Correct the name, or the level it stands at, or remove the field.",
                PATCH_PATH,
                location=key if line is None else Location(key.file, key.line + 1 + line),
            )

    def _add_finalizer(self, raw: dict[str, Any]) -> None:
        policy = self.spec.get("syncPolicy") or {}
        if not policy.get("preserveResourcesOnDeletion") and not raw["metadata"].get("finalizers"):
            raw["metadata"] = {**raw["metadata"], "finalizers": [RESOURCES_FINALIZER]}

    def _patched(self, raw: dict[str, Any], text: str, one: ParamSet) -> dict[str, Any]:
        try:
            patched = patch.apply(raw, text, self.run.context.engine)
            self._report_dropped(text)
            return patched
        except patch.PatchError as error:
            raise Failed(str(error), PATCH_PATH, parameters=one.origins[-1] if one.origins else None) from None
        except Undetermined as reason:
            raise reason.at(PATCH_PATH) from None
        except patch.PatchUnsupported as error:
            raise Undetermined(
                "generator-unsupported",
                f"presync does not do {error}",
                "Write the patch without it.",
                PATCH_PATH,
            ) from None
