"""The live path of alerts on loopback, without Kubernetes: from a server that dies to the message in Slack.

Everything is what the environment runs: the rendered rules, Alertmanager's rendered configuration and texts, the Feast
of the image with the rendered feature repository, Redis, its exporter, a Pushgateway, Prometheus, Alertmanager. Not so:
targets are listed instead of discovered (operator.py has them discovered), and waits are shorter (faster.py).
Feast listens on every address, at a fixed port for metrics; so it has a private network, and a forwarder leads there.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import yaml

from controlplane.sandbox import Process, Sandbox
from monitoring import feast, sink
from monitoring.faster import seconds
from monitoring.tree import App, Object

T = TypeVar("T")

PASSWORD = "proof"  # noqa: S105 - of a Redis that lives for a minute
REDIS, FEAST, FEAST_METRICS = 6379, 6566, 8000
MOUNTED = "/etc/alertmanager/"
REPORT = "PRESYNC_LIVE_REPORT"


class LiveError(Exception):
    """Something did not come up, or did not happen in time."""


def report(**what: Any) -> None:
    """Add a line to the file that PRESYNC_LIVE_REPORT names."""
    file = os.environ.get(REPORT)
    if file:
        with Path(file).open("a", encoding="utf-8") as out:
            out.write(json.dumps(what) + "\n")


def wait(what: str, condition: Callable[[], T], limit: float = 60) -> T:
    """The first result that counts as true; who does not answer yet is asked again."""
    end = time.monotonic() + limit
    while True:
        with contextlib.suppress(OSError, urllib.error.URLError):
            result = condition()
            if result:
                return result
        if time.monotonic() > end:
            raise LiveError(f"waited {limit:.0f} s for {what}")
        time.sleep(0.1)


def get(url: str) -> Any:
    """JSON, or text where it is none."""
    if not url.startswith("http://127."):
        raise ValueError(url)
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - loopback, checked above
        body = answer.read().decode()
    try:
        return json.loads(body)
    except ValueError:
        return body or "there"


def free_port() -> int:
    """A port of loopback that nobody uses."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def with_templates(alertmanager: str) -> list[str]:
    """Debian's program, unpacked only, finds its own templates in a /usr/share that is its alone."""
    share = Path(alertmanager).parent / "share"
    if not share.is_dir():
        return [alertmanager]
    return ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /usr/share && exec "$@"', str(share), alertmanager]


class Servers:
    """Programs on loopback; each is ended by the number it was started with."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, *command: str, **environment: str) -> None:
        """Start one, with its own log."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                command,
                cwd=self.folder,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def stop(self, *names: str) -> None:
        """End these, or all of them."""
        chosen = [self._running.pop(name) for name in (names or [*reversed(self._running)])]
        for one in chosen:
            one.terminate()
        for one in chosen:
            try:
                one.wait(10)
            except subprocess.TimeoutExpired:
                one.kill()
                one.wait(10)

    def ended(self) -> list[str]:
        """Those that ended by themselves."""
        return [name for name, one in self._running.items() if one.poll() is not None]


class Forwarder:
    """A port of loopback that leads to one of a private network: what kube-proxy would do."""

    def __init__(self, sandbox: Sandbox, inner: int) -> None:
        self._sandbox, self._inner = sandbox, inner
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                outer, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(outer,), daemon=True).start()

    def _serve(self, outer: socket.socket) -> None:
        with outer:
            try:
                inner = self._sandbox.connect(self._inner)
            except Exception:  # noqa: BLE001 - nobody answers there, whatever the reason: nor does this one
                return
            with inner:
                inner.settimeout(None)
                back = threading.Thread(target=self._pump, args=(inner, outer), daemon=True)
                back.start()
                self._pump(outer, inner)
                back.join()

    @staticmethod
    def _pump(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for one in (source, target):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """No more connections."""
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


class FeatureServer:
    """Redis and `feast serve` in a private network, as the rendered Deployment starts it."""

    def __init__(self, folder: Path, objects: list[Object], hosts: list[str]) -> None:
        self.folder = folder
        self.sandbox = Sandbox(folder)
        self._objects, self._hosts = objects, hosts
        program = feast.program()
        if program is None:
            raise LiveError("Feast is not installed")
        self._program = program

    def open(self) -> None:
        """Redis, and the registry that `feast apply` writes."""
        self.sandbox.open()
        for host in self._hosts:
            self.sandbox.add_host(host)
        (self.folder / "repo").mkdir()
        for name, text in feast.repository(self._objects, self.folder / "registry.db").items():
            (self.folder / "repo" / name).write_text(text, "utf-8")
        redis = ["redis-server", "--bind", "127.0.0.1", "--port", str(REDIS), "--requirepass", PASSWORD]
        self.sandbox.start(
            "redis", [*redis, "--dir", str(self.folder / "tmp"), "--appendonly", "yes"], self._environment
        )
        ended = self.folder / "applied"
        apply = shlex.join(self._in_repository([self._program, "apply"]))
        # Started and not run: Feast looks for its own number in /proc.
        self.sandbox.start("apply", ["sh", "-c", f"{apply}; echo $? > {shlex.quote(str(ended))}"], self._environment)
        wait("feast apply", lambda: ended.is_file() and ended.read_text().strip(), 300)
        if ended.read_text().strip() != "0":
            raise LiveError(f"feast apply: {self.sandbox.log_end('apply', 20)}")

    def _in_repository(self, command: list[str]) -> list[str]:
        return ["sh", "-c", 'cd "$0" && exec "$@"', str(self.folder / "repo"), *command]

    @property
    def _container(self) -> dict[str, Any]:
        [one] = [one for one in self._objects if one["kind"] == "Deployment"]
        container: dict[str, Any] = one["spec"]["template"]["spec"]["containers"][0]
        return container

    @property
    def _environment(self) -> dict[str, str]:
        given = {one["name"]: one["value"] for one in self._container["env"] if "value" in one}
        own = {"HOME": str(self.folder / "tmp"), "TMPDIR": str(self.folder / "tmp"), "REDIS_PASSWORD": PASSWORD}
        return {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8", **given, **own}

    def start(self) -> None:
        """Start the server with the arguments of the Deployment; `answers` says when it does."""
        command = self._in_repository([self._program, *self._container["args"]])
        self.sandbox.start("feast", command, self._environment)

    def answers(self) -> bool:
        """Whether the feature server says that it is well, and its metrics are there."""
        for port, path in ((FEAST, "/health"), (FEAST_METRICS, "/metrics")):
            with contextlib.closing(self.sandbox.connect(port)) as one:
                one.settimeout(10)
                one.sendall(f"GET {path} HTTP/1.0\r\nHost: feast\r\n\r\n".encode())
                if b" 200 " not in one.recv(100):
                    return False
        return True

    def kill(self) -> None:
        """End it as the kernel ends a Pod without memory: all of it at once."""
        process = self.sandbox.processes()["feast"]
        if process is None:
            raise LiveError(f"Feast has ended by itself: {self.sandbox.log_end('feast')}")
        family = [found for found in map(Process.of, process.family()) if found is not None]
        for one in family:
            one.kill()
        wait("Feast to be gone", lambda: not any(one.alive() for one in family), 20)


class Live:
    """One environment on loopback; `programs` are Prometheus' and its exporters' by their Debian names."""

    def __init__(self, name: str, apps: list[App], folder: Path, programs: Mapping[str, str], messages: Path) -> None:
        self.name, self.apps, self.folder, self.programs = name, apps, folder, programs
        self.messages = messages
        folder.mkdir(parents=True, exist_ok=True)
        self.servers = Servers(folder)
        values = [self._one("Prometheus")["spec"]["externalLabels"]["environment"]]
        if values != [name]:
            raise LiveError(f"the external label of {name} is {values}")
        host = f"redis.redis-{name}.svc.cluster.local"
        self.feast = FeatureServer(
            folder / "feast", [one for app in apps for one in app.objects if self._feasts(app)], [host]
        )
        self.ports = {one: free_port() for one in ("prometheus", "alertmanager", "pushgateway", "redis-exporter")}
        self._forwarders: list[Forwarder] = []

    def _feasts(self, app: App) -> bool:
        return app.name in {f"feast-{self.name}", f"feature-store-{self.name}"}

    def _all(self, kind: str) -> list[Object]:
        return [one for app in self.apps for one in app.objects if one["kind"] == kind]

    def _one(self, kind: str, name: str | None = None) -> Object:
        [one] = [one for one in self._all(kind) if name in (None, one["metadata"]["name"])]
        return one

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _stop(self) -> None:
        self.servers.stop()
        for one in self._forwarders:
            one.close()
        self.feast.sandbox.close()

    # -- starting

    def _start(self) -> None:
        self.feast.open()
        self.feast.start()
        forwarded = {port: self._forward(port) for port in (FEAST_METRICS, REDIS)}
        self._start_alertmanager()
        self.start_pushgateway()
        own = f"127.0.0.1:{self.ports['redis-exporter']}"
        redis = ["-redis.addr", f"redis://127.0.0.1:{forwarded[REDIS]}", "-web.listen-address", own]
        self.servers.start("redis-exporter", self.programs["redis-exporter"], *redis, REDIS_PASSWORD=PASSWORD)
        for one in ("alertmanager", "pushgateway"):
            wait(one, lambda one=one: get(f"{self.address(one)}/-/ready"))  # type: ignore[misc]
        wait("feast serve", self.feast.answers, 180)
        self._start_prometheus(forwarded[FEAST_METRICS])
        wait("prometheus", lambda: get(f"{self.address('prometheus')}/-/ready"))
        wait("every target to be up", lambda: self.ask("up == 1") and not self.ask("up == 0"))

    def _forward(self, port: int) -> int:
        self._forwarders.append(Forwarder(self.feast.sandbox, port))
        return self._forwarders[-1].port

    def start_pushgateway(self) -> None:
        """Start it, or start it again."""
        where = f"--web.listen-address=127.0.0.1:{self.ports['pushgateway']}"
        # Debian's keeps what was pushed in /var/lib, for whoever starts one next.
        self.servers.start("pushgateway", self.programs["pushgateway"], where, "--persistence.file=")

    def _start_alertmanager(self) -> None:
        secret = self._one("Secret", f"alertmanager-config-{self.name}")["stringData"]
        texts = self._one("ConfigMap", "alertmanager-templates")["data"]
        mounted = self.folder / "mounted"
        for place, files in (("config", secret), ("configmaps/alertmanager-templates", texts)):
            (mounted / place).mkdir(parents=True)
            for name, text in files.items():
                # Paths inside lead to where a Pod would have them.
                own = text.replace(MOUNTED, f"{mounted}/")
                (mounted / place / name).write_text(own, "utf-8")
        self.servers.start(
            "alertmanager",
            *with_templates(self.programs["alertmanager"]),
            f"--config.file={mounted}/config/alertmanager.yaml",
            f"--storage.path={self.folder}/alertmanager",
            f"--web.listen-address=127.0.0.1:{self.ports['alertmanager']}",
            "--cluster.listen-address=",
        )

    def _start_prometheus(self, feast_port: int) -> None:
        spec = self._one("Prometheus")["spec"]
        rules = self.folder / "rules"
        rules.mkdir()
        for one in self._all("PrometheusRule"):
            name = f"{one['metadata'].get('namespace', '')}-{one['metadata']['name']}.yaml"
            (rules / name).write_text(yaml.safe_dump({"groups": one["spec"]["groups"]}), "utf-8")
        jobs = {
            "feast": ("feast", feast_port, "feast-server-5d9c7f6b8-x2x4q", "feast-server"),
            "redis": ("redis", self.ports["redis-exporter"], "redis-master-0", None),
            "pushgateway": ("monitoring", self.ports["pushgateway"], "pushgateway-7c5ddbdf54-qq2xk", "pushgateway"),
            "prometheus": ("monitoring", self.ports["prometheus"], "prometheus-main-0", "prometheus"),
            "alertmanager": ("monitoring", self.ports["alertmanager"], "alertmanager-main-0", "alertmanager"),
        }
        config = {
            "global": {
                "scrape_interval": spec["scrapeInterval"],
                "scrape_timeout": spec["scrapeTimeout"],
                "evaluation_interval": spec["evaluationInterval"],
                "external_labels": spec["externalLabels"],
            },
            "rule_files": [f"{rules}/*.yaml"],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": [self._listens("alertmanager")]}]}]},
            "scrape_configs": [self._job(job, *where) for job, where in jobs.items()],
        }
        (self.folder / "prometheus.yaml").write_text(yaml.safe_dump(config), "utf-8")
        self.servers.start(
            "prometheus",
            self.programs["prometheus"],
            f"--config.file={self.folder}/prometheus.yaml",
            f"--storage.tsdb.path={self.folder}/tsdb",
            f"--web.listen-address={self._listens('prometheus')}",
        )

    def _job(self, job: str, app: str, port: int, pod: str, monitor: str | None) -> dict[str, Any]:
        """A scrape job with the labels that discovery would give, and what its ServiceMonitor says beyond."""
        labels = {"namespace": f"{app}-{self.name}", "pod": pod, "service": job, "endpoint": "metrics"}
        found: dict[str, Any] = {"static_configs": [{"targets": [f"127.0.0.1:{port}"], "labels": labels}]}
        if monitor is not None:
            [endpoint] = self._one("ServiceMonitor", monitor)["spec"]["endpoints"]
            found["honor_labels"] = endpoint.get("honorLabels", False)
            found["metrics_path"] = endpoint.get("path", "/metrics")
            if "interval" in endpoint:
                found["scrape_interval"] = found["scrape_timeout"] = endpoint["interval"]
        return {"job_name": job, **found}

    # -- asking

    def _listens(self, name: str) -> str:
        return f"127.0.0.1:{self.ports[name]}"

    def address(self, name: str) -> str:
        """Of a server's API."""
        return f"http://{self._listens(name)}"

    def ask(self, expr: str) -> list[Any]:
        """The series of an instant query."""
        query = urllib.parse.urlencode({"query": expr})
        return list(get(f"{self.address('prometheus')}/api/v1/query?{query}")["data"]["result"])

    def alerts(self, **labels: str) -> list[Any]:
        """What Alertmanager holds with these labels."""
        found = get(f"{self.address('alertmanager')}/api/v2/alerts")
        return [one for one in found if labels.items() <= one["labels"].items()]

    def received(self, severity: str | None = None, about: str = "") -> list[dict[str, Any]]:
        """What came to the environment's webhooks, or to the one of a severity; about an alert, or all."""
        own = f"/alertmanager-config-{self.name}/slack-{severity or ''}"
        return [one for one in sink.read(self.messages) if one["path"].startswith(own) and about in title(one)]

    def gather_seconds(self) -> float:
        """`group_interval`: what changes in a group is told after that."""
        text = self._one("Secret", f"alertmanager-config-{self.name}")["stringData"]["alertmanager.yaml"]
        return seconds(yaml.safe_load(text)["route"]["group_interval"])


def attachment(message: dict[str, Any]) -> dict[str, Any]:
    """The one attachment of a message to Slack."""
    [one] = message["message"]["attachments"]
    found: dict[str, Any] = one
    return found


def title(message: dict[str, Any]) -> str:
    """What stands above a message."""
    return str(attachment(message)["title"])


def missing() -> str | None:
    """Why Feast cannot run here, or None."""
    if feast.program() is None:
        return "Feast is not installed; `python -m monitoring feast` installs it from images/feast/requirements.lock"
    if shutil.which("redis-server") is None:
        return "redis-server is not installed"
    return None
