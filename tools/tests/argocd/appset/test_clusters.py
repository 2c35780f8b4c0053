"""Clusters from a file, and the generator over them."""

from __future__ import annotations

import base64

import pytest

from presync.argocd.appset.clusters import ClustersError, read_clusters
from presync.tree import Tree
from presync.tree.repository import open_repository

from .conftest import Expander, kinds, manifest_text, names

SECRETS = f"""\
apiVersion: v1
kind: List
items:
  - kind: Secret
    metadata:
      name: one
      labels: {{argocd.argoproj.io/secret-type: cluster, env: dev}}
      annotations: {{region: eu}}
    data:
      name: {base64.b64encode(b"dev").decode()}
      server: {base64.b64encode(b"https://dev").decode()}
  - kind: Secret
    metadata: {{name: repository, labels: {{argocd.argoproj.io/secret-type: repository}}}}
---
- name: prod
  server: https://prod
  project: p
  labels: {{env: prod}}
---
kind: Secret
metadata: {{name: again, labels: {{argocd.argoproj.io/secret-type: cluster}}}}
stringData: {{name: dev, server: https://later}}
"""


@pytest.fixture
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    folder = tmp_path_factory.mktemp("clusters")
    (folder / "clusters.yaml").write_text(SECRETS)
    for name, text in {
        "list": "- text",
        "key": "- {name: a, server: b, label: {}}",
        "type": "- {name: a, server: b, labels: {x: true}}",
        "empty": "- {name: a, server: ''}",
        "base64": "kind: Secret\nmetadata: {labels: {argocd.argoproj.io/secret-type: cluster}}\ndata: {name: '%'}",
        "yaml": "a: [",
    }.items():
        (folder / f"{name}.yaml").write_text(text)
    return open_repository(folder).worktree


def test_every_form(tree: Tree) -> None:
    found = read_clusters(tree, "clusters.yaml")
    assert [(one.name, one.server, one.project) for one in found] == [
        ("dev", "https://later", ""),
        ("prod", "https://prod", "p"),
    ]
    assert found[1].labels == {"env": "prod", "argocd.argoproj.io/secret-type": "cluster"}
    assert str(found[1].location).startswith("clusters.yaml:15")


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("list", "list.yaml:1:3: a cluster must be a mapping"),
        ("key", "unknown key 'label'"),
        ("type", "must be text"),
        ("empty", "must be text"),
        ("base64", "must be base64"),
        ("yaml", "yaml.yaml: line"),
        ("nothing", "does not exist"),
    ],
)
def test_what_is_no_cluster(tree: Tree, file: str, words: str) -> None:
    with pytest.raises(ClustersError) as raised:
        read_clusters(tree, f"{file}.yaml")
    assert words in raised.value.message


def test_without_a_file_nothing_is_known(expand_set: Expander) -> None:
    expansion = expand_set(manifest_text("- clusters: {}\n- list: {elements: [{name: a}]}"))
    assert names(expansion) == ["a"]
    assert kinds(expansion) == ["generator-unsupported"]
    assert expansion.error == ""
    assert str(expansion.problems[0].location) == "apps/set.yaml:8:7"


def test_a_broken_file(expand_set: Expander) -> None:
    expansion = expand_set(manifest_text("- clusters: {}"), {"clusters.yaml": "- text"}, clusters="clusters.yaml")
    assert kinds(expansion) == ["generator-unsupported"]
    assert names(expansion) == []


def test_origins(expand_set: Expander) -> None:
    files = {"clusters.yaml": "- {name: x, server: https://x}\n- {name: z, server: https://z}\n"}
    text = manifest_text("- clusters: {}", "{name: '{{ .name }}'}")
    expansion = expand_set(text, files, clusters="clusters.yaml")
    found = {one.name: [str(place) for place in one.origin.parameters] for one in expansion.applications}
    assert found == {"x": ["clusters.yaml:1:3"], "z": ["clusters.yaml:2:3"], "in-cluster": []}
    flat = expand_set(manifest_text("- clusters: {flatList: true}", "{name: all}"), files, clusters="clusters.yaml")
    assert [len(one.origin.parameters) for one in flat.applications] == [2]
