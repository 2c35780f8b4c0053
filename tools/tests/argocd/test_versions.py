"""What Argo CD 3.3 and 3.4 do otherwise than 3.5; docs/fidelity.md lists where each of these was read."""

from __future__ import annotations

from typing import Any

import pytest

from presync.argocd import versions
from presync.argocd.appset import govalues
from presync.argocd.appset.govalues import StrMap
from presync.argocd.appset.template import normalize_spec, normalized
from presync.argocd.expand import plain
from presync.argocd.model import Manifest
from presync.base.finding import Location

from .appset.conftest import Expander, context_for, engine, expand_set, kinds, manifest_text, names

__all__ = ["context_for", "engine", "expand_set"]  # fixtures

LIST = "- list: {elements: [{name: a}]}"
TAGGED = """\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: set, namespace: argocd}
spec:
  goTemplate: true
  generators: [{list: {elements: [{name: a}]}}]
  template:
    metadata: {name: '{{ .name }}'}
    spec:
      project: default
      destination: {server: https://kubernetes.default.svc}
      source: {repoURL: https://git.example.com/org/repo.git, path: p, tagPrefix: v}
"""
MATRIX = """\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: set, namespace: argocd}
spec:
  goTemplate: true
  goTemplateOptions: ["missingkey=error"]
  generators:
    - matrix:
        generators:
          - list: {elements: [{first: x}]}
          - git:
              repoURL: https://git.example.com/org/repo.git
              revision: HEAD
              files: [{path: conf.yaml}]
              values: {both: '{{ .own }}'}
  template:
    metadata: {name: '{{ .values.both }}'}
    spec:
      project: default
      destination: {server: https://kubernetes.default.svc}
      source: {repoURL: https://git.example.com/org/repo.git, path: p}
"""


@pytest.mark.parametrize(("version", "known"), [("3.3", False), ("3.4", False), ("3.5", True)])
def test_a_field_that_came_later(version: str, known: bool, expand_set: Expander) -> None:
    expansion = expand_set(TAGGED, argocd=version)
    assert kinds(expansion) == ([] if known else ["applicationset-unknown-field"])
    assert ("tagPrefix" in expansion.applications[0].spec["source"]) == known


@pytest.mark.parametrize(("version", "known"), [("3.4", False), ("3.5", True)])
def test_of_an_application_that_stands_in_a_manifest(version: str, known: bool) -> None:
    source = {"repoURL": "https://git.example.com/a.git", "path": "p", "tagPrefix": "v"}
    spec = {"project": "default", "destination": {"server": "s"}, "source": source}
    manifest = Manifest({"metadata": {"name": "a"}, "spec": spec}, Location("a.yaml", 1))
    assert ("tagPrefix" in plain(manifest, version).spec["source"]) == known


def test_errors_of_files_name_the_repository_since_35(expand_set: Expander) -> None:
    generator = "- git: {repoURL: https://git.example.com/org/repo.git, revision: HEAD, files: [{path: conf.yaml}]}"
    for version, told in (("3.4", False), ("3.5", True)):
        expansion = expand_set(manifest_text(generator), {"conf.yaml": "text"}, argocd=version)
        assert ("from repository 'https://git.example.com/org/repo.git'" in expansion.error) == told
        assert "unable to process file 'conf.yaml'" in expansion.error


def test_values_may_name_what_comes_later_since_34(expand_set: Expander) -> None:
    files = {"conf.yaml": "own: late\n"}
    assert names(expand_set(MATRIX, files, argocd="3.4")) == ["late"]
    assert 'map has no entry for key "own"' in expand_set(MATRIX, files, argocd="3.3").error


def test_selectors_look_into_maps_of_texts_since_34() -> None:
    params = {"metadata": {"labels": StrMap({"env": "dev"})}}
    assert govalues.flatten(params) == {"metadata.labels.env": "dev"}
    assert govalues.flatten(params, open_typed=False) == {"metadata.labels": "map[env:dev]"}


@pytest.mark.parametrize(
    ("version", "automated", "directory"),
    [
        ("3.3", {"selfHeal": True}, {"recurse": True, "jsonnet": {}}),
        ("3.4", {"prune": False, "selfHeal": True}, {"recurse": True}),
    ],
)
def test_what_go_writes(version: str, automated: dict[str, Any], directory: dict[str, Any]) -> None:
    spec = {
        "project": "default",
        "destination": {"server": "s"},
        "source": {"repoURL": "r", "directory": {"recurse": True}},
        "syncPolicy": {"automated": {"prune": False, "selfHeal": True}},
    }
    stored = normalized({"metadata": {"name": "a"}, "spec": spec}, version)["spec"]
    assert stored["syncPolicy"]["automated"] == automated
    assert stored["source"]["directory"] == directory


@pytest.mark.parametrize(("version", "kept"), [("3.4", {"helm": {}}), ("3.5", {})])
def test_several_sources_are_normalised_since_35(version: str, kept: dict[str, Any]) -> None:
    spec: dict[str, Any] = {"sources": [{"helm": {}}]}
    normalize_spec(spec, version)
    assert spec["sources"] == [kept]


def test_schemas_of_earlier_versions_lack_fields() -> None:
    source = {"properties": {"tagPrefix": {}, "targetRevision": {}}}
    other = {"properties": {"tagPrefix": {}}}
    schema = {"$defs": {"a": source}, "items": [other]}
    assert versions.schema_of("3.4", schema) == {
        "$defs": {"a": {"properties": {"targetRevision": {}}}},
        "items": [other],
    }
    assert versions.schema_of("3.5", schema) == schema


def test_sync_options_of_an_application() -> None:
    options = ["Prune=confirm", "Delete=false", "CreateNamespace=true", "PruneLast=true"]
    assert versions.later_sync_options("3.3", options) == ["Prune=confirm", "Delete=false"]
    assert versions.later_sync_options("3.4", options) == []
