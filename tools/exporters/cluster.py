"""Names from a real API server and the programs that talk to it (tools/controlplane), and from their documentation."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

from controlplane import components, programs
from controlplane.api import Client
from controlplane.driver import ControlPlane
from controlplane.instance import unavailable
from exporters import exposition
from exporters.exposition import Families, Family
from exporters.processes import Unavailable, program
from exporters.sources import ksm_documented, own, table_rows
from exporters.tables import Read

KSM_MODULE, KUBERNETES_MODULE = "k8s.io/kube-state-metrics/v2", "k8s.io/kubernetes"
ARGOCD_MODULE, CADVISOR_MODULE = "github.com/argoproj/argo-cd/v3", "github.com/google/cadvisor"
_GO_NAME = re.compile(r'name:\s+"((?:container|machine)_[a-z0-9_]+)"')
_METRIC_WORD = re.compile(r"`(argocd_[a-z0-9_]+|grpc_[a-z0-9_]+)`")
# Labels that the kubelet gives to every series of cAdvisor (pkg/kubelet/server, containerPrometheusLabelsFunc).
CADVISOR_LABELS = {"container", "id", "image", "name", "namespace", "pod"}
APPLICATION = """
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: example, namespace: argocd}
spec:
  project: default
  source: {repoURL: https://git.example.com/example.git, path: ., targetRevision: HEAD}
  destination: {server: https://kubernetes.default.svc, namespace: default}
  syncPolicy: {automated: {}}
"""
SETS = """
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: examples, namespace: argocd}
spec:
  generators: [{list: {elements: [{name: other}]}}]
  template:
    metadata: {name: '{{name}}'}
    spec:
      project: default
      source: {repoURL: https://git.example.com/example.git, path: ., targetRevision: HEAD}
      destination: {server: https://kubernetes.default.svc, namespace: default}
"""
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: example}\ndata: {a: b}\n"


def module(path: str, version: str) -> Path:
    """The folder of a Go module; Go downloads it when it is not there.

    Raises:
        Unavailable: without Go, or without the module.
    """
    with tempfile.TemporaryDirectory() as empty:
        command = ["go", "mod", "download", "-json", f"{path}@{version}"]
        Path(empty, "go.mod").write_text("module empty\n", encoding="utf-8")
        try:
            answer = subprocess.run(command, cwd=empty, capture_output=True, text=True, check=False, timeout=600)
        except FileNotFoundError:
            raise Unavailable("Go is not installed") from None
    data: dict[str, Any] = json.loads(answer.stdout or "{}")
    if not data.get("Dir"):
        raise Unavailable(f"{path}@{version}: {data.get('Error') or answer.stderr}")
    return Path(data["Dir"])


def pinned(name: str) -> str:
    """The version of a module that the control plane is built from."""
    return next(one.version for one in programs.ALL if one.name == name)


def _started(kube_only: bool) -> ControlPlane:
    reason = unavailable(kube_only)
    if reason:
        raise Unavailable(reason)
    return ControlPlane()


def _scrape(plane: ControlPlane, number: int, path: str = "/metrics") -> Families:
    answer = Client(plane.sandbox.connect, number).request("GET", path)
    return own(exposition.read(answer.body.decode("utf-8", "replace")))


def kube_state_metrics(folder: Path) -> Read:
    """Every family it has, from the program; the labels, from its documentation of the same version."""
    binary = program("kube-state-metrics")
    with _started(kube_only=True) as plane:
        plane.start(kube_only=True)
        command = [binary, f"--kubeconfig={plane.parts.kubeconfig}", "--host=127.0.0.1", "--port=18085"]
        plane.sandbox.start(
            "kube-state-metrics", [*command, "--telemetry-host=127.0.0.1", "--telemetry-port=18086"], {}
        )
        plane.wait(lambda: _answers(plane, 18085), "kube-state-metrics", seconds=60)
        time.sleep(3)
        found, itself = _scrape(plane, 18085), _scrape(plane, 18086)
    version = re.search(
        r"v(\d+\.\d+\.\d+)", subprocess.run([binary, "version"], capture_output=True, text=True, check=False).stdout
    )
    said = version[1] if version else "2.20.0"
    documented = ksm_documented(module(KSM_MODULE, f"v{said}"))
    for name, family in documented.items():
        known = found.get(name)
        if known is None:
            found[name] = family  # opt-in families show only when they are asked for
        else:
            known.labels = family.labels
    exposition.merge(found, itself)
    found.setdefault("kube_state_metrics_list_total", Family("counter", None))  # not with watches that list themselves
    return Read(found, said, "process and documentation", "names from the process, labels from its documentation")


def _answers(plane: ControlPlane, number: int) -> bool:
    try:
        return Client(plane.sandbox.connect, number).answers("/metrics")
    except OSError:
        return False


def argocd(folder: Path) -> Read:
    """The real controllers with one Application that syncs; names without an event yet, from the documentation."""
    tree = folder / "tree"
    tree.mkdir()
    (tree / "config.yaml").write_text(CONFIG)
    found: Families = {}
    with _started(kube_only=False) as plane:
        plane.start()
        plane.serve("https://git.example.com/example.git", tree)
        plane.apply(APPLICATION)
        plane.apply(SETS)
        plane.settle()
        time.sleep(5)
        for number in (
            components.CONTROLLER_METRICS,
            components.SERVER_METRICS,
            components.REPO_METRICS,
            components.SETS_METRICS,
        ):
            exposition.merge(found, _scrape(plane, number))
    version = pinned("argocd")
    page = module(ARGOCD_MODULE, version) / "docs" / "operator-manual" / "metrics.md"
    for cells in table_rows(page.read_text("utf-8")):
        match = _METRIC_WORD.match(cells[0])
        if match and len(cells) > 1:
            exposition.merge(found, {match[1]: Family(cells[1].lower(), None)})
    kept = {name: family for name, family in found.items() if name.startswith(("argocd_", "grpc_", "workqueue_"))}
    for name in ("argocd_app_labels", "argocd_appset_labels", "argocd_cluster_labels"):
        if name in kept:
            kept[name].labels = None
    return Read(kept, version.removeprefix("v"), "process and documentation", "one Application and one ApplicationSet")


def kubernetes(folder: Path) -> Read:
    """API server and etcd from the processes; kubelet, cAdvisor, scheduler and proxy from Kubernetes' own lists."""
    with _started(kube_only=True) as plane:
        plane.start(kube_only=True)
        text = plane.run(["kubectl", "get", "--raw", "/metrics"])
        found = own(exposition.read(text))
        exposition.merge(found, _scrape(plane, components.ETCD))
    version = pinned("kubernetes")
    sources = module(KUBERNETES_MODULE, version)
    listed = sources / "test" / "instrumentation" / "documentation" / "documentation-list.yaml"
    for one in yaml.safe_load(listed.read_text("utf-8")):
        name = "_".join(filter(None, (one.get("namespace"), one.get("subsystem"), one["name"])))
        kind = {"TimingRatioHistogram": "histogram", "Custom": "untyped"}.get(one["type"], one["type"].lower())
        labels = {*(one.get("labels") or ()), *(one.get("constLabels") or ())}
        # A custom collector does not always list its labels.
        exposition.merge(found, {name: Family(kind, None if one["type"] == "Custom" and not labels else labels, True)})
    required = re.search(r"google/cadvisor (v\S+)", (sources / "go.mod").read_text("utf-8"))
    if required is None:
        raise Unavailable("Kubernetes does not require cAdvisor")
    for file in sorted((module(CADVISOR_MODULE, required[1]) / "metrics").glob("prometheus*.go")):
        if not file.name.endswith("_test.go"):
            text = file.read_text("utf-8")
            starts = [match.start() for match in _GO_NAME.finditer(text)]
            for start, end in zip(starts, [*starts[1:], len(text)], strict=False):  # no starts, no pairs
                _cadvisor(found, text[start:end])
    for name in ("container_scrape_error", "machine_scrape_error"):
        found[name] = Family("gauge", set())
    found["container_start_time_seconds"] = Family("gauge", set(CADVISOR_LABELS))
    for name in (
        "container_spec_cpu_period",
        "container_spec_cpu_quota",
        "container_spec_cpu_shares",
        "container_spec_memory_limit_bytes",
        "container_spec_memory_reservation_limit_bytes",
        "container_spec_memory_swap_limit_bytes",
    ):
        found[name] = Family("gauge", set(CADVISOR_LABELS))
    return Read(
        found,
        version.removeprefix("v"),
        "process and documentation",
        "API server and etcd ran; kubelet, cAdvisor, scheduler, controller manager and proxy are from the lists "
        "in the sources of this version",
    )


def _cadvisor(found: Families, block: str) -> None:
    match = _GO_NAME.search(block)
    if match:
        labels = set(re.findall(r'"([a-z_]+)"', (re.search(r"extraLabels:\s+\[\]string\{(.*?)\}", block) or [""])[0]))
        kind = "counter" if "CounterValue" in block else "gauge"
        base = CADVISOR_LABELS if match[1].startswith("container_") else {"boot_id", "machine_id", "system_uuid"}
        exposition.merge(found, {match[1]: Family(kind, base | labels, True)})
