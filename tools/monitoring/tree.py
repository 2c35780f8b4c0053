"""What Argo CD would put into the cluster: the Applications of a tree, their namespaces and their objects."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

Object = dict[str, Any]


class RenderFailed(Exception):
    """presync could not render an Application."""


@dataclass(frozen=True)
class App:
    """An Application with what it renders to."""

    name: str
    environment: str
    namespace: str
    labels: Mapping[str, str]
    objects: tuple[Object, ...]


def render(root: Path, *, shared: bool = False) -> list[App]:
    """Every Application of an environment, as presync renders it.

    With `shared` also those of no environment, where they can be rendered.
    """
    with tempfile.TemporaryDirectory() as folder:
        apps, objects = Path(folder, "apps"), Path(folder, "objects")
        for verb, out in (("apps", apps), ("render", objects)):
            command = [sys.executable, "-m", "presync", "-C", str(root), verb, "--out", str(out)]
            done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
            if done.returncode > 1:
                raise RenderFailed(done.stderr.strip()[-2000:])
        return list(_read(apps, objects, shared=shared))


def _read(apps: Path, objects: Path, *, shared: bool) -> Iterator[App]:
    for file in sorted(apps.glob("*.yaml")):
        for one in documents(file):
            environment = (one["metadata"].get("labels") or {}).get("environment", "")
            name = one["metadata"]["name"]
            rendered = objects / f"{name}.yaml"
            if not environment and not (shared and rendered.is_file()):
                continue
            if not rendered.is_file():
                reason = rendered.with_suffix(".error")
                raise RenderFailed(f"{name}: {reason.read_text('utf-8') if reason.is_file() else 'nothing rendered'}")
            labels = one["spec"]["syncPolicy"].get("managedNamespaceMetadata", {}).get("labels", {})
            namespace = one["spec"]["destination"]["namespace"]
            yield App(name, environment, namespace, labels, tuple(documents(rendered)))


def documents(file: Path) -> list[Object]:
    """Those of a file, without the empty ones."""
    return [one for one in yaml.safe_load_all(file.read_text("utf-8")) if one]


def opened(sealed: Object) -> Object:
    """The Secret the sealed-secrets controller would make, with something else in place of every sealed value."""
    template = sealed["spec"].get("template") or {}
    values = dict.fromkeys(sealed["spec"]["encryptedData"], "https://hooks.slack.example.com/services/T/B/opened")
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {key: sealed["metadata"][key] for key in ("name", "namespace")},
        "type": template.get("type", "Opaque"),
        "stringData": {**values, **(template.get("data") or {})},
    }
