"""ApplicationSets as a whole: what is said about them, and on which line."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from presync.argocd.context import Context
from presync.argocd.expand import expand, plain
from presync.argocd.model import Manifest
from presync.base.finding import Location
from presync.engine import Engine

from .appset.conftest import Expander, context_for, engine, expand_set, kinds, manifest_text, names

__all__ = ["context_for", "engine", "expand_set"]  # fixtures

LIST = "- list: {elements: [{name: a}, {name: b}]}"


def test_what_an_application_carries(expand_set: Expander) -> None:
    expansion = expand_set(manifest_text(LIST, "{name: '{{ .name }}', namespace: elsewhere, labels: {x: z}}"))
    application = expansion.applications[0]
    assert application.raw == {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {
            "namespace": "argocd",
            "name": "a",
            "labels": {"x": "z"},
            "finalizers": ["resources-finalizer.argocd.argoproj.io"],
        },
        "spec": {
            "source": {"repoURL": "https://git.example.com/org/repo.git", "path": "p"},
            "destination": {"server": "https://kubernetes.default.svc"},
            "project": "default",
        },
    }
    assert application.origin.application_set == "set"
    assert str(application.origin.location) == "apps/set.yaml:1"
    assert [str(place) for place in application.origin.parameters] == ["apps/set.yaml:8:25"]
    assert not expansion.problems


def test_a_failing_template(expand_set: Expander) -> None:
    """Nothing is generated; the line of the template, the words of Argo CD, and the parameters it happened with."""
    text = manifest_text(
        LIST, "{name: '{{ .name }}', labels: {x: '{{ .nope }}'}}", 'goTemplateOptions: ["missingkey=error"]'
    )
    expansion = expand_set(text)
    assert names(expansion) == []
    assert expansion.error == (
        'failed to execute go template {{ .nope }}: template: base:1:3: executing "base" at <.nope>: map has no entry '
        'for key "nope"'
    )
    (problem,) = expansion.problems
    assert problem.kind == "applicationset-failed"
    assert problem.field == "spec.template.metadata.labels.x"
    assert str(problem.location) == "apps/set.yaml:10:46"
    assert "(parameters: apps/set.yaml:8:25)" in problem.message
    assert problem.resource == "ApplicationSet/set"


def test_a_failing_template_of_a_generator(expand_set: Expander) -> None:
    template = "{metadata: {name: '{{ nope }}'}, spec: {project: '', destination: {}}}"
    own = f"- list: {{elements: [{{name: a}}], template: {template}}}"
    (problem,) = expand_set(manifest_text(own)).problems
    assert problem.field == "spec.generators[0].list.template.metadata.name"
    assert str(problem.location) == "apps/set.yaml:8:59"


def test_a_failing_patch(expand_set: Expander) -> None:
    text = manifest_text(LIST, extra="templatePatch: |\n  metadata: {labels: {x: yes}}")
    expansion = expand_set(text)
    assert "cannot unmarshal bool into Go struct field ObjectMeta.metadata.labels of type string" in expansion.error
    assert str(expansion.problems[0].location) == "apps/set.yaml:6:3"


def test_an_unclear_patch(expand_set: Expander) -> None:
    text = manifest_text(LIST, extra="templatePatch: |\n  spec: {$setElementOrder/info: []}")
    expansion = expand_set(text)
    assert kinds(expansion) == ["generator-unsupported"]
    assert (expansion.error, names(expansion)) == ("", [])


def test_an_unclear_template(expand_set: Expander) -> None:
    """Inside of range presync cannot see whether a name behind a missing one is nothing or an error."""
    generators = "- list: {elements: [{name: a, items: [{x: {deep: 1}}, {z: 1}]}]}"
    metadata = "{name: '{{ .name }}{{ range .items }}{{ .x.deep }}{{ end }}'}"
    expansion = expand_set(manifest_text(generators, metadata))
    assert kinds(expansion) == ["generator-unsupported"]
    assert expansion.error == ""
    strict = expand_set(manifest_text(generators, metadata, 'goTemplateOptions: ["missingkey=error"]'))
    assert 'map has no entry for key "x"' in strict.error


def test_refused_by_the_api_server(expand_set: Expander) -> None:
    text = manifest_text(LIST).replace("path: p", "path: 3").replace("name: set", "name: Set")
    expansion = expand_set(text)
    assert expansion.error.startswith(
        'ApplicationSet.argoproj.io "Set" is invalid: [metadata.name: Invalid value: "Set": a '
    )
    assert "spec.template.spec.source.path in body must be of type string" in expansion.error
    assert str(expansion.problems[0].location) == "apps/set.yaml:3:12"


def test_an_unknown_field(expand_set: Expander) -> None:
    expansion = expand_set(manifest_text(LIST, extra="syncPolicy: {preserveResourceOnDeletion: true}"))
    assert names(expansion) == ["a", "b"]
    (problem,) = expansion.problems
    assert problem.kind == "applicationset-unknown-field"
    assert problem.field == "spec.syncPolicy.preserveResourceOnDeletion"
    assert str(problem.location) == "apps/set.yaml:6:16"


def test_a_generator_that_yields_nothing(expand_set: Expander) -> None:
    expansion = expand_set(manifest_text("- list: {elements: []}\n- list: {elements: [{name: a}]}"))
    assert names(expansion) == ["a"]
    assert [(problem.kind, str(problem.location)) for problem in expansion.problems] == [
        ("generator-empty", "apps/set.yaml:8:7")
    ]


def test_a_random_template(expand_set: Expander) -> None:
    expansion = expand_set(manifest_text(LIST, "{name: '{{ .name }}', annotations: {x: '{{ randAlpha 3 }}'}}"))
    assert kinds(expansion) == ["applicationset-random"]
    assert "uses randAlpha" in expansion.problems[0].message


def test_applications_that_are_not_created(expand_set: Expander) -> None:
    generators = "- list: {elements: [{name: a}, {name: a}, {name: Bad}, {name: b}]}"
    expansion = expand_set(manifest_text(generators))
    assert names(expansion) == ["b"]
    assert [(problem.kind, problem.application) for problem in expansion.problems] == [
        ("application-not-created", "a"),
        ("application-not-created", "Bad"),
    ]
    # Its name stands where its parameters do: others come well out of the template.
    assert str(expansion.problems[1].location) == f"apps/set.yaml:8:{5 + generators.index('{name: Bad}')}"
    assert "contains applications with duplicate name: a" in expansion.problems[0].message
    assert str(expansion.problems[0].location) == "apps/set.yaml:10:16"


def test_projects_where_they_are_known(expand_set: Expander) -> None:
    assert names(expand_set(manifest_text(LIST))) == ["a", "b"]
    expansion = expand_set(manifest_text(LIST), projects={"other"})
    assert names(expansion) == []
    assert "application references project default which does not exist" in expansion.problems[0].message


@pytest.mark.parametrize(
    ("destination", "words"),
    [
        ("{server: https://a/}", ""),
        ("{server: https://nope}", 'cluster "https://nope" not found'),
        ("{name: a}", ""),
        ("{name: nope}", "there are no clusters with this name: nope"),
        ("{name: in-cluster}", ""),
        ("{server: https://kubernetes.default.svc/}", ""),
        ("{name: a, server: https://a}", "can't have both name and server defined: a https://a"),
        ("{namespace: x}", "Destination server missing from app spec"),
    ],
)
def test_destinations(expand_set: Expander, destination: str, words: str) -> None:
    text = manifest_text(LIST).replace("{server: https://kubernetes.default.svc}", destination)
    expansion = expand_set(text, {"clusters.yaml": "- {name: a, server: https://a}"}, clusters="clusters.yaml")
    assert names(expansion) == ([] if words else ["a", "b"])
    assert all(words in problem.message for problem in expansion.problems)
    if "nope" in destination:
        assert names(expand_set(text)) == ["a", "b"]  # without a file nobody knows


def test_a_template_that_loops(tmp_path_factory: pytest.TempPathFactory, context_for: Callable[..., Context]) -> None:
    """The engine is bounded, and the run goes on."""
    text = manifest_text(LIST, "{name: '{{ range until 30000 }}{{ range until 30000 }}{{ end }}{{ end }}'}")
    context = context_for({"apps/set.yaml": text})
    manifest = Manifest({"metadata": {"name": "set"}, "spec": _spec(text)}, Location("apps/set.yaml", 1))
    with Engine(workers=1, timeout=1) as short:
        expansion = expand(manifest, Context(short, context.settings, context.repositories))
    assert kinds(expansion) == ["applicationset-unbounded"]
    assert expansion.error == ""


def _spec(text: str) -> object:
    from presync.base import goyaml

    return goyaml.load(text)["spec"]


def test_plain() -> None:
    """An Application is stored without nulls and unknown fields, and normalised."""
    spec = {
        "project": "",
        "destination": {"server": "s", "unknown": 1},
        "source": {"repoURL": "r", "helm": {}, "directory": {"recurse": False}, "path": None},
        "syncPolicy": {},
        "sources": [],
    }
    manifest = Manifest({"kind": "Application", "metadata": {"name": "a"}, "spec": spec}, Location("f", 3), parent="p")
    application = plain(manifest)
    assert application.spec == {
        "project": "default",
        "destination": {"server": "s"},
        "source": {"repoURL": "r"},
        "sources": [],
    }
    assert (application.name, application.origin.parent, application.origin.application_set) == ("a", "p", "")
    assert "unknown" in spec["destination"]  # type: ignore[operator]


@pytest.mark.parametrize("spec", [None, [], {"source": 3}, {"destination": {}, "project": 1}])
def test_plain_that_is_refused_stays_as_it_is(spec: object) -> None:
    manifest = Manifest({"metadata": {"name": "a"}, "spec": spec}, Location("f", 3))
    assert plain(manifest).raw["spec"] == spec


def test_a_field_that_a_patch_sets_and_nobody_has(expand_set: Expander) -> None:
    """At the wrong level it is dropped without a word; said once for the set, at its line."""
    patch = "spec: {source: {helm: {releaseName: x, valuefiles: [a.yaml]}}}"
    text = manifest_text("- list: {elements: [{name: a}, {name: b}]}", extra=f"templatePatch: |\n  {patch}")
    assert not expand_set(text).problems
    patch = "spec:\n    source:\n      parameters: []\n"
    text = manifest_text("- list: {elements: [{name: a}, {name: b}]}", extra=f"templatePatch: |\n  {patch}")
    (problem,) = expand_set(text).problems
    assert problem.kind == "applicationset-unknown-field"
    assert "spec.source.parameters" in problem.message
    assert text.split("\n")[problem.location.line - 1].strip() == "parameters: []"
