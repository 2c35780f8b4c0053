"""From an ApplicationSet to its Applications, as Argo CD 3.5.7 generates them.

Argo CD reads the generators, fills in the template for every parameter set, applies ``templatePatch``, and creates what
is valid (https://github.com/argoproj/argo-cd/blob/v3.5.7/applicationset/controllers/template/template.go). One
parameter set that fails stops the whole ApplicationSet: nothing is created, changed or deleted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from presync.argocd.appset import patch
from presync.argocd.appset.clusters import ClustersError, read_clusters
from presync.argocd.appset.fasttemplate import FastTemplates
from presync.argocd.appset.filling import Form
from presync.argocd.appset.generation import ParamSet, Refused, Run, Undetermined
from presync.argocd.appset.generators import GENERATOR, Request, kinds, transform
from presync.argocd.appset.gotext import source
from presync.argocd.appset.gotypes import (
    Path,
    Violation,
    decode,
    dotted,
    struct,
    unknown,
    violations,
    without_nulls,
)
from presync.argocd.appset.govalues import quote
from presync.argocd.appset.kubenames import metadata_errors, qualified_name, subdomain
from presync.argocd.appset.lines import Lines
from presync.argocd.appset.template import RESOURCES_FINALIZER, TEMPLATE, merged, normalize_spec, normalized
from presync.argocd.appset.templating import (
    Evaluation,
    Failure,
    GoTemplates,
    OptionError,
    Result,
    TooCostly,
    missing_mode,
)
from presync.argocd.context import Context
from presync.argocd.model import GROUP, IN_CLUSTER, Application, Expansion, Manifest, Origin
from presync.base.finding import Location, Problem

SPEC = struct("ApplicationSetSpec")
APPLICATION_SPEC = struct("ApplicationSpec")

_TEMPLATE_PATH: Path = ("spec", "template")
_PATCH_PATH: Path = ("spec", "templatePatch")
_SPEC_PATH: Path = ("spec",)


def expand(manifest: Manifest, context: Context, projects: Collection[str] | None = None) -> Expansion:
    """The Applications of an ApplicationSet, or why there are none.

    With ``projects``, the names of all AppProjects, what a missing one prevents is prevented here too.
    """
    return _Expander(manifest, context, projects).run()


def plain(manifest: Manifest) -> Application:
    """An Application that stands in a manifest, as it is stored: without unknown fields, and normalised."""
    raw = dict(manifest.data)
    spec = raw.get("spec")
    if isinstance(spec, dict) and not any(violations(APPLICATION_SPEC, spec)):
        kept = _without(spec, list(unknown(APPLICATION_SPEC, spec)))
        normalize_spec(kept)
        raw["spec"] = kept
    return Application(raw, Origin(manifest.location, parent=manifest.parent))


def _without(value: Any, paths: Sequence[Path]) -> Any:
    """A copy without the fields at the paths."""
    if isinstance(value, dict):
        gone = {path[0] for path in paths if len(path) == 1}
        return {
            key: _without(inner, [path[1:] for path in paths if path[0] == key and len(path) > 1])
            for key, inner in value.items()
            if key not in gone
        }
    if isinstance(value, list):
        return [_without(item, [path[1:] for path in paths if path[0] == index]) for index, item in enumerate(value)]
    return value


def _listed(messages: Sequence[str]) -> str:
    """As the API server joins messages."""
    return messages[0] if len(messages) == 1 else f"[{', '.join(messages)}]"


class _Failed(Exception):
    """The ApplicationSet yields nothing; Argo CD's words, and where."""

    def __init__(self, message: str, location: Location, path: Path = ()) -> None:
        super().__init__(message)
        self.message = message
        self.location = location
        self.path = path


@dataclass(frozen=True, slots=True)
class _Generated:
    """An Application as it comes out of the template, and what it was made from."""

    raw: dict[str, Any]
    sets: ParamSet


class _Expander:
    def __init__(self, manifest: Manifest, context: Context, projects: Collection[str] | None) -> None:
        self.manifest = manifest
        self.context = context
        self.projects = projects
        self.lines = Lines(manifest, context)
        self.problems: list[Problem] = []
        self.spec: Mapping[str, Any] = {}

    def run(self) -> Expansion:
        try:
            self._read()
            applications = self._create(self._generate())
        except _Failed as failed:
            self._problem(
                "applicationset-failed",
                f"ApplicationSet {self.manifest.name} generates nothing: {failed.message}",
                "Argo CD keeps the Applications it has and changes none of them until this is corrected.",
                failed.location,
                failed.path,
            )
            return Expansion(self.manifest, (), tuple(self.problems), failed.message)
        return Expansion(self.manifest, tuple(applications), tuple(self.problems))

    def _problem(
        self, kind: str, message: str, remedy: str, location: Location, path: Path = (), application: str = ""
    ) -> None:
        self.problems.append(
            Problem(
                kind,
                message,
                remedy,
                application=application,
                resource=f"ApplicationSet/{self.manifest.name}",
                field=dotted(path),
                location=location,
            )
        )

    def _read(self) -> None:
        """The spec as the API server stores it.

        Raises:
            _Failed: the API server refuses it.
        """
        name = self.manifest.name
        data = without_nulls(self.manifest.data.get("spec"))
        refused = [
            Violation(("metadata", "name"), f"metadata.name: Invalid value: {quote(name)}: {bad}")
            for bad in subdomain(name)
        ]
        if data is None:
            refused.append(Violation(_SPEC_PATH, "spec: Required value"))
        else:
            refused += violations(SPEC, data, _SPEC_PATH)
        if refused:
            path = refused[0].path
            listed = _listed([found.message for found in refused])
            raise _Failed(f'ApplicationSet.{GROUP} "{name}" is invalid: {listed}', self.lines.at(path), path)
        for path in unknown(SPEC, data, _SPEC_PATH):
            self._problem(
                "applicationset-unknown-field",
                f'ApplicationSet {name}: unknown field "{dotted(path)}"; Argo CD and kubectl refuse the object, and where '
                "validation is off the field is dropped silently",
                "Correct the name or remove the field.",
                self.lines.at(path),
                path,
            )
        self.spec = decode(SPEC, data)

    def _generate(self) -> list[_Generated]:
        """Everything the generators and the template yield.

        Raises:
            _Failed: at the first thing Argo CD refuses, in its order.
        """
        run = self._run()
        failed: _Failed | None = None
        generated: list[_Generated] = []
        for index, generator in enumerate(self.spec.get("generators") or ()):
            path: Path = ("spec", "generators", index)
            try:
                for kind, sets in self._sets(run, generator, path):
                    template = merged(TEMPLATE, generator[kind].get("template") or {}, self.spec["template"])
                    generated += self._fill(run, template, sets, (*path, kind, "template"))
            except _Failed as reason:
                failed = failed or reason
            except Undetermined as reason:
                self._problem(reason.kind, reason.message, reason.remedy, self.lines.at(reason.path), reason.path)
            except TooCostly as reason:
                self._problem(
                    "applicationset-unbounded",
                    f"ApplicationSet {self.manifest.name}: its templates cannot be evaluated within bounds: {reason}",
                    "Look for a loop or a huge repetition in a template.",
                    self.lines.at(path),
                    path,
                )
        if failed:
            raise failed
        return generated

    def _run(self) -> Run:
        go = bool(self.spec.get("goTemplate"))
        templates: GoTemplates | FastTemplates = FastTemplates()
        if go:
            try:
                templates = GoTemplates(self.context.engine, missing_mode(self.spec.get("goTemplateOptions") or ()))
            except OptionError as error:
                path: Path = ("spec", "goTemplateOptions")
                raise _Failed(str(error), self.lines.at(path), path) from None
        project = self.spec["template"]["spec"].get("project", "")
        return Run(self.context, self.lines, self.manifest.name, go, templates, project, self.projects)

    def _sets(self, run: Run, generator: Mapping[str, Any], path: Path) -> Iterator[tuple[str, list[ParamSet]]]:
        """The parameter sets of a generator, for each kind it names."""
        if not kinds(generator):
            self._problem(
                "generator-empty",
                f"ApplicationSet {self.manifest.name}: {dotted(path)} names no generator Argo CD knows",
                f"Use one of {', '.join(key for key in GENERATOR.fields if key != 'selector')}.",
                self.lines.at(path),
                path,
            )
            return
        answers = transform(run, [Request(generator)], path)[0]
        if isinstance(answers, Refused):
            location = answers.location or self.lines.at(answers.path)
            raise _Failed(answers.message, location, answers.path)
        if isinstance(answers, Undetermined):
            raise answers
        for answer in answers:
            if not answer.sets:
                self._problem(
                    "generator-empty",
                    f"ApplicationSet {self.manifest.name}: the {answer.kind} generator yields no Application",
                    "Argo CD deletes the Applications it made before. Check the paths, the selector and the revision.",
                    self.lines.at((*path, answer.kind)),
                    (*path, answer.kind),
                )
            yield answer.kind, answer.sets

    def _fill(
        self, run: Run, template: Mapping[str, Any], sets: Sequence[ParamSet], override: Path
    ) -> Iterator[_Generated]:
        """The template with every parameter set; ``override`` is where the generator's own template stands."""
        form = Form(TEMPLATE, template, _TEMPLATE_PATH)
        patch_text = self.spec.get("templatePatch")
        texts = [slot.text for slot in form.slots] + ([patch_text] if patch_text is not None else [])
        self._random(run, form, patch_text)
        evaluations = [Evaluation(text, one.params) for one in sets for text in texts if one.params]
        results = iter(run.templates.evaluate(evaluations))
        for one in sets:
            # An empty parameter set is not filled in at all, and its Application gets no finalizer.
            own: list[Result] = [next(results) for _ in texts] if one.params else list(texts)
            for index, result in enumerate(own):
                if isinstance(result, Failure):
                    raise self._template_failure(result, form, index, one, override)
            filled = form.fill([str(result) for result in own[: len(form.slots)]])
            raw = {"metadata": filled["metadata"], "spec": filled["spec"]}
            if one.params:
                self._add_finalizer(raw)
            if patch_text is not None:
                raw = self._patched(raw, str(own[-1]) if one.params else self._empty_patch(run, patch_text), one)
            yield _Generated(normalized(raw), one)

    def _empty_patch(self, run: Run, text: str) -> str:
        """The patch is filled in even with an empty parameter set."""
        result = run.templates.evaluate([Evaluation(text, {})])[0]
        if isinstance(result, Failure):
            message = f"error replacing values in templatePatch: {result.message}"
            raise _Failed(message, self.lines.at(_PATCH_PATH), _PATCH_PATH)
        return str(result)

    def _template_failure(self, failure: Failure, form: Form, index: int, one: ParamSet, override: Path) -> _Failed:
        if index == len(form.slots):
            message = f"error replacing values in templatePatch: {failure.message}"
            return _Failed(message, self.lines.at(_PATCH_PATH), _PATCH_PATH)
        path = form.slots[index].path
        where = self._override(override, path)
        from_file = f" (with the parameters of {one.origins[0]})" if one.origins else ""
        failed = _Failed(failure.message, self.lines.at(where), where)
        if from_file:
            failed.add_note(from_file)
        return failed

    def _override(self, override: Path, path: Path) -> Path:
        """Where a field of the template really stands: in the generator's own template, or in the common one."""
        at: Any = {"spec": self.spec}
        own = (*override, *path[len(_TEMPLATE_PATH) :])
        for step in own:
            if isinstance(at, dict) and step in at:
                at = at[step]
            elif isinstance(at, list) and isinstance(step, int) and step < len(at):
                at = at[step]
            else:
                return path
        return own

    def _random(self, run: Run, form: Form, patch_text: str | None) -> None:
        """Templates whose result nobody can know before Argo CD evaluates them."""
        if not run.go:
            return
        places = [(slot.text, slot.path) for slot in form.slots]
        if patch_text is not None:
            places.append((patch_text, _PATCH_PATH))
        for text, path in places:
            if names := source(text).random:
                self._problem(
                    "applicationset-random",
                    f"ApplicationSet {self.manifest.name}: {dotted(path)} uses {', '.join(names)}: its value changes "
                    "with every reconciliation",
                    "Take the value from a parameter.",
                    self.lines.at(path),
                    path,
                )

    def _add_finalizer(self, raw: dict[str, Any]) -> None:
        policy = self.spec.get("syncPolicy") or {}
        if not policy.get("preserveResourcesOnDeletion") and not raw["metadata"].get("finalizers"):
            raw["metadata"] = {**raw["metadata"], "finalizers": [RESOURCES_FINALIZER]}

    def _patched(self, raw: dict[str, Any], text: str, one: ParamSet) -> dict[str, Any]:
        try:
            return patch.apply(raw, text, self.context.engine)
        except patch.PatchError as error:
            raise _Failed(str(error), self.lines.at(_PATCH_PATH), _PATCH_PATH) from None
        except patch.PatchUnsupported as error:
            raise Undetermined(
                "generator-unsupported",
                f"ApplicationSet {self.manifest.name}: presync does not do {error}",
                "Write the patch without it.",
                _PATCH_PATH,
            ) from None

    def _create(self, generated: Sequence[_Generated]) -> Iterator[Application]:
        """What Argo CD and the API server accept of it."""
        counts: dict[str, int] = {}
        for one in generated:
            name = one.raw["metadata"].get("name", "")
            counts[name] = counts.get(name, 0) + 1
        reported: set[str] = set()
        for one in generated:
            raw = one.raw
            name = raw["metadata"].get("name", "")
            reason, path = self._invalid(raw, counts[name])
            if reason:
                if name not in reported or counts[name] == 1:
                    self._problem(
                        "application-not-created",
                        f"ApplicationSet {self.manifest.name}: {reason}",
                        "Argo CD does not create the Application; the others of the set are not affected.",
                        self.lines.at(path),
                        path,
                        application=name,
                    )
                reported.add(name)
                continue
            yield Application(self._object(raw), self._origin(one.sets))

    def _object(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        metadata = raw["metadata"]
        kept = {key: metadata[key] for key in ("name", "labels", "annotations", "finalizers") if metadata.get(key)}
        namespace = {"namespace": self.manifest.namespace} if self.manifest.namespace else {}
        out = {"apiVersion": f"{GROUP}/v1alpha1", "kind": "Application", "metadata": {**namespace, **kept}}
        return {**out, "spec": raw["spec"], **({"operation": raw["operation"]} if raw.get("operation") else {})}

    def _origin(self, sets: ParamSet) -> Origin:
        return Origin(
            self.manifest.location, self.manifest.name, tuple(dict.fromkeys(sets.origins)), self.manifest.parent
        )

    def _invalid(self, raw: Mapping[str, Any], count: int) -> tuple[str, Path]:
        """Why Argo CD or the API server does not take an Application, and the field to look at."""
        metadata, spec = raw["metadata"], raw["spec"]
        name = metadata.get("name", "")
        if count > 1:
            reason = f"ApplicationSet {self.manifest.name} contains applications with duplicate name: {name}"
            return reason, (*_TEMPLATE_PATH, "metadata", "name")
        if self.projects is not None and spec["project"] not in self.projects:
            reason = f"application references project {spec['project']} which does not exist"
            return reason, (*_TEMPLATE_PATH, "spec", "project")
        if reason := self._destination(spec["destination"]):
            return f"application destination spec is invalid: {reason}", (*_TEMPLATE_PATH, "spec", "destination")
        errors = list(metadata_errors(name, metadata.get("labels") or {}, metadata.get("annotations") or {}))
        errors += [
            ("metadata.finalizers", f"metadata.finalizers: Invalid value: {quote(finalizer)}: {bad}")
            for finalizer in metadata.get("finalizers") or ()
            for bad in qualified_name(finalizer)
        ]
        errors += [(dotted(found.path), found.message) for found in violations(APPLICATION_SPEC, spec, _SPEC_PATH)]
        if not errors:
            return "", ()
        listed = _listed([message for _, message in errors])
        steps = errors[0][0].split(".", 2)
        return f'Application.{GROUP} "{name}" is invalid: {listed}', (*_TEMPLATE_PATH, *steps)

    def _destination(self, destination: Mapping[str, Any]) -> str:
        """GetDestinationCluster of Argo CD; whether a cluster exists is known only with a file of clusters."""
        server, name = destination.get("server", ""), destination.get("name", "")
        if server and name:
            return f"application destination can't have both name and server defined: {name} {server}"
        if not server and not name:
            return "Destination server missing from app spec"
        if not self.context.settings.clusters or name == "in-cluster" or server.rstrip("/") == IN_CLUSTER:
            return ""
        try:
            clusters = read_clusters(self.context.repositories.head, self.context.settings.clusters)
        except ClustersError:
            return ""
        if name:
            return "" if any(one.name == name for one in clusters) else f"there are no clusters with this name: {name}"
        url = server.rstrip("/")
        if any(one.server.rstrip("/") == url for one in clusters):
            return ""
        missing = f'rpc error: code = NotFound desc = cluster "{url}" not found'
        return f'error getting cluster by server "{server}": {missing}'
