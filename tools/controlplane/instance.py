"""The life of one control plane: its programs are started in order, watched while somebody waits, and ended."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import ssl
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import yaml

from controlplane import build, components, pki, programs, sandbox
from controlplane.api import ApiError, Client, Kubernetes
from controlplane.components import NAMESPACE, Components
from controlplane.documents import Document
from controlplane.sandbox import Sandbox

T = TypeVar("T")

ARGO = "argoproj.io/v1alpha1"
_START_SECONDS = 90.0
_TEMPORARY = "controlplane-"
_MARKER = "instance"
_FORGOTTEN_SECONDS = 3600
_COMMANDS = ("redis-server", "git", "openssl")
_ARGOCD_ONLY = ("redis-server", "git")

DEFAULT_PROJECT = {
    "apiVersion": ARGO,
    "kind": "AppProject",
    "metadata": {"name": "default", "namespace": NAMESPACE},
    "spec": {
        "sourceRepos": ["*"],
        "destinations": [{"namespace": "*", "server": "*"}],
        "clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
    },
}
NODE = {
    "apiVersion": "v1",
    "kind": "Node",
    "metadata": {
        "name": "node",
        "labels": {"kubernetes.io/hostname": "node", "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"},
    },
    "status": {
        "allocatable": {"cpu": "64", "memory": "256Gi", "ephemeral-storage": "1Ti", "pods": "500"},
        "capacity": {"cpu": "64", "memory": "256Gi", "ephemeral-storage": "1Ti", "pods": "500"},
    },
}
#: A Pod with this label stays pending for ever, as one whose image does not exist.
NEVER_READY = "controlplane/never-ready"


class ControlPlaneError(Exception):
    """It could not be started, or did not do in time what was waited for."""


class Refused(ControlPlaneError):
    """The API server or Argo CD refused, with their own words."""


def unavailable(kube_only: bool = False) -> str | None:
    """Why the control plane (or its API server alone) cannot run here, or None."""
    absent = [name for name in _COMMANDS if shutil.which(name) is None and not (kube_only and name in _ARGOCD_ONLY)]
    if absent:
        return f"not installed: {', '.join(absent)}"
    reason = sandbox.unavailable()
    if reason is not None:
        return reason
    unbuilt = build.missing(programs.KUBE_ONLY if kube_only else programs.ALL)
    if unbuilt:
        go = "`make controlplane` builds them" if shutil.which("go") else "and Go, which builds them, is not installed"
        return f"programs are not built ({', '.join(unbuilt)}); {go}"
    return None


def _sweep() -> None:
    """Remove the temporary folders of instances whose owner was killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_TEMPORARY}*"):
        marker = folder / _MARKER
        forgotten = marker.is_file() and time.time() - marker.stat().st_mtime > _FORGOTTEN_SECONDS
        if forgotten and not Sandbox(folder).attach():
            shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class Options:
    """What an instance is started with."""

    #: Pods get a node and become ready, claims get a volume.
    nodes: bool = False
    #: The API server alone, for dry runs.
    kube_only: bool = False
    #: False leaves every Application as it is: it is compared and rendered, nothing is applied.
    sync: bool = True
    #: It stays when this process ends.
    detached: bool = False
    #: Seconds after which Argo CD looks again by itself (`refresh` makes it look at once); 120 is its own default.
    reconcile: int = 120
    #: Entries of the ConfigMap argocd-cm.
    settings: Mapping[str, str] = field(default_factory=dict)


class Instance:
    """One instance. As a context manager it is stopped at the end, whatever happens in between."""

    def __init__(self, folder: Path | None = None) -> None:
        self._temporary = folder is None
        self._ours = False
        self.folder = (folder or Path(tempfile.gettempdir()) / f"{_TEMPORARY}{secrets.token_hex(4)}").resolve()
        self.sandbox = Sandbox(self.folder)
        self.parts = Components(self.folder)
        self._environment = self.parts.environment()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # -- its life

    def start(self, nodes: bool = False, kube_only: bool = False, **more: Any) -> Self:
        """Start it with these `Options`; when this returns, every part answers."""
        options = Options(nodes, kube_only, **more)
        reason = unavailable(kube_only)
        if reason is not None:
            raise ControlPlaneError(reason)
        if Sandbox(self.folder).attach():
            raise ControlPlaneError(f"an instance already runs in {self.folder}")
        self._make_folder()
        self._ours = True
        if self._temporary:
            _sweep()
        try:
            self._start(options)
        except BaseException:
            self.stop()
            raise
        return self

    def attach(self) -> Self:
        """Use the instance that was started in this folder; `stop` then ends it."""
        if not self.sandbox.attach():
            raise ControlPlaneError(f"no instance runs in {self.folder}")
        self._ours, self._temporary = True, False
        return self

    def stop(self) -> None:
        """End every process of it, if this object started or attached it; a temporary folder goes too."""
        if not self._ours:
            return
        self._ours = False
        self.sandbox.close()
        if self._temporary:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _make_folder(self) -> None:
        marker = self.folder / _MARKER
        if self.folder.exists():
            if not marker.exists() and any(self.folder.iterdir()):
                raise ControlPlaneError(f"{self.folder} is not empty and holds no earlier instance")
            shutil.rmtree(self.folder)
        self.folder.mkdir(parents=True, mode=0o700)
        marker.touch()

    def _start(self, options: Options) -> None:
        self.parts.prepare(secrets.token_hex(24))
        with ThreadPoolExecutor(8, thread_name_prefix="start") as pool:
            try:
                self._start_programs(options, pool)
            except BaseException:
                # Whoever still waits in the pool gives up at once.
                self.sandbox.close()
                raise

    def _start_programs(self, options: Options, pool: ThreadPoolExecutor) -> None:
        keys = pool.submit(self._make_keys)
        self.sandbox.open(detached=options.detached)
        self._run("etcd", self.parts.etcd())
        keys.result()
        self._run("kube-apiserver", self.parts.kube_apiserver(lenient=options.kube_only))
        if options.kube_only:
            self._when("the API server", self._accepts_namespaces)
            return
        self._run("redis", self.parts.redis())
        self._run("gitserve", self.parts.gitserve(), PYTHONPATH=str(Path(__file__).resolve().parents[1]))
        # What a branch means is remembered for a second, not for minutes: a push is seen at once.
        self._run("argocd-repo-server", self.parts.repo_server(), ARGOCD_RECONCILIATION_TIMEOUT="1s")
        self._start_argocd(options, pool)
        # Needed only when something is synced, so it starts while the others do their work already.
        self._run("kube-controller-manager", self.parts.kube_controller_manager())
        if options.nodes:
            self._start_nodes()
        list(pool.map(self._healthy, self._health_checks().items()))

    def _start_argocd(self, options: Options, pool: ThreadPoolExecutor) -> None:
        """Each controller as soon as the kinds it watches are served: the CRD of ApplicationSets takes seconds."""
        crds = self._argocd_crds()
        self._when("the API server", self._accepts_namespaces)
        created = [pool.submit(self.kubernetes.create, crd) for crd in crds]
        configured = pool.submit(self._configure, options.settings)
        self._when("Argo CD's kinds", lambda: self.kubernetes.serves(ARGO, "Application", "AppProject"))
        self._when("Argo CD's project", self._default_project)
        configured.result()
        pace = {"ARGOCD_RECONCILIATION_TIMEOUT": f"{options.reconcile}s", "ARGOCD_RECONCILIATION_JITTER": "0s"}
        self._run("argocd-application-controller", self.parts.application_controller(sync=options.sync), **pace)
        self._run("argocd-server", self.parts.server(), **pace)
        for crd in created:
            crd.result()
        self._when("Argo CD's kinds", lambda: self.kubernetes.serves(ARGO, "ApplicationSet"))
        self._run("argocd-applicationset-controller", self.parts.applicationset_controller(), **pace)

    def _make_keys(self) -> None:
        pki.authority(self.parts.pki)
        pki.signing_key(self.parts.pki)
        pki.certificate(self.parts.pki, "apiserver", ["IP:127.0.0.1", "DNS:localhost", "DNS:kubernetes.default.svc"])

    def _run(self, name: str, command: Sequence[str], **more: str) -> None:
        self.sandbox.start(name, command, {**self._environment, **more})

    def _accepts_namespaces(self) -> bool:
        try:
            for name in ("default", NAMESPACE):
                value = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
                self.kubernetes.create(value)
        except (OSError, ApiError):
            return False
        return True

    @staticmethod
    def _argocd_crds() -> list[dict[str, Any]]:
        """As objects: the API server reads JSON twice as fast as these files' YAML, and it is busy enough."""
        files = (build.folder_of(programs.ARGOCD) / "crds").glob("*.yaml")
        loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        return [yaml.load(file.read_bytes(), Loader=loader) for file in files]  # noqa: S506 - a safe loader

    def _default_project(self) -> bool:
        try:
            return self.kubernetes.create(DEFAULT_PROJECT, NAMESPACE).status > 0
        except ApiError:
            return False

    def _configure(self, settings: Mapping[str, str]) -> None:
        for file in sorted((build.folder_of(programs.ARGOCD) / "config").glob("*.yaml")):
            value: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
            name = value["metadata"]["name"]
            if name == "argocd-secret":
                value["stringData"] = {"server.secretkey": secrets.token_urlsafe(32)}
            if name == "argocd-cm":
                value["data"] = {**value["data"], "url": f"http://127.0.0.1:{components.ARGOCD}", **settings}
            self.kubernetes.create(value, NAMESPACE)

    def _start_nodes(self) -> None:
        stages: list[Any] = []
        for file in sorted((build.folder_of(programs.KWOK) / "stages").glob("*.yaml")):
            stages.extend(yaml.safe_load_all(file.read_text(encoding="utf-8")))
        for stage in stages:
            if stage["metadata"]["name"] == "pod-ready":
                unless = {"key": f'.metadata.labels["{NEVER_READY}"]', "operator": "DoesNotExist"}
                stage["spec"]["selector"]["matchExpressions"].append(unless)
        (self.folder / "stages.yaml").write_text(yaml.safe_dump_all(stages), encoding="utf-8")
        self._run("kube-scheduler", self.parts.kube_scheduler())
        self._run("kwok", self.parts.kwok())
        self.kubernetes.create(NODE)
        for file in (build.folder_of(programs.KWOK) / "storage").glob("*.yaml"):
            self.kubernetes.create(yaml.safe_load(file.read_text(encoding="utf-8")))

    @staticmethod
    def _health_checks() -> dict[str, tuple[int, str]]:
        return {
            "argocd-repo-server": (components.REPO_METRICS, "/healthz"),
            "argocd-application-controller": (components.CONTROLLER_METRICS, "/healthz"),
            # Its own health port answers 404.
            "argocd-applicationset-controller": (components.SETS_METRICS, "/metrics"),
            "argocd-server": (components.ARGOCD, "/healthz"),
        }

    def _healthy(self, check: tuple[str, tuple[int, str]]) -> None:
        name, (port, path) = check
        client = Client(self.sandbox.connect, port)
        self._when(name, lambda: client.answers(path))

    def _when(self, what: str, condition: Callable[[], T]) -> T:
        return self.wait(condition, what, _START_SECONDS, every=0.05)

    # -- talking to it

    @property
    def kubernetes(self) -> Kubernetes:
        """The API server."""
        made: Kubernetes | None = self.__dict__.get("_kubernetes")
        if made is None:
            token = (self.parts.pki / "tokens.csv").read_text(encoding="ascii").split(",")[0]
            tls = ssl.create_default_context(cafile=str(self.parts.pki / "ca.crt"))
            made = Kubernetes(Client(self.sandbox.connect, components.KUBERNETES, tls, token))
            self.__dict__["_kubernetes"] = made
        return made

    @property
    def argocd(self) -> Client:
        """Argo CD's own API."""
        made: Client | None = self.__dict__.get("_argocd")
        if made is None:
            made = self.__dict__["_argocd"] = Client(self.sandbox.connect, components.ARGOCD)
        return made

    def wait(self, condition: Callable[[], T], what: str, seconds: float = 60, every: float = 0.2) -> T:
        """The first result of `condition` that counts as true, or ControlPlaneError after `seconds`."""
        deadline = time.monotonic() + seconds
        while True:
            asked = time.monotonic()
            result = condition()
            if result:
                return result
            if not self.sandbox.alive:
                raise ControlPlaneError(f"waiting for {what}: the instance was stopped")
            ended = [name for name, process in self.sandbox.processes().items() if process is None]
            if ended:
                log = "\n".join(f"{name}: {self.sandbox.log_end(name)}" for name in ended)
                raise ControlPlaneError(f"waiting for {what}: {', '.join(ended)} ended\n{log}")
            if time.monotonic() > deadline:
                raise ControlPlaneError(f"waited {seconds:.0f} s for {what}")
            # A question that takes long is asked less often: the answer should not be delayed by the asking.
            time.sleep(max(every, 2 * (time.monotonic() - asked)))

    def run(self, command: Sequence[str], seconds: float = 60, text: str = "") -> str:
        """Standard output of `kubectl`, `argocd` or another command, run inside."""
        answer = self.sandbox.run(command, self._environment, seconds, text)
        if answer.returncode:
            raise Refused(answer.stderr.strip() or answer.stdout.strip())
        return answer.stdout

    def shell(self, command: Sequence[str], folder: Path) -> int:
        """A command, or the user's shell, on this terminal."""
        inside = {"HOME", "TMPDIR", "LANG"}
        own = {name: value for name, value in self._environment.items() if name not in inside}
        proxies = {name for name in os.environ if name.lower().endswith("_proxy")}
        kept = {name: value for name, value in os.environ.items() if name not in proxies}
        return self.sandbox.interactive(
            command or [os.environ.get("SHELL", "sh")], {**kept, **own, "CONTROLPLANE": str(self.folder)}, folder
        )

    def install_crds(self, crds: Iterable[Document], seconds: float = 60) -> None:
        """Apply CustomResourceDefinitions and wait until the kinds they define are served."""
        with ThreadPoolExecutor(6, thread_name_prefix="crd") as pool:
            sent = [(document, pool.submit(self.kubernetes.send, document, "", strict=False)) for document in crds]
            answers = [(document, future.result()) for document, future in sent]
        expected: dict[str, set[str]] = {}
        for document, answer in answers:
            if not answer.ok:
                raise Refused(f"{document.place}: {document.title}: {answer.message}")
            spec = answer.value["spec"]
            for version in (entry["name"] for entry in spec["versions"] if entry.get("served")):
                expected.setdefault(f"{spec['group']}/{version}", set()).add(spec["names"]["kind"])

        def arrived() -> bool:
            return all(self.kubernetes.serves(version, *kinds) for version, kinds in expected.items())

        self.wait(arrived, "the kinds of the CustomResourceDefinitions", seconds, every=0.1)

    # -- what can be seen of it

    def status(self) -> dict[str, Any]:
        """Its processes with their memory, and what it serves."""
        found = {}
        for name, process in self.sandbox.processes().items():
            # The number written down is the one that entered the sandbox; the program is its child.
            memory = sum(map(sandbox.resident_bytes, process.family())) if process else 0
            found[name] = {"pid": process.pid if process else None, "megabytes": round(memory / 1e6)}
        served: dict[str, str] = json.loads(self.parts.served.read_text(encoding="utf-8"))
        return {
            "running": self.sandbox.alive,
            "folder": str(self.folder),
            "versions": {module.name: module.version for module in programs.ALL},
            "processes": found,
            "served": served,
        }
