"""A small tree with a contract in two environments and a reader of it in each, and a platform of it in memory."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from presync.engine import Engine
from presync.platform.load import load
from presync.platform.model import Platform
from presync.tree.repository import open_repository
from tests.commands.conftest import ROOT, SET, run, write
from tests.render.support import Repo, application, data

__all__ = ["run"]

PART = """\
{{- $text := .Values.text }}
apiVersion: v1
kind: ConfigMap
metadata:
  name: features
  namespace: model-{{ .Values.environment }}
  annotations:
    features.example.com/contract-hash: sha256:{{ sha256sum $text }}
    features.example.com/config-hash: sha256:{{ sha256sum .Values.environment }}
data:
  featuresets.json: {{ $text | quote }}
  environment.json: {{ .Values.environment }}
"""
READER = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: model}
spec:
  selector: {matchLabels: {app: model}}
  template:
    metadata:
      labels: {app: model}
      annotations:
        words: {{ .Values.words | quote }}
        {{- with .Values.contract.hash }}
        features.example.com/contract-hash: {{ . }}
        {{- end }}
        {{- with .Values.contract.config }}
        features.example.com/config-hash: sha256:{{ . }}
        {{- end }}
    spec:
      containers:
        - name: model
          image: "model:1"
          volumeMounts:
            - {name: features, mountPath: /features}
      volumes:
        - {name: features, configMap: {name: features}}
"""
STALE = "sha256:" + "1" * 64
TREE = {
    "apps/all.yaml": SET,
    "charts/features/Chart.yaml": "apiVersion: v2\nname: features\nversion: 1.0.0\n",
    "charts/features/values.yaml": 'environment: ""\ntext: \'{"featureSets": {}}\'\n',
    "charts/features/templates/part.yaml": PART,
    "charts/model/Chart.yaml": "apiVersion: v2\nname: model\nversion: 1.0.0\n",
    "charts/model/values.yaml": 'words: ""\ncontract:\n  hash: ""\n  config: ""\n',
    "charts/model/templates/model.yaml": READER,
    **{
        f"envs/{environment}/{app}/app.yaml": f"chart: {app}\n"
        for environment in ("dev", "prod")
        for app in ("features", "model")
    },
    "envs/dev/features/values.yaml": "environment: dev\n",
    "envs/prod/features/values.yaml": "environment: prod\n",
    "envs/dev/model/values.yaml": f"""\
# What dev is for.
words:   'two  blanks'   # and a remark
contract:
  # Written by presync.
  hash: "{STALE}"   # stays
  config: {"a2" * 32}
""",
    "envs/prod/model/values.yaml": "# Nothing yet.\n",
}

Load = Callable[[Path], Platform]


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """The small tree, without git."""
    return write(tmp_path / "small", TREE)


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    with Engine(1) as one:
        yield one


@pytest.fixture(scope="session")
def resources_of_dev(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """ConfigMap feature-store-resources as the chart of this repository renders it for dev."""
    root = tmp_path_factory.mktemp("repository")
    for name in ("feature-store", "common"):
        shutil.copytree(ROOT / "charts" / name, root / "charts" / name, ignore=shutil.ignore_patterns("charts"))
    (root / "envs/dev").mkdir(parents=True)
    shutil.copy(ROOT / "envs/dev/globals.yaml", root / "envs/dev/globals.yaml")
    chart = application(
        "feature-store-dev",
        "feature-store-dev",
        path="charts/feature-store",
        helm={"valueFiles": ["/envs/dev/globals.yaml"]},
    )
    rendered = data(Repo(root, engine).render(chart))
    found: Mapping[str, str] = next(
        one["data"] for one in rendered if one["metadata"]["name"] == "feature-store-resources"
    )
    return found


@pytest.fixture
def opened(engine: Engine) -> Load:
    """A tree as a platform."""
    return lambda folder: load(open_repository(folder), engine)
