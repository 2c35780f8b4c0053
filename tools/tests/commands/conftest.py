"""A small tree that is in order, and running presync on a tree as a user does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PRESYNC = Path(sys.executable).parent / "presync"

SET = """\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: all, namespace: argocd}
spec:
  goTemplate: true
  goTemplateOptions: ["missingkey=error"]
  generators:
    - git:
        repoURL: https://git.example.com/small.git
        revision: HEAD
        files: [{path: "envs/*/*/app.yaml"}]
  template:
    metadata:
      name: "{{ .path.basename }}-{{ index .path.segments 1 }}"
    spec:
      project: default
      destination:
        server: https://kubernetes.default.svc
        namespace: "{{ .path.basename }}-{{ index .path.segments 1 }}"
      source:
        repoURL: https://git.example.com/small.git
        targetRevision: HEAD
        path: "charts/{{ .chart }}"
        helm:
          valueFiles: ["/envs/{{ index .path.segments 1 }}/{{ .path.basename }}/values.yaml"]
"""

CONFIG = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
data:
  level: {{ .Values.level | quote }}
"""

TREE = {
    "apps/all.yaml": SET,
    "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "charts/web/values.yaml": "level: info\n",
    "charts/web/templates/config.yaml": CONFIG,
    "envs/dev/web/app.yaml": "chart: web\n",
    "envs/dev/web/values.yaml": "level: debug\n",
    "envs/prod/web/app.yaml": "chart: web\n",
    "envs/prod/web/values.yaml": "{}\n",
}

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The small tree, without git."""
    return write(tmp_path / "tree", TREE)


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def copy_of_the_tree(folder: Path) -> Path:
    """The working tree, without presync's own sources."""
    listed = subprocess.run(
        ["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"],
        capture_output=True,
        check=True,
    ).stdout.decode()
    for name in listed.split("\0"):
        if name and (ROOT / name).is_file() and not name.startswith("tools/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """presync as a process; never more than two minutes."""

    def call(*arguments: str | Path, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [PRESYNC, *arguments],
            capture_output=True,
            text=True,
            timeout=120,
            cwd=cwd or tmp_path,
            env={**os.environ, **env},
            check=False,
        )

    return call
