"""The other tools: how each is called, and what it says of objects."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from compare.mutants import Call, Object, written
from controlplane import dryrun
from controlplane.documents import of_object, read_file
from controlplane.driver import ControlPlane

SCHEMAS = "kubernetes_validate/kubernetes-json-schema"
BUNDLED = Path(__file__).parent.parent / "presync" / "platform" / "schemas" / "bundled"
ALL = ("--add-all-built-in", "--exclude", "schema-validation")
_REFERENCE = re.compile(r'("\$ref": ")[^"#]*/(_definitions\.json#)')


@dataclass(frozen=True)
class Said:
    """One complaint: about which object (``Kind name``), and the words."""

    about: str
    words: str


def run(*command: str, folder: Path | None = None, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """A program, whatever its exit status."""
    return subprocess.run(command, cwd=folder, input=stdin, capture_output=True, text=True, check=False, timeout=300)


def _title(data: Mapping[str, Any]) -> str:
    return f"{data.get('kind')} {(data.get('metadata') or {}).get('name')}"


def _group(data: Object) -> str:
    return str(data.get("apiVersion", "")).partition("/")[0]


def _constraint(data: Object) -> bool:
    return _group(data) == "constraints.gatekeeper.sh"


class Kubeconform:
    """Schemas: those of Kubernetes from the package kubernetes-validate, those of CRDs as presync bundles them."""

    def __init__(self, program: Path, work: Path, site: Path, version: str) -> None:
        self.program, self.work = program, work
        self.schemas = work / "schemas"
        self.schemas.mkdir(parents=True, exist_ok=True)
        for file in sorted((site / SCHEMAS / f"v{version}.0-local-strict").glob("*.json")):
            schema = json.loads(_REFERENCE.sub(r"\1\2", file.read_text()))
            schema.pop("$id", None)
            (self.schemas / file.name).write_text(json.dumps(schema))
        for file in BUNDLED.glob("*_*_*.json.gz"):
            group, release, kind = file.name.removesuffix(".json.gz").split("_")
            schema = json.loads(gzip.decompress(file.read_bytes()))["schema"]
            name = f"{kind}-{group.partition('.')[0]}-{release}.json"
            (self.schemas / name).write_text(json.dumps(schema))

    def reads(self, data: Object) -> bool:
        """Everything but constraints, whose schemas Gatekeeper makes in the cluster."""
        return not _constraint(data)

    def ask(self, objects: Mapping[str, Object]) -> set[Said]:
        """kubeconform of these objects."""
        folder = written(objects, self.work / "objects")
        location = f"{self.schemas}/{{{{ .ResourceKind }}}}{{{{ .KindSuffix }}}}.json"
        done = run(str(self.program), "-strict", "-output", "json", "-schema-location", location, str(folder))
        found = set()
        for one in json.loads(done.stdout or "{}").get("resources", ()):
            found.add(Said(f"{one['kind']} {one['name']}", one["msg"]))
        return found


class KubeLinter:
    """With all checks it has; those on by default are some of them.

    Without schema-validation: it is kubeconform, which has a column of its own, and fetches schemas from the internet.
    """

    def __init__(self, program: Path, work: Path) -> None:
        self.program, self.work = program, work
        folder = written({"": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}}, work / "none")
        default = json.loads(run(str(program), "lint", "--format", "json", str(folder)).stdout)
        self.default = {one["name"] for one in default["Checks"]}
        self._last: tuple[Mapping[str, Object], set[Said]] = ({}, set())

    def ask(self, objects: Mapping[str, Object]) -> set[Said]:
        """kube-linter of one environment."""
        if objects != self._last[0]:
            self._last = objects, self._ask(objects)
        return self._last[1]

    def _ask(self, objects: Mapping[str, Object]) -> set[Said]:
        folder = written(objects, self.work / "objects")
        done = run(str(self.program), "lint", "--format", "json", *ALL, str(folder))
        found = set()
        for one in json.loads(done.stdout or "{}").get("Reports") or ():
            about = one["Object"]["K8sObject"]
            message = f"{one['Check']}: {one['Diagnostic']['Message']}"
            found.add(Said(f"{about['GroupVersionKind']['Kind']} {about['Name']}", message))
        return found


class KubeLinterDefault:
    """What of it is on by default."""

    def __init__(self, every: KubeLinter) -> None:
        self.every = every

    def ask(self, objects: Mapping[str, Object]) -> set[Said]:
        """kube-linter of one environment."""
        return {one for one in self.every.ask(objects) if one.words.partition(":")[0] in self.every.default}


class Gator:
    """Gatekeeper with policies of its library; the objects of an environment are its inventory."""

    def __init__(self, program: Path, work: Path, library: Path, more: Sequence[Object]) -> None:
        self.program, self.work, self.more = program, work, more
        self.policies = work / "policies"
        self.policies.mkdir(parents=True, exist_ok=True)
        for name, parameters in POLICIES.items():
            template = yaml.safe_load((library / name / "template.yaml").read_text())
            kind = template["spec"]["crd"]["spec"]["names"]["kind"]
            constraint = {
                "apiVersion": "constraints.gatekeeper.sh/v1beta1",
                "kind": kind,
                "metadata": {"name": name.rpartition("/")[2]},
                "spec": {"parameters": parameters} if parameters else {},
            }
            text = "---\n".join(map(json.dumps, (template, constraint)))
            (self.policies / f"{kind.lower()}.yaml").write_text(text)
        (self.policies / "expansion.yaml").write_text(json.dumps(EXPANSION))

    def ask(self, objects: Mapping[str, Object]) -> set[Said]:
        """gator test of one environment, without the policies that it deploys."""
        others = {key: data for key, data in objects.items() if not _group(data).endswith("gatekeeper.sh")}
        folder = written({**others, **{str(at): one for at, one in enumerate(self.more)}}, self.work / "objects")
        return _gator(self.program, self.policies, folder)


class GatorOwn:
    """Gatekeeper with the policies that the tree itself deploys, parameters of the environment included."""

    def __init__(self, program: Path, work: Path) -> None:
        self.program, self.work = program, work

    def ask(self, objects: Mapping[str, Object]) -> set[Said]:
        """gator test of one environment together with what both share: the templates are there."""
        return _gator(self.program, written(objects, self.work / "objects"))


def _gator(program: Path, *folders: Path) -> set[Said]:
    done = run(str(program), "test", *(part for one in folders for part in ("-f", str(one))), "-o", "json")
    if not done.stdout.strip():
        return {Said("", line) for line in done.stderr.strip().split("\n") if line}
    return {
        Said(_title(one["violatingObject"]), f"{one['constraint']['kind']}: {one['msg']}")
        for one in json.loads(done.stdout) or ()
    }


POLICIES: dict[str, Object] = {
    "general/containerlimits": {"cpu": "8", "memory": "64Gi"},
    "general/containerrequests": {"cpu": "8", "memory": "64Gi"},
    "general/containerresourceratios": {"ratio": "20", "cpuRatio": "20"},
    "general/disallowedtags": {"tags": ["latest", "master", "main"]},
    "general/requiredprobes": {"probes": ["readinessProbe"], "probeTypes": ["tcpSocket", "httpGet", "exec"]},
    "general/allowedrepos": {
        "repos": ["docker.io/", "ghcr.io/", "quay.io/", "registry.example.com/", "registry.k8s.io/"],
    },
    "general/automount-serviceaccount-token": {},
    "general/externalip": {"allowedIPs": []},
    "general/horizontalpodautoscaler": {
        "minimumReplicaSpread": 1,
        "enforceScaleTargetRef": True,
        "ranges": [{"min_replicas": 1, "max_replicas": 50}],
    },
    "general/poddisruptionbudget": {},
    "general/storageclass": {"includeStorageClassesInMessage": True},
    "general/uniqueingresshost": {},
    "general/uniqueserviceselector": {},
    "general/httpsonly": {},
    "general/block-wildcard-ingress": {},
    "general/block-nodeport-services": {},
    "general/disallowanonymous": {"allowedRoles": []},
    "general/requiredlabels": {"labels": [{"key": "app.kubernetes.io/name"}, {"key": "environment"}]},
    "general/verifydeprecatedapi": {
        "kvs": [
            {
                "deprecatedAPI": "autoscaling/v2beta2",
                "kinds": ["HorizontalPodAutoscaler"],
                "targetAPI": "autoscaling/v2",
            },
            {"deprecatedAPI": "policy/v1beta1", "kinds": ["PodDisruptionBudget"], "targetAPI": "policy/v1"},
        ],
        "k8sVersion": 1.26,
    },
    "pod-security-policy/read-only-root-filesystem": {},
    "pod-security-policy/allow-privilege-escalation": {},
    "pod-security-policy/capabilities": {"requiredDropCapabilities": ["ALL"]},
    "pod-security-policy/host-network-ports": {"hostNetwork": False},
    "pod-security-policy/host-namespaces": {},
    "pod-security-policy/host-filesystem": {"allowedHostPaths": []},
    "pod-security-policy/privileged-containers": {},
    "pod-security-policy/forbidden-sysctls": {"forbiddenSysctls": ["*"]},
}
EXPANSION: Object = {
    "apiVersion": "expansion.gatekeeper.sh/v1beta1",
    "kind": "ExpansionTemplate",
    "metadata": {"name": "pods"},
    "spec": {
        "applyTo": [
            {"groups": ["apps"], "kinds": ["DaemonSet", "Deployment", "StatefulSet"], "versions": ["v1"]},
            {"groups": ["batch"], "kinds": ["Job"], "versions": ["v1"]},
        ],
        "templateSource": "spec.template",
        "generatedGVK": {"kind": "Pod", "group": "", "version": "v1"},
    },
}


class ApiServer:
    """``kubectl apply --server-side --dry-run=server`` on a real API server."""

    def __init__(self, plane: ControlPlane, crds: Iterable[Path]) -> None:
        self.plane = plane
        documents = [one for folder in crds for file in sorted(folder.rglob("*.yaml")) for one in _crds(file)]
        plane.install_crds(documents)

    def reads(self, data: Object) -> bool:
        """Everything but constraints, whose CustomResourceDefinitions Gatekeeper makes in the cluster."""
        return not _constraint(data)

    def ask(self, objects: Mapping[str, Object]) -> set[Said]:
        """The refusals."""
        documents = [of_object(data) for data in objects.values()]
        return {
            Said(f"{one.document.kind} {one.document.name}", one.answer.message)
            for one in dryrun.dry_run(self.plane, documents)
            if not one.accepted
        }


def _crds(file: Path) -> list[Any]:
    try:
        return [one for one in read_file(file) if one.kind == dryrun.CRD]
    except ValueError:
        return []


class Prometheus:
    """``promtool check rules`` and ``amtool check-config``."""

    def __init__(self, promtool: Path, amtool: Path, work: Path) -> None:
        self.promtool, self.amtool, self.work = promtool, amtool, work
        work.mkdir(parents=True, exist_ok=True)

    def reads(self, data: Object) -> bool:
        """Whether the object holds something for them."""
        return data.get("kind") == "PrometheusRule" or "alertmanager.yaml" in _template(data)

    def ask(self, objects: Mapping[str, Object]) -> set[Said]:
        """What they say of the rules and configurations in these objects."""
        found: set[Said] = set()
        for data in objects.values():
            if data.get("kind") == "PrometheusRule":
                (self.work / "rules.yaml").write_text(json.dumps(data["spec"]))
                done = run(str(self.promtool), "check", "rules", "rules.yaml", folder=self.work)
            elif "alertmanager.yaml" in _template(data):
                (self.work / "alertmanager.yaml").write_text(_template(data)["alertmanager.yaml"])
                done = run(str(self.amtool), "check-config", "alertmanager.yaml", folder=self.work)
            else:
                continue
            if done.returncode:
                found.add(Said(_title(data), (done.stderr + done.stdout).strip()))
        return found


def _template(data: Object) -> Mapping[str, str]:
    return (
        ((data.get("spec") or {}).get("template") or {}).get("data") or {} if data.get("kind") == "SealedSecret" else {}
    )


class Helm:
    """``helm lint`` and ``helm template`` of the Applications that read a changed file."""

    def __init__(self, program: Path, folder: Path) -> None:
        self.program, self.folder = program, folder

    def ask(self, calls: Sequence[Call]) -> set[Said]:
        """Errors and warnings of both."""
        found: set[Said] = set()
        for call in calls:
            values = [part for file in call.files for part in ("-f", file)]
            values += ["--kube-version", "1.36.0"]
            linted = run(str(self.program), "lint", call.chart, "-n", call.namespace, *values, folder=self.folder)
            made = run(
                str(self.program), "template", call.name, call.chart, "-n", call.namespace, *values, folder=self.folder
            )
            lines = [line for line in linted.stdout.split("\n") if line.startswith(("[ERROR]", "[WARNING]"))]
            lines += [made.stderr.strip()] if made.returncode else []
            found.update(Said(call.name, line) for line in lines if "walk.go" not in line)
        return found
