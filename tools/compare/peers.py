"""The other tools: how each is called, and what it says of objects."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from compare.mutants import Call, Object, written
from controlplane import dryrun
from controlplane.documents import Document, of_object, read_file
from controlplane.driver import ControlPlane

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


def title(data: Mapping[str, Any]) -> str:
    return f"{data.get('kind')} {(data.get('metadata') or {}).get('name')}"


def group(data: Object) -> str:
    return str(data.get("apiVersion", "")).partition("/")[0]


def _constraint(data: Object) -> bool:
    return group(data) == "constraints.gatekeeper.sh"


class Kubeconform:
    """Schemas: those of Kubernetes from the package kubernetes-validate, those of CRDs as presync bundles them."""

    def __init__(self, program: Path, work: Path, version: str) -> None:
        self.program, self.work = program, work
        self.schemas = work / "schemas"
        self.schemas.mkdir(parents=True, exist_ok=True)
        package = Path(str(resources.files("kubernetes_validate"))) / "kubernetes-json-schema"
        for file in sorted((package / f"v{version}.0-local-strict").glob("*.json")):
            schema = json.loads(_REFERENCE.sub(r"\1\2", file.read_text()))
            schema.pop("$id", None)
            (self.schemas / file.name).write_text(json.dumps(schema))
        for file in BUNDLED.glob("*_*_*.json.gz"):
            group, release, kind = file.name.removesuffix(".json.gz").split("_")
            schema = json.loads(gzip.decompress(file.read_bytes()))["schema"]
            name = f"{kind}-{group.partition('.')[0]}-{release}.json"
            (self.schemas / name).write_text(json.dumps(schema))

    def reads(self, data: Object) -> bool:
        """Everything but constraints, whose schemas Gatekeeper makes in the cluster, and our own FeatureSets."""
        return not _constraint(data) and data.get("kind") != "FeatureSet"

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
        self._said: dict[int, set[Said]] = {}

    def ask(self, objects: Mapping[str, Object]) -> set[Said]:
        """kube-linter of one environment."""
        key = hash(json.dumps(objects, sort_keys=True))
        if key not in self._said:
            self._said[key] = self._ask(objects)
        return self._said[key]

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
        try:
            return self._refused(documents)
        except OSError:  # a request that is too large: the server hangs up in the middle of it
            return set().union(*map(self._alone, documents))

    def _refused(self, documents: Sequence[Document]) -> set[Said]:
        return {
            Said(f"{one.document.kind} {one.document.name}", one.answer.message)
            for one in dryrun.dry_run(self.plane, documents)
            if not one.accepted
        }

    def _alone(self, document: Document) -> set[Said]:
        try:
            return self._refused([document])
        except OSError:
            size = len(document.text.encode())
            return {Said(f"{document.kind} {document.name}", f"the server closes the connection: {size:,} bytes")}


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
                found.add(Said(title(data), (done.stderr + done.stdout).strip()))
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
