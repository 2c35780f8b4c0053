"""The parts of an environment that hold features, on loopback: S3, Redis, the pipeline and Feast.

What is rendered for the environment is used as it is, byte by byte: files, variables, arguments. They run in a private
network, in which the environment's names lead to loopback. Not so: folders, credentials and passwords, which a cluster
mounts; and the pipeline runs without Airflow around it.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from controlplane import sandbox
from controlplane.sandbox import Sandbox
from monitoring import feast
from monitoring.live import LiveError, wait
from monitoring.tree import Object

ROOT = Path(__file__).resolve().parents[4]
DAGS = ROOT / ".cache" / "dags" / "bin"
S3, REDIS, SERVER = 5000, 6379, 6566
ENDPOINT = f"http://127.0.0.1:{S3}"
PASSWORD = "proof"  # of a Redis that lives for minutes


def missing() -> str | None:
    """Why this cannot run here, or None."""
    if feast.program() is None:
        return "Feast is not installed; `python -m monitoring feast` installs it from images/feast/requirements.lock"
    if shutil.which("redis-server") is None:
        return "redis-server is not installed"
    if not (DAGS / "moto_server").is_file():
        return "what dags/ needs is not installed; `make .cache/dags/.done` installs it"
    return sandbox.unavailable()


class Store:
    """S3 and Redis, and the contract that was rendered last."""

    def __init__(self, folder: Path, environment: str) -> None:
        self.folder, self.environment = folder, environment
        self.sandbox = Sandbox(folder)
        self._objects: list[Object] = []

    def open(self) -> None:
        """Start S3 and Redis."""
        self.sandbox.open()
        self.sandbox.add_host(f"redis.redis-{self.environment}.svc.cluster.local")
        credentials = self.folder / "credentials"
        credentials.write_text("[default]\naws_access_key_id = proof\naws_secret_access_key = proof\n")
        self.sandbox.start("s3", [str(DAGS / "moto_server"), "-H", "127.0.0.1", "-p", str(S3)], self._own)
        redis = ["redis-server", "--bind", "127.0.0.1", "--port", str(REDIS), "--requirepass", PASSWORD, "--save", ""]
        self.sandbox.start("redis", redis, self._own)
        for port in (S3, REDIS):
            wait(f"port {port}", lambda port=port: self._listens(port), 180)  # type: ignore[misc]

    def close(self) -> None:
        """End everything."""
        self.sandbox.close()

    def _listens(self, port: int) -> bool:
        self.sandbox.connect(port).close()
        return True

    @property
    def _own(self) -> dict[str, str]:
        where = str(self.folder / "tmp")
        return {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8", "HOME": where, "TMPDIR": where}

    def take(self, objects: Iterable[Object]) -> None:
        """What was rendered becomes what is there, as a sync and the mounts do it."""
        self._objects = list(objects)
        for folder, name in (("repo", "feast-repo"), ("contract", "feature-store-resources")):
            shutil.rmtree(self.folder / folder, ignore_errors=True)
            (self.folder / folder).mkdir()
            for file, text in self._object("ConfigMap", name)["data"].items():
                (self.folder / folder / file).write_text(text, "utf-8")

    def _object(self, kind: str, name: str) -> Object:
        [one] = [one for one in self._objects if (one["kind"], one["metadata"]["name"]) == (kind, name)]
        return one

    def _container(self, kind: str, name: str) -> dict[str, Any]:
        spec = self._object(kind, name)["spec"]
        spec = spec["jobTemplate"]["spec"] if kind == "CronJob" else spec
        container: dict[str, Any] = spec["template"]["spec"]["containers"][0]
        return container

    def _given(self, container: Mapping[str, Any]) -> dict[str, str]:
        given = {one["name"]: one["value"] for one in container["env"] if "value" in one}
        return {**self._own, **given, "AWS_SHARED_CREDENTIALS_FILE": str(self.folder / "credentials")}

    # -- what runs on it

    def bucket(self) -> None:
        """The bucket of the registry, which somebody makes before the first apply."""
        config = yaml.safe_load((self.folder / "repo" / "feature_store.yaml").read_text())
        bucket = config["registry"]["path"].removeprefix("s3://").partition("/")[0]
        client = f"boto3.client('s3', region_name='us-east-1', endpoint_url='{ENDPOINT}')"
        script = f"import boto3; {client}.create_bucket(Bucket='{bucket}')"
        environment = {**self._own, "AWS_SHARED_CREDENTIALS_FILE": str(self.folder / "credentials")}
        self._run("bucket", [str(DAGS / "python"), "-c", script], environment)

    def pipeline(self, end: str) -> dict[str, dict[str, Any]]:
        """A run of the pipeline, as Airflow's tasks would have it: what each set stored."""
        container = self._container("Deployment", "airflow-scheduler")
        library = f"{ROOT / 'dags'}:{ROOT / 'dags' / 'tests'}"
        own = {"MLOPS_FEATURE_STORE_DIR": str(self.folder / "contract"), "MLOPS_PUSHGATEWAY_URL": ""}
        environment = {**self._given(container), **own, "PYTHONPATH": library}
        script = Path(__file__).with_name("pipeline.py")
        said = self._run("pipeline", [str(DAGS / "python"), str(script), end], environment)
        found = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
        return {one["feature_set"]: one for one in found}

    def feast(self, *words: str) -> str:
        """What a command of Feast prints, in the repository, with the variables of the Job."""
        program = feast.program()
        if program is None:
            raise LiveError("Feast is not installed")
        environment = {**self._given(self._container("Job", "feast-apply")), "REDIS_PASSWORD": PASSWORD}
        return self._run("feast", [program, *words], environment, folder=self.folder / "repo")

    def logged(self, name: str) -> list[str]:
        """The lines of the last run of a program."""
        return (self.folder / f"{name}.out").read_text("utf-8", "replace").splitlines()

    def _run(self, name: str, command: list[str], environment: Mapping[str, str], folder: Path | None = None) -> str:
        """Started and not run: Feast looks for its own number in /proc."""
        out, ended = self.folder / f"{name}.out", self.folder / f"{name}.ended"
        ended.unlink(missing_ok=True)
        line = f"{shlex.join(command)} > {shlex.quote(str(out))} 2>&1; echo $? > {shlex.quote(str(ended))}"
        self.sandbox.start(
            name, ["sh", "-c", f"cd {shlex.quote(str(folder or self.folder / 'tmp'))} && {{ {line}; }}"], environment
        )
        wait(f"{name} to end", lambda: ended.is_file() and ended.read_text().strip(), 400)
        said = out.read_text("utf-8", "replace")
        if ended.read_text().strip() != "0":
            raise LiveError(f"{' '.join(command)}: {said[-3000:]}")
        return said

    def serve(self) -> None:
        """Start the feature server with the arguments of its Deployment, and wait until it is ready."""
        container = self._container("Deployment", "feast-server")
        program = feast.program()
        if program is None:
            raise LiveError("Feast is not installed")
        line = shlex.join([program, *container["args"]])
        environment = {**self._given(container), "REDIS_PASSWORD": PASSWORD}
        self.sandbox.start(
            "server", ["sh", "-c", f"cd {shlex.quote(str(self.folder / 'repo'))} && exec {line}"], environment
        )
        wait("feast serve", lambda: self._ask("GET /health") is not None, 180)

    def stop(self) -> None:
        """End the feature server and all its workers."""
        process = self.sandbox.processes()["server"]
        if process is None:
            raise LiveError(f"Feast has ended by itself: {self.sandbox.log_end('server')}")
        family = [found for found in map(sandbox.Process.of, process.family()) if found is not None]
        for one in family:
            one.kill()
        wait("Feast to be gone", lambda: not any(one.alive() for one in family), 20)

    def online(self, service: str, **entities: list[str]) -> dict[str, Any]:
        """The answer of the feature server."""
        body = json.dumps({"feature_service": service, "entities": entities})
        answer: dict[str, Any] = json.loads(self._ask("POST /get-online-features", body) or "null")
        return answer

    def _ask(self, what: str, body: str = "") -> str | None:
        with self.sandbox.connect(SERVER) as one:
            one.settimeout(30)
            head = [f"{what} HTTP/1.0", "Host: feast", "Content-Type: application/json", f"Content-Length: {len(body)}"]
            one.sendall("\r\n".join([*head, "", body]).encode())
            said = b""
            while data := one.recv(65536):
                said += data
        status, _, rest = said.decode().partition("\r\n")
        return rest.partition("\r\n\r\n")[2] if " 200 " in status else None
