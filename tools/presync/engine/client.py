"""The parent's side of the engine: a small pool of workers, watched."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import queue
import select
import subprocess
import sys
import tarfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Self

from presync.engine import wire
from presync.engine.store import Store, question

TIMEOUT = 30.0  # seconds one request may take; the largest public charts need less than one
MEMORY = 1536 * 1024 * 1024  # bytes of resident memory a worker may reach
NO_NETWORK = (
    "http://127.0.0.1:9"  # a proxy that is not there; its address in an error tells that the network was wanted
)
_ADDRESS_SPACE = 8 * 1024 * 1024 * 1024  # Go reserves far more than it touches; this only stops a runaway between polls
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


class EngineError(Exception):
    """Helm refused, or a bound was exceeded (``bound`` is then ``time``, ``memory`` or ``crash``).

    ``step`` is where Helm stopped: ``load``, ``values``, ``render``, or empty.
    """

    def __init__(self, message: str, bound: str = "", step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.bound = bound
        self.step = step


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart as an archive in memory; ``files`` are relative to the chart's folder."""

    name: str
    files: Mapping[str, bytes] = field(repr=False)

    def archive(self) -> bytes:
        """The files as a ``.tgz`` that Helm loads without touching the disk."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
            for path, data in self.files.items():
                info = tarfile.TarInfo(f"{self.name}/{path}")
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
        return gzip.compress(buffer.getvalue(), 1, mtime=0)


@dataclass(frozen=True, slots=True)
class RenderRequest:
    """What ``helm template`` is called with; ``values`` are final (all layers merged)."""

    archive: bytes = field(repr=False)
    values: Mapping[str, Any]
    name: str
    namespace: str
    kube_version: str
    api_versions: tuple[str, ...] = ()
    include_crds: bool = True


@dataclass(frozen=True, slots=True)
class Rendered:
    """One document of the output: the template it came from, its text, and its data where Go could give it as JSON.

    ``error`` is why Go cannot read the text as a mapping; ``crd`` tells a file of ``crds/`` from a template.
    """

    source: str
    text: str
    json: bytes
    error: str = ""
    crd: bool = False

    def data(self) -> Any:
        """The document's data; None where ``json`` is empty and the text must be parsed by the caller."""
        return json.loads(self.json) if self.json else None


class Worker:
    """One watched process that runs a module of the engine and speaks its wire format."""

    def __init__(self, module: str = "presync.engine.worker") -> None:
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "GOGC": "300",
            "GOTRACEBACK": "none",
            "LANG": "C.UTF-8",
            # A schema may point to others with $ref; the library would fetch them. Nothing listens on this port.
            **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY"), NO_NETWORK),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-m", module, str(_ADDRESS_SPACE)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        assert self.process.stdin is not None and self.process.stdout is not None  # noqa: S101 - for mypy
        self.stdin: IO[bytes] = self.process.stdin
        self.stdout: IO[bytes] = self.process.stdout

    def call(
        self, header: dict[str, Any], blobs: Sequence[bytes], timeout: float
    ) -> tuple[dict[str, Any], list[bytes]]:
        """One message and its answer.

        Raises:
            EngineError: a bound was exceeded, or the process died; it is gone then.
        """
        try:
            wire.send(self.stdin, header, blobs)  # type: ignore[arg-type]
            self._wait(timeout)
            return wire.receive(self.stdout)  # type: ignore[arg-type]
        except (EOFError, BrokenPipeError):
            self.close(kill=True)
            code = self.process.wait()
            raise EngineError(f"the render process died (status {code})", "crash") from None

    def _wait(self, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        pause = 0.2
        while not select.select([self.stdout], [], [], pause)[0]:
            if time.monotonic() > deadline:
                self.close(kill=True)
                raise EngineError(f"not finished after {timeout:.0f} s; does a template loop?", "time")
            used = self._resident()
            if used > MEMORY:
                self.close(kill=True)
                raise EngineError(f"needs more than {MEMORY // 2**20} MiB of memory", "memory")

    def _resident(self) -> int:
        try:
            return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * _PAGE
        except (OSError, IndexError, ValueError):
            return 0  # no /proc here, or the process is gone: the read that follows says so

    def close(self, kill: bool = False) -> None:
        """End the process."""
        if kill:
            self.process.kill()
        for stream in (self.stdin, self.stdout):
            with contextlib.suppress(OSError):
                stream.close()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Engine:
    """A pool of workers; use as a context manager. Safe to call from several threads.

    With a ``store``, what was asked before is not asked again; it is closed with the engine.
    """

    def __init__(self, workers: int | None = None, timeout: float = TIMEOUT, store: Store | None = None) -> None:
        self.size = workers or min(os.cpu_count() or 1, 4)
        self.timeout = timeout
        self.store = store
        self._idle: queue.LifoQueue[Worker | None] = queue.LifoQueue()
        for _ in range(self.size):
            self._idle.put(None)  # a worker is started when it is first needed
        self._closed = False
        self._stopped = False
        self._busy: set[Worker] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Start every worker now, so that loading the library overlaps with reading the tree."""
        for _ in range(self.size):
            self._idle.get()
        for _ in range(self.size):
            self._idle.put(Worker())

    def close(self) -> None:
        """End the workers."""
        if self._closed:
            return
        self._closed = True
        while not self._idle.empty():
            worker = self._idle.get()
            if worker is not None:
                worker.close()
        if self.store is not None:
            self.store.close()

    def stop(self) -> None:
        """Give up what is being asked, at once: every call that runs or comes fails."""
        self._stopped = True
        for worker in tuple(self._busy):
            worker.process.kill()  # its thread sees the end of the answer

    def call(self, operation: str, blobs: Sequence[bytes] = (), **header: Any) -> tuple[dict[str, Any], list[bytes]]:
        """One request to the next free worker, unless the store has the answer.

        Raises:
            EngineError: Helm's own message, or the bound that was exceeded.
        """
        message = {"operation": operation, **header}
        if self.store is None:
            reply, out = self._ask(message, blobs)
        else:
            key = question(message, blobs)
            known = self.store.get(key)
            if known is None:
                reply, out = self._ask(message, blobs)
                answer = io.BytesIO()
                wire.send(answer, reply, out)
                self.store.put(key, answer.getvalue())
            else:
                reply, out = wire.receive(io.BytesIO(known))
        if "error" in reply:
            raise EngineError(reply["error"], step=reply.get("step", ""))
        return reply, out

    def _ask(self, message: dict[str, Any], blobs: Sequence[bytes]) -> tuple[dict[str, Any], list[bytes]]:
        worker = self._idle.get()
        asked = None
        try:
            asked = worker = worker or Worker()
            self._busy.add(asked)
            if self._stopped:
                raise EngineError("given up", "crash")
            return asked.call(message, blobs, self.timeout)
        except EngineError:
            worker = None
            raise
        except BaseException:
            if worker is not None:
                worker.close(kill=True)
                worker = None
            raise
        finally:
            if asked is not None:
                self._busy.discard(asked)
            self._idle.put(worker)

    def render(self, request: RenderRequest) -> list[Rendered]:
        """``helm template``: every document, CRDs first, then by path of its template."""
        reply, blobs = self.call(
            "render",
            [request.archive],
            values=json.dumps(request.values),
            name=request.name,
            namespace=request.namespace,
            kube_version=request.kube_version,
            api_versions=list(request.api_versions),
            include_crds=request.include_crds,
        )
        return [
            Rendered(
                document["source"],
                blobs[2 * index].decode(),
                blobs[2 * index + 1],
                document["error"],
                document["crd"],
            )
            for index, document in enumerate(reply["documents"])
        ]

    def variants(
        self, request: RenderRequest, changes: Sequence[Sequence[tuple[Sequence[str], Any]]]
    ) -> list[dict[str, str | None] | None]:
        """What the templates give with some values changed: first everything as it is, then what differs, per change.

        None stands for a change the chart refuses; a template without output any more is None in its mapping.
        """
        _, blobs = self.call(
            "variants",
            [request.archive],
            values=json.dumps(request.values),
            name=request.name,
            namespace=request.namespace,
            kube_version=request.kube_version,
            api_versions=list(request.api_versions),
            variants=[[[list(path), value] for path, value in one] for one in changes],
        )
        return [json.loads(blob).get("files") for blob in blobs]

    def values(self, *texts: bytes) -> list[dict[str, Any]]:
        """YAML documents as Helm reads values, each on its own."""
        return [json.loads(blob) or {} for blob in self.call("values", texts)[1]]

    def evaluate(self, archive: bytes, values: Mapping[str, Any]) -> str:
        """What the only template of a small chart gives."""
        _, blobs = self.call("templates", [archive], values=json.dumps(values), strict=False)
        return "".join(json.loads(blobs[0]).values()).strip()
