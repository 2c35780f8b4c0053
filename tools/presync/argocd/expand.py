"""From an ApplicationSet to its Applications, as Argo CD 3.5.7 generates them.

Argo CD reads the generators, fills in the template for every parameter set, applies ``templatePatch``, and creates what
is valid (https://github.com/argoproj/argo-cd/blob/v3.5.7/applicationset/controllers/template/template.go). One
parameter set that fails stops the whole ApplicationSet: nothing is created, changed or deleted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from presync.argocd.appset.children import Request
from presync.argocd.appset.clusters import Cluster, ClustersError, read_clusters
from presync.argocd.appset.creation import Creation, listed
from presync.argocd.appset.evaluation import TooCostly, Unclear
from presync.argocd.appset.fasttemplate import FastTemplates
from presync.argocd.appset.generation import ParamSet, Refused, Run, Undetermined
from presync.argocd.appset.generators import GENERATOR, kinds, transform
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
from presync.argocd.appset.kubenames import subdomain
from presync.argocd.appset.lines import Lines
from presync.argocd.appset.production import Generated, Producer
from presync.argocd.appset.reporting import Failed, Reporter
from presync.argocd.appset.template import TEMPLATE, merged, normalize_spec
from presync.argocd.appset.templating import GoTemplates, OptionError, missing_mode
from presync.argocd.context import Context
from presync.argocd.model import GROUP, Application, Expansion, Manifest, Origin
from presync.argocd.versions import NEWEST

SPEC = struct("ApplicationSetSpec")
APPLICATION_SPEC = struct("ApplicationSpec")

_SPEC_PATH: Path = ("spec",)


def expand(manifest: Manifest, context: Context, projects: Collection[str] | None = None) -> Expansion:
    """The Applications of an ApplicationSet, or why there are none.

    With ``projects``, the names of all AppProjects, what a missing one prevents is prevented here too.
    """
    reporter = Reporter(manifest.name, Lines(manifest, context))
    try:
        spec = _read(manifest, reporter, context.settings.argocd)
        run = _run(manifest, context, spec, reporter, projects)
        generated = _generate(run, spec, reporter)
    except Failed as failed:
        where = f" (parameters: {failed.parameters})" if failed.parameters else ""
        reporter.add(
            "applicationset-failed",
            f"generates nothing: {failed.message}{where}",
            "Argo CD keeps the Applications it has and changes none of them until this is corrected.",
            failed.path,
            location=failed.location,
        )
        return Expansion(manifest, (), tuple(reporter.problems), failed.message)
    creation = Creation(reporter, projects, _clusters(context))
    applications = tuple(_application(manifest, one) for one in creation.accepted(generated))
    return Expansion(manifest, applications, tuple(reporter.problems))


def plain(manifest: Manifest, version: str = NEWEST) -> Application:
    """An Application that stands in a manifest, as it is stored: without nulls and unknown fields, and normalised."""
    raw = dict(manifest.data)
    spec = without_nulls(raw.get("spec"))
    if isinstance(spec, dict) and not any(violations(APPLICATION_SPEC, spec)):
        kept = _without(spec, list(unknown(APPLICATION_SPEC, spec, (), version)))
        normalize_spec(kept, version)
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


def _read(manifest: Manifest, reporter: Reporter, version: str) -> Mapping[str, Any]:
    """The spec as the API server stores it.

    Raises:
        Failed: the API server refuses it.
    """
    name = manifest.name
    data = without_nulls(manifest.data.get("spec"))
    refused = [
        Violation(("metadata", "name"), f"metadata.name: Invalid value: {quote(name)}: {bad}")
        for bad in subdomain(name)
    ]
    if data is None:
        refused.append(Violation(_SPEC_PATH, "spec: Required value"))
    else:
        refused += violations(SPEC, data, _SPEC_PATH)
    if refused:
        messages = listed([found.message for found in refused])
        raise Failed(f'ApplicationSet.{GROUP} "{name}" is invalid: {messages}', refused[0].path)
    for path in unknown(SPEC, data, _SPEC_PATH, version):
        reporter.add(
            "applicationset-unknown-field",
            f'unknown field "{dotted(path)}"; kubectl and Argo CD refuse the object, and where validation is off the '
            "field is dropped without a word",
            "Correct the name or remove the field.",
            path,
        )
    spec: Mapping[str, Any] = decode(SPEC, _without(data, list(unknown(SPEC, data, (), version))))
    return spec


def _run(
    manifest: Manifest,
    context: Context,
    spec: Mapping[str, Any],
    reporter: Reporter,
    projects: Collection[str] | None,
) -> Run:
    """Everything the generators need.

    Raises:
        Failed: an option of Go's templates that does not exist.
    """
    go = bool(spec.get("goTemplate"))
    templates: GoTemplates | FastTemplates = FastTemplates()
    if go:
        try:
            templates = GoTemplates(context.engine, missing_mode(spec.get("goTemplateOptions") or ()))
        except OptionError as error:
            raise Failed(str(error), ("spec", "goTemplateOptions")) from None
    project = spec["template"]["spec"].get("project", "")
    return Run(context, reporter.lines, manifest.name, go, templates, project, projects)


def _generate(run: Run, spec: Mapping[str, Any], reporter: Reporter) -> list[Generated]:
    """Everything the generators and the template yield.

    Raises:
        Failed: at the first thing Argo CD refuses, in its order.
    """
    producer = Producer(run, spec, reporter)
    failed: Failed | None = None
    generated: list[Generated] = []
    for index, generator in enumerate(spec.get("generators") or ()):
        path: Path = ("spec", "generators", index)
        try:
            for kind, sets in _sets(run, generator, path, reporter):
                template = merged(TEMPLATE, generator[kind].get("template") or {}, spec["template"])
                generated += producer.produce(template, sets, (*path, kind, "template"))
        except Failed as reason:
            failed = failed or reason
        except Undetermined as reason:
            reporter.add(reason.kind, reason.message, reason.remedy, reason.path, location=reason.location)
        except TooCostly as reason:
            reporter.add(
                "applicationset-unbounded",
                f"its templates cannot be evaluated within bounds: {reason}",
                "Look for a loop or a huge repetition in a template.",
                path,
            )
        except Unclear as reason:
            reporter.add(
                "generator-unsupported",
                f"presync cannot tell {reason}",
                'Set goTemplateOptions: ["missingkey=error"], then a missing name is an error everywhere.',
                path,
            )
    if failed:
        raise failed
    return generated


def _sets(
    run: Run, generator: Mapping[str, Any], path: Path, reporter: Reporter
) -> Iterator[tuple[str, list[ParamSet]]]:
    """The parameter sets of a generator, for each kind it names."""
    if not kinds(generator):
        known = ", ".join(key for key in GENERATOR.fields if key != "selector")
        reporter.add(
            "generator-empty", f"{dotted(path)} names no generator Argo CD knows", f"Use one of {known}.", path
        )
        return
    answers = transform(run, [Request(generator)], path)[0]
    if isinstance(answers, Refused):
        raise Failed(answers.message, answers.path, answers.location)
    if isinstance(answers, Undetermined):
        raise answers
    for answer in answers:
        if not answer.sets:
            reporter.add(
                "generator-empty",
                f"the {answer.kind} generator yields no Application",
                "Argo CD deletes the Applications it made before. Check the paths, the selector and the revision.",
                (*path, answer.kind),
            )
        yield answer.kind, answer.sets


def _clusters(context: Context) -> Sequence[Cluster] | None:
    """The clusters Argo CD knows, where they are listed."""
    if not context.settings.clusters:
        return None
    try:
        return read_clusters(context.repositories.head, context.settings.clusters)
    except ClustersError:
        return None  # the generator that reads them says so


def _application(manifest: Manifest, generated: Generated) -> Application:
    raw, metadata = generated.raw, generated.raw["metadata"]
    namespace = {"namespace": manifest.namespace} if manifest.namespace else {}
    kept = {key: metadata[key] for key in ("name", "labels", "annotations", "finalizers") if metadata.get(key)}
    out = {
        "apiVersion": f"{GROUP}/v1alpha1",
        "kind": "Application",
        "metadata": {**namespace, **kept},
        "spec": raw["spec"],
    }
    if raw.get("operation"):
        out["operation"] = raw["operation"]
    origins = tuple(dict.fromkeys(generated.sets.origins))
    return Application(out, Origin(manifest.location, manifest.name, origins, manifest.parent))
