"""`python tools/bench/policies.py`: every policy on many objects, presync against gator on the same input.

Three commands, one after the other, each watched with its children: `presync check` of a tree with these objects and no
policies, of the same tree with all policies, and `gator test`, which reads and judges, and looks at nothing else. Then
what of the second was judging. The verdicts are compared; a difference is printed, and the exit status is then 1.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from bench import PRESYNC, ROOT, Figures, measure

sys.path.insert(0, str(ROOT / "tools"))

from controlplane import build
from gatekeeper.programs import GATEKEEPER

Object = dict[str, Any]
URL = "https://git.example.com/bench/platform.git"
POLICIES = ROOT / "policies"
_DIGEST = "@sha256:" + "0123456789abcdef" * 4
_SETTINGS = f"""\
repository: [{URL}]
branch: main
"""


# -- the input


def objects(count: int) -> Iterator[Object]:
    """So many objects: an application of ten after another, every seventh of them with a flaw of its own."""
    made = 0
    for number in range(count):
        for one in _application(number):
            if made == count:
                return
            made += 1
            yield one


def _application(number: int) -> Iterator[Object]:
    name, namespace = f"app-{number:04d}", f"team-{number % 40:02d}-{('dev', 'prod')[number % 2]}"
    flaw = number % 35 if number % 7 == 0 else -1
    labels = {
        "app.kubernetes.io/name": "app",
        "app.kubernetes.io/instance": name,
        "app.kubernetes.io/managed-by": "Helm",
        "app.kubernetes.io/part-of": "bench",
        "environment": namespace.rpartition("-")[2],
    }
    selector = {"app.kubernetes.io/instance": name}

    def made(version: str, kind: str, **content: Any) -> Object:
        metadata = {"name": name, "namespace": namespace, "labels": {} if flaw == 0 else labels}
        return {"apiVersion": version, "kind": kind, "metadata": metadata, **content}

    image = f"ghcr.io/bench/app:{number}{'' if flaw == 7 else _DIGEST}"
    template = {"metadata": {"labels": labels}, "spec": _pod(name, image, flaw)}
    settings = {"level": "info", "next": f"http://app-{number + 1:04d}.{namespace}.svc:8080"}
    rule = {"apiGroups": [""], "resources": ["*" if flaw == 28 else "configmaps"], "verbs": ["get", "list"]}
    host = f"app-{number - 1 if flaw == 14 else number:04d}.example.com"
    backend = {"service": {"name": name, "port": {"name": "http"}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    yield made("v1", "ServiceAccount", automountServiceAccountToken=False)
    yield made("v1", "ConfigMap", data={"settings.json": json.dumps(settings), "notes": "what it is for\n" * 20})
    yield made("v1", "Service", spec={"type": "NodePort" if flaw == 21 else "ClusterIP", "selector": selector})
    deployment = {"replicas": 2 + number % 3, "selector": {"matchLabels": selector}, "template": template}
    yield made("apps/v1", "Deployment", spec=deployment)
    yield made("policy/v1", "PodDisruptionBudget", spec={"maxUnavailable": 1, "selector": {"matchLabels": selector}})
    yield made("networking.k8s.io/v1", "NetworkPolicy", spec={"podSelector": {}, "policyTypes": ["Ingress", "Egress"]})
    yield made(
        "networking.k8s.io/v1",
        "Ingress",
        spec={
            "ingressClassName": "nginx",
            "tls": [{"hosts": [host], "secretName": f"{name}-tls"}],
            "rules": [{"host": host, "http": {"paths": [path]}}],
        },
    )
    job = {"template": {"spec": {**_pod(name, image, flaw), "restartPolicy": "Never"}}}
    yield made("batch/v1", "CronJob", spec={"schedule": "0 2 * * *", "jobTemplate": {"spec": job}})
    yield made("rbac.authorization.k8s.io/v1", "Role", rules=[rule])
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    yield made("v1", "PersistentVolumeClaim", spec={**claim, "storageClassName": "nfs-client"})


def _pod(name: str, image: str, flaw: int) -> Object:
    restricted = {"allowPrivilegeEscalation": flaw == 14, "capabilities": {"drop": ["ALL"]}}
    container: Object = {
        "name": "app",
        "image": image,
        "args": ["--settings=/etc/app/settings.json", f"--name={name}"],
        "env": [{"name": f"SETTING_{at}", "value": f"value-{at}"} for at in range(8)],
        "securityContext": {**restricted, "readOnlyRootFilesystem": True},
        "volumeMounts": [{"name": "settings", "mountPath": "/etc/app"}],
    }
    if flaw != 21:
        container["resources"] = {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}}
    return {
        "serviceAccountName": name,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
        "volumes": [{"name": "settings", "configMap": {"name": name}}],
    }


def policies() -> Iterator[Object]:
    """Every template, constraint and ExpansionTemplate of this repository, as they stand there."""
    listed = yaml.safe_load((POLICIES / "kustomization.yaml").read_text("utf-8"))["resources"]
    files = [*sorted(POLICIES.glob("*/template.yaml")), *(POLICIES / name for name in listed)]
    for file in files:
        yield from (one for one in yaml.safe_load_all(file.read_text("utf-8")) if one)


def write(folder: Path, count: int, *, with_policies: bool) -> Path:
    """A tree of Applications of a hundred objects, and one of the policies."""
    everything = list(objects(count))
    parts = {f"part-{at // 100:03d}": everything[at : at + 100] for at in range(0, count, 100)}
    if with_policies:
        parts["policies"] = list(policies())
    for name, some in parts.items():
        _dump(folder / "objects" / name / "objects.yaml", some)
        source = {"repoURL": URL, "targetRevision": "main", "path": f"objects/{name}"}
        application = {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Application",
            "metadata": {"name": name, "namespace": "argocd"},
            "spec": {
                "project": "default",
                "source": source,
                "destination": {"server": "https://kubernetes.default.svc", "namespace": "default"},
            },
        }
        _dump(folder / "apps" / f"{name}.yaml", [application])
    (folder / "presync.yaml").write_text(_SETTINGS, "utf-8")
    return folder


def _dump(file: Path, some: Iterable[Object]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    # JSON is YAML, and says the same to every reader.
    file.write_text("---\n".join(f"{json.dumps(one)}\n" for one in some), "utf-8")


# -- what is said


def of_presync(tree: Path) -> Counter[str]:
    """Constraint, object and message of every violation."""
    from presync.engine import Engine  # noqa: PLC0415 - the measured ones are processes of their own
    from presync.platform.load import load  # noqa: PLC0415
    from presync.policy.judge import verdicts  # noqa: PLC0415
    from presync.tree import open_repository  # noqa: PLC0415

    with Engine() as engine:
        platform = load(open_repository(tree), engine)
        before, start = _cpu(), time.perf_counter()
        found = verdicts(platform)
        print(f"{'of it, judging by the policies':<34} {time.perf_counter() - start:>8.1f} {_cpu() - before:>8.1f}")
    if found.unknown or found.constraints or found.templates:
        raise SystemExit(f"presync could not tell: {[*found.unknown, *found.constraints, *found.templates][:3]}")
    out: Counter[str] = Counter()
    for one in found.violations:
        if one.subject.resource is not None:
            place = one.subject.resource
            out[f"{one.constraint.name}: {place.kind} {place.namespace}/{place.name}: {one.message}"] += 1
    return out


def of_gator(program: Path, tree: Path) -> Counter[str]:
    """The same of gator, which shows the Pod of a Deployment as what violates."""
    done = subprocess.run([program, *_GATOR, tree / "objects"], capture_output=True, text=True, check=False)
    if not done.stdout.strip():
        raise SystemExit(f"gator: {done.stderr}")
    out: Counter[str] = Counter()
    for one in json.loads(done.stdout) or ():
        value = one["violatingObject"]
        metadata = value["metadata"]
        title = f"{value['kind']} {metadata.get('namespace', '')}/{metadata['name']}"
        out[f"{one['constraint']['metadata']['name']}: {title}: {one['msg']}"] += 1
    return out


def _cpu() -> float:
    """Seconds of this process and of the children that have ended: the evaluator's has, when it has judged."""
    times = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in times)


_GATOR = ("test", "-o", "json", "-f")


def main() -> int:
    """Print the table and what differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=5000, help="objects (default: 5000)")
    parser.add_argument("--gator", type=Path, default=build.folder_of(GATEKEEPER) / "bin" / "gator")
    parser.add_argument("--write", type=Path, metavar="DIR", help="only write the tree there")
    arguments = parser.parse_args()
    if arguments.write:
        write(arguments.write, arguments.count, with_policies=True)
        return 0
    if not arguments.gator.is_file():
        print("gator is not built: `make gatekeeper` does", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as temporary:
        plain = write(Path(temporary, "plain"), arguments.count, with_policies=False)
        tree = write(Path(temporary, "tree"), arguments.count, with_policies=True)
        print(
            f"{arguments.count} objects, {sum(one['kind'] != 'ConstraintTemplate' for one in policies())} constraints"
        )
        print(f"{'command':<34} {'wall s':>8} {'cpu s':>8} {'peak MiB':>9}  exit")
        for name, command in {
            "presync check, no policies": [str(PRESYNC), "-C", str(plain), "check", "-o", "json"],
            "presync check, all policies": [str(PRESYNC), "-C", str(tree), "check", "-o", "json"],
            "gator test": [str(arguments.gator), *_GATOR, str(tree / "objects")],
        }.items():
            _print(name, measure(command, ROOT))
        ours, theirs = of_presync(tree), of_gator(arguments.gator, tree)
        different = [f"presync alone: {one}" for one in (ours - theirs).elements()]
        different += [f"gator alone: {one}" for one in (theirs - ours).elements()]
        print(
            f"{sum(ours.values())} violations of presync, {sum(theirs.values())} of gator, {len(different)} different"
        )
        for line in different[:20]:
            print(line)
    return 1 if different else 0


def _print(name: str, one: Figures) -> None:
    print(f"{name:<34} {one.wall:>8.1f} {one.cpu:>8.1f} {one.memory:>9.0f}  {one.status}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
