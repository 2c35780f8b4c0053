"""The real Argo CD and the real API server answer, and nothing of them stays behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from controlplane import dryrun, instance, snapshot
from controlplane.documents import read
from controlplane.driver import ControlPlane, RenderError
from controlplane.fixture import require
from controlplane.instance import ControlPlaneError, Refused
from controlplane.sandbox import Process

from .conftest import DEMO, URL

pytestmark = [pytest.mark.oracle, pytest.mark.xdist_group("controlplane")]

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: WEB}}
    spec: {containers: [{name: web, image: image.invalid/web:1}]}
"""
CRD = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets, singular: widget, listKind: WidgetList}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec: {type: object, properties: {size: {type: integer, maximum: 3}}}
"""


def in_the_same_sandbox(plane: ControlPlane) -> list[int]:
    """Every process of an instance, also those that nobody wrote down."""
    own = Path("/proc/self/ns/pid").readlink()
    process = Process.read(plane.folder / "pids" / "holder")
    assert process is not None
    namespace = Path(f"/proc/{process.pid}/ns/pid").readlink()
    assert namespace != own
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "ns" / "pid").readlink() == namespace:
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def gone(pids: list[int], seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not any(Process.of(pid) for pid in pids):
            return True
        time.sleep(0.05)
    return False


# -- Argo CD


def test_an_applicationset_yields_applications(demo: ControlPlane) -> None:
    names = {entry["metadata"]["name"]: entry for entry in demo.applications()}
    assert {"hello-dev", "hello-prod", "hello-forbidden", "hello-broken", "plain"} <= set(names)
    assert names["hello-prod"]["metadata"]["labels"] == {"environment": "prod"}
    assert names["hello-prod"]["spec"]["destination"]["namespace"] == "demo-prod"


def test_rendered_manifests_are_fetched(demo: ControlPlane) -> None:
    [config] = demo.manifests("hello-prod")
    assert config["metadata"]["name"] == "hello-prod"
    assert config["data"] == {"greeting": "hello from prod"}
    [plain] = demo.manifests("plain")
    assert plain["data"] == {"mode": "0755"}


def test_what_cannot_be_rendered_is_an_error(demo: ControlPlane) -> None:
    with pytest.raises(RenderError, match=r"missing\.yaml: no such file or directory"):
        demo.manifests("hello-broken")


def test_a_project_refuses(demo: ControlPlane) -> None:
    application = demo.application("hello-forbidden")
    assert application is not None
    [condition] = application["status"]["conditions"]
    assert condition["type"] == "InvalidSpecError"
    assert "do not match any of the allowed destinations in project 'demo'" in condition["message"]


def test_an_applicationset_is_expanded_without_being_applied(demo: ControlPlane) -> None:
    text = (DEMO / "argocd" / "applicationset.yaml").read_text(encoding="utf-8").replace("hello-", "other-")
    names = {entry["metadata"]["name"] for entry in demo.generate(text)}
    assert names == {"other-dev", "other-prod", "other-forbidden", "other-broken"}
    assert demo.application("other-dev") is None
    with pytest.raises(Refused, match=r'map has no entry for key "nowhere"\Z'):
        demo.generate(text.replace(".namespace", ".nowhere"))


def test_a_push_is_seen(controlplane: ControlPlane, tmp_path: Path) -> None:
    url = "https://git.example.com/demo/pushed.git"
    shutil.copytree(DEMO, tmp_path / "tree")
    (tmp_path / "tree" / "envs" / "forbidden" / "app.yaml").unlink()
    text = (DEMO / "argocd" / "applicationset.yaml").read_text(encoding="utf-8")
    text = text.replace(URL, url).replace("hello-", "pushed-").replace("name: demo", "name: pushed")
    text = text.replace("project: demo", "project: default")
    first = controlplane.serve(url, tmp_path / "tree")
    assert controlplane.serve(url, tmp_path / "tree") == first
    controlplane.apply(text)
    controlplane.settle()
    (tmp_path / "tree" / "envs" / "prod" / "values.yaml").write_text("greeting: changed\n", encoding="utf-8")
    (tmp_path / "tree" / "envs" / "dev" / "app.yaml").unlink()
    assert controlplane.serve(url, tmp_path / "tree") != first
    controlplane.refresh()
    controlplane.settle()
    assert controlplane.application("pushed-dev") is None
    [config] = controlplane.manifests("pushed-prod")
    assert config["data"] == {"greeting": "changed"}
    (tmp_path / "tree" / "envs" / "prod" / "app.yaml").write_text("{}\n", encoding="utf-8")
    controlplane.serve(url, tmp_path / "tree")
    controlplane.refresh()
    controlplane.settle()
    found = {entry["metadata"]["name"]: entry for entry in controlplane.applicationsets()}["pushed"]
    messages = [item["message"] for item in found["status"]["conditions"] if item["type"] == "ErrorOccurred"]
    assert "map has no entry for key" in messages[0]


def test_a_snapshot_holds_results_and_refusals(demo: ControlPlane, tmp_path: Path) -> None:
    manifests, notes = snapshot.read_manifests(snapshot.find_manifests(DEMO))
    assert notes == []
    assert snapshot.repository_urls(manifests) == {URL}
    snapshot.write(snapshot.take(demo, manifests), tmp_path)
    assert "name: hello-prod" in (tmp_path / "apps" / "hello-prod.yaml").read_text(encoding="utf-8")
    assert 'greeting: "hello from prod"' in (tmp_path / "render" / "hello-prod.yaml").read_text(encoding="utf-8")
    assert "missing.yaml" in (tmp_path / "render" / "hello-broken.error").read_text(encoding="utf-8")
    assert "allowed destinations" in (tmp_path / "render" / "hello-forbidden.denied").read_text(encoding="utf-8")
    assert not (tmp_path / "apps" / "applicationset.demo.error").exists()
    assert "argocd: v" in (tmp_path / "versions.yaml").read_text(encoding="utf-8")


def test_room_is_made_for_the_next_case(demo: ControlPlane) -> None:
    demo.clear()
    assert (demo.applicationsets(), demo.applications(), demo.projects()) == ([], [], [])
    text = (DEMO / "argocd" / "plain.yaml").read_text(encoding="utf-8")
    demo.apply(text.replace("project: demo", "project: default").replace("name: plain", "name: next"))
    demo.settle()
    application = demo.application("next")
    assert application is not None
    assert "conditions" not in application["status"]
    demo.apply(text.replace("name: plain", "name: next"))
    demo.settle()
    application = demo.application("next")
    assert application is not None
    assert "demo" in application["status"]["conditions"][0]["message"], "the project is gone"
    demo.clear()


def test_nothing_reaches_out(controlplane: ControlPlane) -> None:
    links = controlplane.run(["ip", "-brief", "link"]).split("\n")
    assert [line.split()[0] for line in links if line] == ["lo"]
    with pytest.raises(Refused, match="Could not resolve host"):
        controlplane.run(["git", "ls-remote", "https://elsewhere.example.com/x.git"])


# -- the API server alone


def test_a_dry_run_is_refused_with_the_servers_words(kubernetes: ControlPlane) -> None:
    answer = kubernetes.dry_run(DEPLOYMENT)
    assert answer.status == 422
    assert "`selector` does not match template `labels`" in answer.message
    assert kubernetes.dry_run(DEPLOYMENT.replace("WEB", "web")).ok
    answer = kubernetes.dry_run(DEPLOYMENT.replace("selector:", "replica: 1\n  selector:"))
    assert "replica" in answer.message
    assert kubernetes.kubernetes.list("apps/v1", "Deployment") == []


def test_many_objects_are_judged_in_their_order(kubernetes: ControlPlane) -> None:
    widgets = "".join(
        f"---\napiVersion: example.com/v1\nkind: Widget\nmetadata: {{name: w{size}, namespace: somewhere}}\n"
        f"spec: {{size: {size}}}\n"
        for size in range(6)
    )
    manifests = read(f"{widgets}---{CRD}---\napiVersion: v2\nkind: Nothing\nmetadata: {{name: x}}\n", "all.yaml")
    found = [verdict.as_json() for verdict in dryrun.dry_run(kubernetes, manifests)]
    assert [line["accepted"] for line in found] == [True, True, True, True, False, False, True, False]
    assert found[4]["line"] == 22
    assert found[4]["causes"][0]["field"] == "spec.size"
    assert "should be less than or equal to 3" in found[4]["message"]
    assert found[7]["message"] == 'no matches for kind "Nothing" in version "v2"'


def test_a_program_that_ends_is_noticed() -> None:
    require(kube_only=True)
    with ControlPlane() as plane:
        plane.start(kube_only=True)
        process = plane.sandbox.processes()["etcd"]
        assert process is not None
        for pid in process.family():
            os.kill(pid, 9)
        with pytest.raises(ControlPlaneError, match="waiting for nothing: etcd ended"):
            plane.wait(lambda: False, "nothing", seconds=10)


# -- it ends


def test_stop_leaves_nothing_behind() -> None:
    require(kube_only=True)
    plane = ControlPlane().start(kube_only=True)
    pids = in_the_same_sandbox(plane)
    assert len(pids) >= 3
    recorded = [process.pid for process in plane.sandbox.processes().values() if process]
    plane.stop()
    assert gone([*pids, *recorded], seconds=0.5)
    assert not plane.folder.exists()


def test_it_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    require(kube_only=True)
    script = (
        "import pathlib, sys, time\n"
        "from controlplane.driver import ControlPlane\n"
        "ControlPlane(pathlib.Path(sys.argv[1])).start(kube_only=True)\n"
        "print('started', flush=True)\n"
        "time.sleep(60)\n"
    )
    tools = Path(instance.__file__).resolve().parents[1]
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "run")], stdout=subprocess.PIPE, cwd=tools
    ) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"started\n"
        pids = in_the_same_sandbox(ControlPlane(tmp_path / "run"))
        owner.kill()
    assert len(pids) >= 3
    assert gone(pids)


def test_an_interrupted_start_leaves_nothing_behind(tmp_path: Path) -> None:
    require()
    run, tools = tmp_path / "run", Path(instance.__file__).resolve().parents[1]
    with subprocess.Popen([sys.executable, "-m", "controlplane", "start", "--run", str(run)], cwd=tools) as starting:
        deadline = time.monotonic() + 20
        while not (run / "pids" / "argocd-repo-server").is_file() and time.monotonic() < deadline:
            time.sleep(0.05)
        pids = in_the_same_sandbox(ControlPlane(run))
        starting.send_signal(signal.SIGINT)
        assert starting.wait(timeout=20) == 130
    assert len(pids) >= 5
    assert gone(pids, seconds=0.5)


def test_a_running_instance_is_not_replaced(kubernetes: ControlPlane) -> None:
    with pytest.raises(ControlPlaneError, match="already runs"), ControlPlane(kubernetes.folder) as second:
        second.start(kube_only=True)
    assert kubernetes.dry_run(DEPLOYMENT.replace("WEB", "web")).ok
