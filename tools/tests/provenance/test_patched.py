"""Fields of objects that Kustomize put together."""

from __future__ import annotations

import pytest

from presync.provenance.patched import locate
from presync.render.render import render
from presync.tree.worktree import WorkTree
from tests.render.support import Repo, application

FILES = {
    "base/kustomization.yaml": "resources: [web.yaml]\n",
    "base/web.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: proxy
          image: proxy:1.0
        - name: web
          image: web:1.0
          env:
            - {name: LEVEL, value: info}
""",
    "prod/kustomization.yaml": """\
namePrefix: prod-
resources: [../base]
patches: [{path: patch.yaml}]
images:
  - name: proxy
    newTag: "2.0"
replicas:
  - name: web
    count: 3
""",
    "prod/patch.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers:
        - name: web
          env:
            - {name: LEVEL, value: debug}
""",
}


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("spec.replicas", "prod/kustomization.yaml:9:12"),
        ("spec.template.spec.containers.1.image", "base/web.yaml:15:11"),
        ("spec.template.spec.containers.0.image", "prod/kustomization.yaml:6:13"),
        ("spec.template.spec.containers.1.env.0.value", "prod/patch.yaml:10:29"),
        ("spec.template.spec.containers.1.resources", "base/web.yaml:14:11"),
        ("spec.selector", "base/web.yaml:7:3"),
    ],
)
def test_locate(repo: Repo, path: str, place: str) -> None:
    repo.write(FILES)
    rendered = render(application(path="prod"), repo.context())
    if rendered.unavailable:
        pytest.skip(f"NO KUSTOMIZE HERE: {rendered.unavailable}")
    (resource,) = rendered.resources
    steps = [int(step) if step.isdigit() else step for step in path.split(".")]
    names = [one["name"] for one in resource.data["spec"]["template"]["spec"]["containers"]]
    if names == ["web", "proxy"]:  # the order after a patch is Kustomize's
        steps = [1 - step if isinstance(step, int) and at == 4 else step for at, step in enumerate(steps)]
    found = locate(WorkTree(repo.root, tracked=False), rendered.reads, resource, steps)
    assert str(found) == place


GENERATED = {
    "base/kustomization.yaml": """\
configMapGenerator:
  - name: app
    literals:
      - LEVEL=info
      - URL="https://a.example.com"
  - name: app-files
    files:
      - web.properties
      - other=text/extra.txt
    envs:
      - web.env
secretGenerator:
  - name: app
    literals:
      - token=abc
""",
    "base/web.properties": "a=1\nb=2\n",
    "base/text/extra.txt": "more\n",
    "base/web.env": "# of the program\nPORT=80\n HOST=web\n",
    "prod/kustomization.yaml": """\
namePrefix: prod-
resources: [../base]
configMapGenerator:
  - name: app
    behavior: merge
    literals:
      - LEVEL=debug
""",
}


@pytest.mark.parametrize(
    ("kind", "name", "path", "place"),
    [
        ("ConfigMap", "prod-app-", "data.LEVEL", "prod/kustomization.yaml:7:9"),
        ("ConfigMap", "prod-app-", "data.URL", "base/kustomization.yaml:5:9"),
        ("ConfigMap", "prod-app-", "metadata.labels", "base/kustomization.yaml:2:5"),
        ("ConfigMap", "prod-app-files-", "data.web_properties", "base/web.properties:1"),
        ("ConfigMap", "prod-app-files-", "data.other", "base/text/extra.txt:1"),
        ("ConfigMap", "prod-app-files-", "data.HOST", "base/web.env:3"),
        ("ConfigMap", "prod-app-files-", "data.NONE", "base/kustomization.yaml:6:5"),
        ("Secret", "prod-app-", "data.token", "base/kustomization.yaml:15:9"),
        ("Secret", "prod-app-", "data", "base/kustomization.yaml:13:5"),
    ],
)
def test_what_a_generator_makes(repo: Repo, kind: str, name: str, path: str, place: str) -> None:
    repo.write(GENERATED)
    rendered = render(application(path="prod"), repo.context())
    if rendered.unavailable:
        pytest.skip(f"NO KUSTOMIZE HERE: {rendered.unavailable}")
    found = [one for one in rendered.resources if one.kind == kind and one.name.rpartition("-")[0] == name.rstrip("-")]
    steps = [step.replace("web_", "web.") for step in path.split(".")]
    assert str(locate(WorkTree(repo.root, tracked=False), rendered.reads, found[0], steps)) == place


INLINE = """\
resources: [../base]
patches:
  - target: {kind: Deployment}
    patch: |-
      - op: replace
        path: /spec/replicas
        value: 5
      - op: add
        path: /metadata/annotations
        value:
          example.com/team: ml
  - patch: |-
      apiVersion: apps/v1
      kind: Deployment
      metadata:
        name: web
      spec:
        paused: true
"""


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("spec", "replicas"), "test/kustomization.yaml:7"),
        (("metadata", "annotations", "example.com/team"), "test/kustomization.yaml:11"),
        (("spec", "paused"), "test/kustomization.yaml:18"),
    ],
)
def test_a_patch_within_the_kustomization(repo: Repo, path: tuple[str, ...], place: str) -> None:
    repo.write({**FILES, "test/kustomization.yaml": INLINE})
    rendered = render(application(path="test"), repo.context())
    if rendered.unavailable:
        pytest.skip(f"NO KUSTOMIZE HERE: {rendered.unavailable}")
    (resource,) = rendered.resources
    assert str(locate(WorkTree(repo.root, tracked=False), rendered.reads, resource, path)) == place
