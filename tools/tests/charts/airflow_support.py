"""Rendering charts/airflow as Argo CD does, with any values."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from presync.engine import Engine
from presync.render.model import RenderedApplication
from tests.render.support import ROOT, Repo, application

CHART = ROOT / "charts" / "airflow"
Object = Mapping[str, Any]


@dataclass(frozen=True)
class Manifests:
    """What the chart rendered, by kind and name."""

    objects: list[dict[str, Any]]

    def get(self, kind: str, name: str) -> dict[str, Any]:
        found = [one for one in self.objects if (one["kind"], one["metadata"]["name"]) == (kind, name)]
        assert len(found) == 1, [f"{one['kind']} {one['metadata']['name']}" for one in self.objects]
        return found[0]

    def names(self, kind: str) -> set[str]:
        return {one["metadata"]["name"] for one in self.objects if one["kind"] == kind}

    def pod(self, component: str) -> dict[str, Any]:
        """The Pod (metadata and spec) of a component; of `worker`, the template of task Pods."""
        if component == "worker":
            text = self.get("ConfigMap", "airflow-pod-template")["data"]["pod_template_file.yaml"]
            loaded: dict[str, Any] = yaml.safe_load(text)
            return loaded
        kind = "Job" if component in ("migrate", "create-user") else "Deployment"
        template: dict[str, Any] = self.get(kind, f"airflow-{component}")["spec"]["template"]
        return template

    @property
    def cfg(self) -> str:
        text: str = self.get("ConfigMap", "airflow-config")["data"]["airflow.cfg"]
        return text


class Chart:
    """A copy of the chart that renders with the facts of an environment."""

    def __init__(self, root: Path, engine: Engine) -> None:
        self._repo = Repo(root, engine)
        for name in ("airflow", "common"):
            shutil.copytree(ROOT / "charts" / name, root / "charts" / name, ignore=shutil.ignore_patterns("*.tgz"))
        for environment in ("dev", "prod"):
            for path in (f"envs/{environment}/globals.yaml", f"envs/{environment}/airflow/values.yaml"):
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / path, root / path)

    def rendered(self, values: Object | str = "", environment: str = "dev", own: bool = False) -> RenderedApplication:
        """With these values over the chart's defaults, or over those of the environment (``own``)."""
        text = values if isinstance(values, str) else json.dumps(values)
        self._repo.write({"values.yaml": text or "{}"})
        files = [f"/envs/{environment}/globals.yaml", "/values.yaml"]
        if own:
            files.insert(1, f"/envs/{environment}/airflow/values.yaml")
        name = f"airflow-{environment}"
        return self._repo.render(application(name, name, path="charts/airflow", helm={"valueFiles": files}))

    def render(self, values: Object | str = "", environment: str = "dev", own: bool = False) -> Manifests:
        """The objects."""
        rendered = self.rendered(values, environment, own)
        assert not rendered.error, rendered.error
        return Manifests([dict(resource.data) for resource in rendered.resources])

    def refused(self, values: Object | str) -> str:
        """Why it does not render."""
        rendered = self.rendered(values)
        assert rendered.error, "it renders"
        return " ".join([rendered.error, *(f"{one.message} {one.remedy}" for one in rendered.problems)])


def container(pod: Object, name: str = "") -> dict[str, Any]:
    """A container, the first without a name."""
    spec = pod["spec"]
    everyone: list[dict[str, Any]] = [*spec["containers"], *spec.get("initContainers", ())]
    return next(one for one in everyone if not name or one["name"] == name)


def environment(one: Object) -> dict[str, Any]:
    """Variables by name: the value, or where it comes from."""
    names = [variable["name"] for variable in one["env"]]
    assert len(names) == len(set(names)), "Kubernetes refuses a name that comes twice"
    return {variable["name"]: variable.get("value", variable.get("valueFrom")) for variable in one["env"]}


def mounts(pod: Object, one: Object) -> dict[str, str]:
    """Where what is mounted: `Secret airflow-aws`, `ConfigMap …`, `claim …`, or `scratch`."""
    sources = {volume["name"]: _source(volume) for volume in pod["spec"]["volumes"]}
    assert len(sources) == len(pod["spec"]["volumes"])
    return {mount["mountPath"]: sources[mount["name"]] for mount in one["volumeMounts"]}


def _source(volume: Object) -> str:
    if "secret" in volume:
        return f"Secret {volume['secret']['secretName']}"
    if "configMap" in volume:
        return f"ConfigMap {volume['configMap']['name']}"
    if "persistentVolumeClaim" in volume:
        return f"claim {volume['persistentVolumeClaim']['claimName']}"
    if "projected" in volume:
        parts = [
            {**part.get("secret", {}), **part.get("configMap", {})}["name"] for part in volume["projected"]["sources"]
        ]
        return "projected " + " ".join(parts)
    assert "emptyDir" in volume
    return "scratch"
