"""Plays the kubelet for single Pods of a Stack: their containers run as processes, told what the API server says.

A Pod that a controller made is bound to a node and gets an address of its own on the private network. Its volumes are
laid where its containers expect them (each container sees a root of its own, nothing is left on the machine), and a
Secret or ConfigMap that changes is exchanged as a kubelet does it. Only the image is replaced, by a program.
"""

from __future__ import annotations

import base64
import json
import re
import shlex
import time
import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from controlplane.sandbox import Process
from monitoring.stack import Stack, StackError
from monitoring.tree import Object

NODE = "node"
CONTROLLERS = ("deployment", "replicaset", "statefulset", "endpointslice", "endpoints")
#: The root of a container: the machine's, with an /etc that can be written to and goes with the container.
_ROOT = """\
set -e
mount -t tmpfs tmpfs {root}
for one in /*; do
  if [ -L "$one" ]; then cp -P "$one" {root}"$one"
  elif [ "$one" = /etc ]; then cp -a /etc {root}/etc
  elif [ -d "$one" ]; then mkdir {root}"$one"; mount --rbind "$one" {root}"$one"
  fi
done
"""


@dataclass
class Container:
    """A program in place of an image, and what differs from its arguments: prefix of an argument, and all of it."""

    program: Sequence[str]
    arguments: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    #: Further mounts: what, where.
    mounts: Mapping[str, str] = field(default_factory=dict)


class Cluster:
    """A Stack in which Pods can run: controllers, and one node."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self._last = 0
        environment = stack.plane.parts.environment()
        chosen = "--controllers=" + ",".join(f"{one}-controller" for one in CONTROLLERS)
        command = [*stack.plane.parts.kube_controller_manager(), chosen]
        stack.plane.sandbox.start("kube-controller-manager", command, environment)
        stack.apply({"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE}})

    def address(self) -> str:
        """An address of the private network that nobody has."""
        self._last += 1
        address = f"10.77.0.{self._last}"
        done = self.stack.plane.sandbox.run(
            ["ip", "address", "add", f"{address}/32", "dev", "lo"], self.stack.plane.parts.environment()
        )
        if done.returncode:
            raise StackError(f"{address}: {done.stderr}")
        return address

    def pod(self, namespace: str, pattern: str, containers: Mapping[str, Container]) -> Pod:
        """The Pod that a controller made, by a regular expression for its name."""

        def find() -> Object | None:
            pods = self.stack.plane.kubernetes.list("v1", "Pod", namespace)
            return next((one for one in pods if re.fullmatch(pattern, one["metadata"]["name"])), None)

        found = self.stack.plane.wait(find, f"Pod {pattern}", 90)
        if found is None:
            raise StackError(f"no Pod {pattern}")
        return Pod(self, found, self.address(), containers)


class Pod:
    """One Pod; `start` and `kill` are its containers, `ready` is what the kubelet says of it."""

    def __init__(self, cluster: Cluster, value: Object, address: str, containers: Mapping[str, Container]) -> None:
        self.stack, self.address, self.containers = cluster.stack, address, containers
        self.namespace, self.name = value["metadata"]["namespace"], value["metadata"]["name"]
        self.spec = value["spec"]
        self.folder = self.stack.plane.folder / "pods" / self.name
        self._path = f"/api/v1/namespaces/{urllib.parse.quote(self.namespace)}/pods/{urllib.parse.quote(self.name)}"
        self._written: dict[str, dict[str, bytes]] = {}
        target = {"apiVersion": "v1", "kind": "Node", "name": NODE}
        body = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": self.name}, "target": target}
        answer = self.stack.plane.kubernetes.client.request("POST", f"{self._path}/binding", json.dumps(body).encode())
        if not answer.ok:
            raise StackError(f"{self.name}: {answer.message}")

    # -- what the kubelet tells

    def ready(self, well: bool) -> None:
        """Say that it is ready, or that it is not."""
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        status = {
            "phase": "Running",
            "podIP": self.address,
            "podIPs": [{"ip": self.address}],
            "conditions": [
                {"type": one, "status": str(well), "lastTransitionTime": now} for one in ("Ready", "ContainersReady")
            ],
        }
        self.stack.plane.kubernetes.merge_at(f"{self._path}/status", {"status": status})

    # -- volumes

    def lay(self) -> None:
        """Lay the volumes, or exchange what has changed in the API server since."""
        for volume in self.spec.get("volumes") or []:
            folder = self.folder / volume["name"]
            folder.mkdir(parents=True, exist_ok=True)
            files = self._files(volume)
            if files is not None and files != self._written.get(volume["name"]):
                self._exchange(folder, files)
                self._written[volume["name"]] = files

    def _files(self, volume: Mapping[str, Any]) -> dict[str, bytes] | None:
        """What the API server holds for a volume; None for one that is the Pod's own."""
        if "secret" in volume:
            return self._of("Secret", volume["secret"]["secretName"], volume["secret"])
        if "configMap" in volume:
            return self._of("ConfigMap", volume["configMap"]["name"], volume["configMap"])
        if "projected" in volume:
            found: dict[str, bytes] = {}
            for source in volume["projected"]["sources"]:
                for key, kind in (("secret", "Secret"), ("configMap", "ConfigMap")):
                    if key in source:
                        found |= self._of(kind, source[key]["name"], source[key])
            return found
        return None

    def _of(self, kind: str, name: str, chosen: Mapping[str, Any]) -> dict[str, bytes]:
        value = self.stack.plane.kubernetes.read("v1", kind, name, self.namespace)
        if value is None:
            if chosen.get("optional"):
                return {}
            raise StackError(f"{self.name} wants {kind} {name}, which is not there")
        files = {key: base64.b64decode(text) for key, text in (value.get("binaryData") or {}).items()}
        for key, text in (value.get("data") or {}).items():
            files[key] = base64.b64decode(text) if kind == "Secret" else text.encode()
        if chosen.get("items"):
            return {one["path"]: files[one["key"]] for one in chosen["items"]}
        return files

    @staticmethod
    def _exchange(folder: Path, files: Mapping[str, bytes]) -> None:
        """All files at once: they are links into a folder to which one link leads, and that link is exchanged."""
        version = folder / f"..{time.time_ns()}"
        version.mkdir()
        for name, content in files.items():
            (version / name).parent.mkdir(parents=True, exist_ok=True)
            (version / name).write_bytes(content)
        draft = folder / "..data_tmp"
        draft.symlink_to(version.name)
        draft.replace(folder / "..data")
        for name in files:
            top = Path(name).parts[0]
            if not (folder / top).is_symlink():
                (folder / top).symlink_to(Path("..data") / top)
        for old in folder.iterdir():
            if old.is_symlink() and old.name != "..data" and old.name not in {Path(name).parts[0] for name in files}:
                old.unlink()

    # -- containers

    def start(self) -> None:
        """Lay the volumes, run what comes first to its end, start the rest."""
        self.lay()
        for one in self.spec.get("initContainers") or []:
            self._to_its_end(one)
        for one in self.spec["containers"]:
            self.start_container(one["name"])

    def start_container(self, name: str) -> None:
        """Start one of its containers, or start it again."""
        [one] = [one for one in self.spec["containers"] if one["name"] == name]
        title, command = self._command(one)
        account = self.spec.get("serviceAccountName") or "default"
        self.stack.start(title, command, self.namespace, account)

    def run(self, name: str, *words: str, seconds: float = 120) -> None:
        """Run a program of a container to its end, where the container would run it."""
        [one] = [one for one in self.spec["containers"] if one["name"] == name]
        self._to_its_end({**one, "args": [*words]}, seconds)

    def _to_its_end(self, container: Mapping[str, Any], seconds: float = 60) -> None:
        title, command = self._command(container)
        ended = self.folder / f"{title}.ended"
        # It stays, so that nobody who watches over the programs takes its end for a failure.
        script = f"{shlex.join(command)}; echo $? > {shlex.quote(str(ended))}; exec sleep infinity"
        ended.unlink(missing_ok=True)
        account = self.spec.get("serviceAccountName") or "default"
        self.stack.start(f"{title}.once", ["sh", "-c", script], self.namespace, account)
        self.stack.plane.wait(lambda: ended.is_file() and ended.read_text(), f"the end of {title}", seconds)
        if ended.read_text().strip() != "0":
            raise StackError(f"{title}: {self.stack.plane.sandbox.log_end(f'{title}.once', 20)}")

    def kill(self, name: str) -> None:
        """End all processes of a container at once."""
        title = self._title(name)
        process = self.stack.plane.sandbox.processes()[title]
        if process is None:
            raise StackError(f"{title} has ended by itself: {self.stack.plane.sandbox.log_end(title)}")
        family = [found for found in map(Process.of, process.family()) if found is not None]
        for one in family:
            one.kill()
        end = time.monotonic() + 20
        while any(one.alive() for one in family) and time.monotonic() < end:
            time.sleep(0.05)

    def _title(self, container: str) -> str:
        return f"{self.name}.{container}"

    def _command(self, container: Mapping[str, Any]) -> tuple[str, list[str]]:
        """Its name, and the command that makes its root and starts it there."""
        own = self.containers[container["name"]]
        title = self._title(container["name"])
        environment = {"POD_IP": self.address, **self._environment(container), **own.environment}

        def expand(text: str) -> str:
            return re.sub(r"\$\(([A-Za-z_][\w.-]*)\)", lambda found: environment.get(found[1], found[0]), text)

        words = [*own.program, *(container.get("command") or [])[1:], *map(expand, container.get("args") or [])]
        for prefix, whole in own.arguments.items():
            words = [expand(whole) if word.startswith(prefix) else word for word in words]
            if expand(whole) not in words:
                words.append(expand(whole))
        root = self.folder / f"root-{container['name']}"
        root.mkdir(parents=True, exist_ok=True)
        lines = [_ROOT.format(root=shlex.quote(str(root)))]
        for what, where in (*self._mounts(container), *((Path(a), b) for a, b in own.mounts.items())):
            source, target = shlex.quote(str(what)), shlex.quote(f"{root}{where}")
            lines.append(f"mkdir -p {target}" if what.is_dir() else f"mkdir -p $(dirname {target}); touch {target}")
            lines.append(f"mount --bind {source} {target}")
        inside = [f"{key}={value}" for key, value in environment.items()]
        start = ["sh", "-c", 'cd "$0" && exec "$@"', container.get("workingDir") or "/", "env", *inside, *words]
        lines.append(f"exec chroot {shlex.quote(str(root))} {shlex.join(start)}")
        return title, ["sh", "-c", "\n".join(lines)]

    def _environment(self, container: Mapping[str, Any]) -> dict[str, str]:
        fields = {"metadata.name": self.name, "metadata.namespace": self.namespace, "status.podIP": self.address}
        found: dict[str, str] = {}
        for one in container.get("env") or []:
            source = one.get("valueFrom") or {}
            if "value" in one:
                found[one["name"]] = one["value"]
            elif "fieldRef" in source:
                found[one["name"]] = fields[source["fieldRef"]["fieldPath"]]
            elif "secretKeyRef" in source:
                of = source["secretKeyRef"]
                found[one["name"]] = self._of("Secret", of["name"], {})[of["key"]].decode()
        return found

    def _mounts(self, container: Mapping[str, Any]) -> list[tuple[Path, str]]:
        """What lies where in a container. Before what lies in it."""
        claims = {one["name"]: one for one in self.spec.get("volumes") or []}
        found = []
        for mount in sorted(container.get("volumeMounts") or [], key=lambda one: str(one["mountPath"])):
            source = self.folder / mount["name"]
            if mount.get("subPath"):
                source /= mount["subPath"]
                own = {"emptyDir", "persistentVolumeClaim"} & set(claims[mount["name"]])
                if own:
                    source.mkdir(parents=True, exist_ok=True)
                source = source.resolve()
            found.append((source, mount["mountPath"]))
        return found
