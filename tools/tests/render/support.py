"""Trees made for a test, and the real Helm to compare with."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from presync.argocd.context import Context
from presync.argocd.model import Application, Origin
from presync.argocd.repositories import Repositories
from presync.base.finding import Location
from presync.engine import Engine
from presync.render import documents
from presync.render.model import RenderedApplication
from presync.render.render import render_all
from presync.settings import Settings
from presync.tree import Repository
from presync.tree.worktree import WorkTree

URL = "https://git.example.com/org/platform.git"
ROOT = Path(__file__).resolve().parents[3]


def application(name: str = "app", namespace: str = "apps", **source: Any) -> Application:
    """An Application with one source in this repository."""
    return made(name, namespace, source={"repoURL": URL, "targetRevision": "main", **source})


def made(name: str, namespace: str, **spec: Any) -> Application:
    """An Application with any spec."""
    raw = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": name, "namespace": "argocd"},
        "spec": {
            "project": "default",
            "destination": {"server": "https://kubernetes.default.svc", "namespace": namespace},
            **spec,
        },
    }
    return Application(raw, Origin(Location("apps/app.yaml", 3)))


@dataclass
class Repo:
    """A folder that stands for the repository under review."""

    root: Path
    engine: Engine
    settings: Settings = field(default_factory=Settings)

    def write(self, files: Mapping[str, str | bytes]) -> Repo:
        """Put files into it."""
        for path, text in files.items():
            target = self.root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text if isinstance(text, bytes) else text.encode())
        return self

    def chart(self, templates: Mapping[str, str], name: str = "web", folder: str = "charts/web", **more: str) -> Repo:
        """A chart with these templates; ``more`` is the text of other files, with ``_`` for the dot."""
        files = {f"{folder}/Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: 0.1.0\n"}
        files.update({f"{folder}/templates/{path}": text for path, text in templates.items()})
        files.update({f"{folder}/{path}": text for path, text in more.items()})
        return self.write(files)

    def context(self) -> Context:
        """What the renderer is given."""
        repository = Repository(self.root, is_git=(self.root / ".git").exists())
        head = repository.worktree if repository.is_git else WorkTree(self.root, tracked=False)
        return Context(self.engine, self.settings, Repositories.of(repository, head, [URL], ["main"]))

    def render(self, *applications: Application, **options: Any) -> RenderedApplication:
        """The first of some Applications, rendered."""
        return render_all(applications, self.context(), **options)[0]


def data(rendered: RenderedApplication) -> list[dict[str, Any]]:
    """The objects, after making sure that there are any to speak of."""
    assert not rendered.error, rendered.error
    assert not rendered.unavailable, rendered.unavailable
    return [dict(resource.data) for resource in rendered.resources]


def helm_program() -> str:
    """The real Helm: $PRESYNC_HELM, else the one that tools/fetch_helm.py put into the cache; empty without one."""
    named = os.environ.get("PRESYNC_HELM", "")
    if named:
        return named
    cached = ROOT / ".cache" / "tools" / "helm"
    return str(cached) if cached.is_file() else ""


@dataclass(frozen=True)
class HelmResult:
    """What the program printed, or why it failed."""

    objects: list[dict[str, Any]]
    error: str = ""


def helm_template(
    program: str,
    chart: Path,
    name: str,
    namespace: str,
    *,
    arguments: Sequence[str] = (),
    api_versions: Iterable[str] = (),
    kube_version: str = "1.36.0",
    crds: bool = True,
) -> HelmResult:
    """``helm template`` with the arguments Argo CD uses, after a dependency build where one is missing."""
    command = [program, "template", ".", "--name-template", name, "--kube-version", kube_version, *arguments]
    if namespace:
        command += ["--namespace", namespace]
    for one in api_versions:
        command += ["--api-versions", one]
    if crds:
        command.append("--include-crds")
    with tempfile.TemporaryDirectory() as home:
        environment = {"PATH": os.environ["PATH"], "HOME": home, "HELM_DATA_HOME": home}

        def run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                command, cwd=chart, env=environment, capture_output=True, text=True, timeout=120, check=False
            )

        done = run(command)
        if done.returncode and "missing in charts/" in done.stderr:
            built = run([program, "dependency", "build"])
            if built.returncode:
                return HelmResult([], _reason(built.stderr))
            done = run(command)
    if done.returncode:
        return HelmResult([], _reason(done.stderr))
    try:
        objects = [documents.as_object(value) for value, _ in documents.stream(done.stdout)]
    except documents.DocumentError as error:
        return HelmResult([], error.message)
    return HelmResult([member for one in objects for member in documents.members(one)])


def _reason(text: str) -> str:
    _, _, reason = text.partition("Error: ")
    return (reason or text).replace("\n\nUse --debug flag to render out invalid YAML", "").strip()


def copied(source: Path, target: Path) -> Path:
    """A copy of a folder that a program may write into."""
    shutil.copytree(source, target, symlinks=True)
    return target


def yaml_text(value: Any) -> str:
    """YAML for a test's input."""
    return str(yaml.safe_dump(value, sort_keys=False))
