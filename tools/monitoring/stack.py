"""An API server that holds everything both environments render, and the real operator that reads it."""

from __future__ import annotations

import base64
import contextlib
import functools
import gzip
import json
import shlex
import shutil
import urllib.parse
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from controlplane import build, instance
from controlplane.api import Client
from controlplane.components import KUBERNETES
from controlplane.documents import read_file
from controlplane.hosted import Hosted
from controlplane.programs import Module
from monitoring import programs
from monitoring.tree import App, Object, opened

OPERATOR_PORT, FIRST_EXPORTER_PORT = 18080, 18100
_ACCOUNT = "/run/secrets/kubernetes.io/serviceaccount"
MONITORING = "monitoring.coreos.com/v1"


class StackError(Exception):
    """The API server refused something, or the operator did not do in time what was waited for."""


def unavailable() -> str | None:
    """Why it cannot run here, or None."""
    reason = instance.unavailable(kube_only=True)
    if reason is not None:
        return reason
    unbuilt = build.missing(programs.ALL)
    if unbuilt:
        go = "`make monitoring` builds them" if shutil.which("go") else "and Go, which builds them, is not installed"
        return f"programs are not built ({', '.join(unbuilt)}); {go}"
    return None


def program(module: Module, name: str) -> str:
    """The path of a program."""
    return str(build.folder_of(module) / "bin" / name)


class Stack(Hosted):
    """A running instance."""

    failure = StackError

    def __init__(self, root: Path, apps: Iterable[App]) -> None:
        super().__init__()
        self.root = root
        self.apps = list(apps)
        self._ports = FIRST_EXPORTER_PORT

    def _unavailable(self) -> str | None:
        return unavailable()

    def _begin(self) -> None:
        self._fill()
        self._start_operator()
        self.wait_for_configuration()

    # -- what is in it

    @property
    def environments(self) -> list[str]:
        """Those that have a Prometheus."""
        return sorted({app.environment for app in self.apps if self._objects(app, "Prometheus")})

    @staticmethod
    def _objects(app: App, *kinds: str) -> list[Object]:
        return [one for one in app.objects if one["kind"] in kinds]

    def objects(self, environment: str, *kinds: str) -> list[Object]:
        """The objects of some kinds that an environment renders, with their namespaces."""
        found = []
        for app in self.apps:
            if app.environment == environment:
                for one in self._objects(app, *kinds):
                    metadata = {"namespace": app.namespace, **one["metadata"]}
                    found.append({**one, "metadata": metadata})
        return found

    def monitoring_namespace(self, environment: str) -> str:
        """Where the environment's Prometheus is."""
        [one] = self.objects(environment, "Prometheus")
        return str(one["metadata"]["namespace"])

    def _fill(self) -> None:
        operator = build.folder_of(programs.OPERATOR)
        crds = [*(operator / "crds").glob("*.yaml"), *(self.root / "bootstrap" / "crds").glob("*.yaml")]
        self.plane.install_crds(document for file in sorted(crds) for document in read_file(file))
        namespaces = {app.namespace: app.labels for app in self.apps if app.labels}
        for name in ("argocd", "cert-manager"):
            namespaces.setdefault(name, {})
        for name, labels in sorted(namespaces.items()):
            self.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": dict(labels)}})
        for file in sorted((operator / "rbac").glob("*.yaml")):
            for document in read_file(file):
                if document.kind in {"ClusterRole", "ClusterRoleBinding", "ServiceAccount"}:
                    self.send(document, "default")
        for file in sorted((self.root / "bootstrap" / "monitoring").glob("*.yaml")):
            for document in read_file(file):
                self.send(document)
        for name in sorted(self._storage_classes()):
            # The operator refuses a claim of a class that is not there.
            kind = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "provisioner": "none.example.com"}
            self.apply({**kind, "metadata": {"name": name}})
        for app in self.apps:
            for one in app.objects:
                if ".gatekeeper.sh/" in one["apiVersion"]:
                    continue  # Gatekeeper is not here, and nothing here asks it
                value = opened(one) if one["kind"] == "SealedSecret" else one
                self.apply(value, app.namespace)

    def _storage_classes(self) -> set[str]:
        """Those that the objects name."""
        found: set[str] = set()

        def look(value: Any) -> None:
            if isinstance(value, dict):
                name = value.get("storageClassName")
                if isinstance(name, str) and name:
                    found.add(name)
                for one in value.values():
                    look(one)
            elif isinstance(value, list):
                for one in value:
                    look(one)

        for app in self.apps:
            look(list(app.objects))
        return found

    # -- programs

    def start(self, name: str, command: list[str], namespace: str, account: str) -> None:
        """Start a program as if it ran in a Pod: the token and the address of the API server where a Pod has them."""
        folder = self.plane.folder / "accounts" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "token").write_text(self.token(namespace, account), encoding="ascii")
        (folder / "namespace").write_text(namespace, encoding="ascii")
        shutil.copyfile(self.plane.folder / "pki" / "ca.crt", folder / "ca.crt")
        # Mounts of its own: nothing of it is left in the machine's /run.
        script = (
            "mount --make-rprivate / && mount -t tmpfs tmpfs /run && "
            f"mkdir -p {_ACCOUNT} && mount --bind {shlex.quote(str(folder))} {_ACCOUNT} && exec {shlex.join(command)}"
        )
        environment = {
            **self.plane.parts.environment(),
            "KUBERNETES_SERVICE_HOST": "127.0.0.1",
            "KUBERNETES_SERVICE_PORT": str(KUBERNETES),
            "KUBECONFIG": "",
        }
        self.plane.sandbox.start(name, ["unshare", "--mount", "sh", "-c", script], environment)

    def client(self, port: int) -> Client:
        """HTTP to a port inside."""
        return Client(self.plane.sandbox.connect, port)

    def _start_operator(self) -> None:
        namespaces = ",".join(sorted(self.monitoring_namespace(one) for one in self.environments))
        command = [
            program(programs.OPERATOR, "operator"),
            f"--web.listen-address=127.0.0.1:{OPERATOR_PORT}",
            "--localhost=127.0.0.1",
            f"--prometheus-instance-namespaces={namespaces}",
            f"--alertmanager-instance-namespaces={namespaces}",
            f"--thanos-ruler-instance-namespaces={namespaces}",
        ]
        self.start("prometheus-operator", command, "default", "prometheus-operator")

    def exporter(self, environment: str) -> Client:
        """The environment's kube-state-metrics, with the arguments and the rights that its manifests give it."""
        namespace = self.monitoring_namespace(environment)
        [one] = [
            found
            for found in self.objects(environment, "Deployment")
            if found["metadata"]["name"] == "kube-state-metrics"
        ]
        spec = one["spec"]["template"]["spec"]
        port, telemetry = self._ports, self._ports + 1
        self._ports += 2
        given = [word for word in spec["containers"][0]["args"] if "port=" not in word]
        own = ["--host=127.0.0.1", f"--port={port}", "--telemetry-host=127.0.0.1", f"--telemetry-port={telemetry}"]
        command = [program(programs.KUBE_STATE_METRICS, "kube-state-metrics"), *given, *own]
        name = f"kube-state-metrics-{environment}"
        self.start(name, command, namespace, spec["serviceAccountName"])
        client = self.client(port)
        self.plane.wait(lambda: client.answers("/metrics"), name, 60)
        return client

    def prometheus(self, environment: str, binary: str, account: str = "") -> tuple[str, Client]:
        """A Prometheus with the configuration and rules the operator made for an environment; its name, and its API.

        It looks for targets with the rights of the environment's own, or of another `namespace:name`.
        """
        port = self._ports
        self._ports += 1
        name = f"prometheus-{environment}-{port}"
        folder = self.plane.folder / name
        (folder / "rules").mkdir(parents=True)
        for file, text in self.rule_files(environment).items():
            (folder / "rules" / file).write_text(text, encoding="utf-8")
        config = {**self.prometheus_configuration(environment), "rule_files": [f"{folder}/rules/*.yaml"]}
        # What the reloader beside it would fill in.
        text = yaml.safe_dump(config).replace("$(SHARD)", "0").replace("$(POD_NAME)", "prometheus-main-0")
        (folder / "prometheus.yaml").write_text(text, encoding="utf-8")
        where = [f"--config.file={folder}/prometheus.yaml", f"--storage.tsdb.path={folder}/data"]
        namespace, _, user = (account or f"{self.monitoring_namespace(environment)}:prometheus").partition(":")
        self.start(name, [binary, *where, f"--web.listen-address=127.0.0.1:{port}"], namespace, user)
        client = self.client(port)
        self.plane.wait(lambda: client.answers("/-/ready"), name, 60)
        return name, client

    # -- what the operator makes of it

    def wait_for_configuration(self, seconds: float = 120) -> None:
        """Until every environment has its configuration, its rules and its StatefulSets."""
        for environment in self.environments:
            namespace = self.monitoring_namespace(environment)
            wanted = [
                ("v1", "Secret", "prometheus-main"),
                ("v1", "ConfigMap", "prometheus-main-rulefiles-0"),
                ("v1", "Secret", "alertmanager-main-generated"),
                ("apps/v1", "StatefulSet", "prometheus-main"),
                ("apps/v1", "StatefulSet", "alertmanager-main"),
            ]
            for version, kind, name in wanted:
                found = functools.partial(self.plane.kubernetes.read, version, kind, name, namespace)
                try:
                    self.plane.wait(found, f"{kind} {namespace}/{name}", seconds)
                except instance.ControlPlaneError as error:
                    complaints = "; ".join(self.rejections()) or self.plane.sandbox.log_end("prometheus-operator")
                    raise StackError(f"{error}: {complaints}") from error
        # What it says of an object it has half read is not its last word; what it says after that is.
        with contextlib.suppress(instance.ControlPlaneError):
            self.plane.wait(lambda: not self.rejections(), "the operator to be done", 15)

    def _read(self, version: str, kind: str, name: str, environment: str) -> Object:
        found = self.plane.kubernetes.read(version, kind, name, self.monitoring_namespace(environment))
        if found is None:
            raise StackError(f"{environment} has no {kind} {name}")
        return found

    def prometheus_configuration(self, environment: str) -> Object:
        """The prometheus.yaml that the operator generated."""
        secret = self._read("v1", "Secret", "prometheus-main", environment)
        text = gzip.decompress(base64.b64decode(secret["data"]["prometheus.yaml.gz"]))
        parsed: Object = yaml.safe_load(text)
        return parsed

    def alertmanager_files(self, environment: str) -> dict[str, str]:
        """What is mounted at /etc/alertmanager/config."""
        secret = self._read("v1", "Secret", "alertmanager-main-generated", environment)
        files = {name: base64.b64decode(value) for name, value in secret["data"].items()}
        packed = files.pop("alertmanager.yaml.gz")
        texts = {name: value.decode() for name, value in files.items()}
        return {**texts, "alertmanager.yaml": gzip.decompress(packed).decode()}

    def rule_files(self, environment: str) -> dict[str, str]:
        """The rule files Prometheus reads."""
        namespace = self.monitoring_namespace(environment)
        found: dict[str, str] = {}
        for one in self.plane.kubernetes.list("v1", "ConfigMap", namespace):
            if one["metadata"]["name"].startswith("prometheus-main-rulefiles-"):
                found.update(one.get("data") or {})
        return found

    def rejections(self) -> list[str]:
        """What the operator complained about, in its own words."""
        events = self.plane.kubernetes.list("events.k8s.io/v1", "Event")
        ours = [one for one in events if str(one["regarding"].get("apiVersion", "")).startswith("monitoring.")]
        said = [one for one in ours if one.get("type") == "Warning"]
        found = [f"{one['regarding']['kind']} {one['regarding']['name']}: {one.get('note', '')}" for one in said]
        for kind in ("Prometheus", "Alertmanager"):
            for one in self.plane.kubernetes.list(MONITORING, kind):
                for condition in (one.get("status") or {}).get("conditions") or []:
                    if condition["type"] == "Reconciled" and condition["status"] != "True":
                        found.append(f"{kind} {one['metadata']['namespace']}: {condition.get('message', '')}")
        return found

    def may(self, account: str, verb: str, resource: str, namespace: str = "", group: str = "") -> bool:
        """What the API server answers about the rights of a ServiceAccount (`namespace:name`)."""
        name, _, subresource = resource.partition("/")
        what = {"resource": name, "subresource": subresource, "group": group}
        body = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": {
                "user": f"system:serviceaccount:{account}",
                "resourceAttributes": {**what, "verb": verb, "namespace": namespace},
            },
        }
        path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
        answer = self.plane.kubernetes.client.request("POST", path, json.dumps(body).encode())
        return bool(answer.value.get("status", {}).get("allowed"))

    def pods_refused(self, environment: str) -> list[str]:
        """Workloads of the environment, the operator's too, whose Pod the namespace's Pod Security level refuses."""
        refused = []
        spaces = {app.namespace for app in self.apps if app.environment == environment}
        for kind in ("Deployment", "StatefulSet", "DaemonSet"):
            for one in self.plane.kubernetes.list("apps/v1", kind):
                namespace, name = one["metadata"]["namespace"], one["metadata"]["name"]
                if namespace not in spaces:
                    continue
                template = one["spec"]["template"]
                pod = {
                    "apiVersion": "v1",
                    "kind": "Pod",
                    "metadata": {"name": f"{name}-tried"[:63], "labels": template["metadata"].get("labels", {})},
                    "spec": _without_claims(template["spec"], one["spec"].get("volumeClaimTemplates") or []),
                }
                path = f"/api/v1/namespaces/{urllib.parse.quote(namespace)}/pods?dryRun=All"
                answer = self.plane.kubernetes.client.request("POST", path, json.dumps(pod).encode())
                if not answer.ok:
                    refused.append(f"{kind} {namespace}/{name}: {answer.message}")
        return refused

    @contextlib.contextmanager
    def planted(self, value: Object) -> Iterator[None]:
        """With one more object in the cluster, as long as it lasts."""
        self.apply(value)
        metadata = value["metadata"]
        try:
            yield
        finally:
            resource = self.plane.kubernetes.resource(value["apiVersion"], value["kind"])
            if resource is not None:
                # Without a policy: nobody runs here who would take a finalizer off again.
                self.plane.kubernetes.client.request("DELETE", resource.path(metadata["namespace"], metadata["name"]))


def _without_claims(spec: dict[str, Any], claims: list[Object]) -> dict[str, Any]:
    """The controller would add a volume for each claim template; so is it done here."""
    volumes = [{"name": one["metadata"]["name"], "emptyDir": {}} for one in claims]
    return {**spec, "volumes": [*(spec.get("volumes") or []), *volumes]}
