"""A private corner of the machine for one instance: its own network (nothing but lo), mounts and processes.

* Ports never collide and nothing inside can reach out or be reached: several instances run side by side.
* The first process of the corner is its holder. When that ends, the kernel ends every other process of the corner,
  including those that a program started and nobody wrote down. The holder reads from a pipe that the driver keeps
  open, so it also ends when the driver is killed.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shlex
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO

COMMANDS = ("unshare", "nsenter", "ip", "mount")
_NEW_NETWORK = 0x40000000
_OPEN_SECONDS = 10.0
_CLOSE_SECONDS = 15.0


class SandboxError(Exception):
    """The private corner could not be made, entered or left."""


def unavailable() -> str | None:
    """Why this machine cannot make one, or None."""
    absent = [name for name in COMMANDS if shutil.which(name) is None]
    if absent:
        return f"not installed: {', '.join(absent)}"
    if os.geteuid() != 0:
        return "needs root, for private network and mount namespaces"
    tried = subprocess.run(
        ["unshare", "--net", "--mount", "--pid", "--fork", "true"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return f"namespaces are not allowed here: {tried.stderr.strip()}" if tried.returncode else None


@dataclass(frozen=True)
class Process:
    """A process, and when it started: a number alone may come to mean another process."""

    pid: int
    ticks: int

    @classmethod
    def of(cls, pid: int) -> Process | None:
        """The process that has this number now."""
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
        except OSError:
            return None
        fields = stat.rpartition(")")[2].split()
        return None if fields[0] in "ZX" else cls(pid, int(fields[19]))

    @classmethod
    def read(cls, file: Path) -> Process | None:
        """As it was written down, if it still runs."""
        try:
            pid, ticks = file.read_text(encoding="ascii").split()
        except (OSError, ValueError):
            return None
        found = cls(int(pid), int(ticks))
        return found if found.alive() else None

    def write(self, file: Path) -> None:
        """Write it down for whoever ends it."""
        file.write_text(f"{self.pid} {self.ticks}\n", encoding="ascii")

    def alive(self) -> bool:
        """Whether it still runs."""
        return Process.of(self.pid) == self

    def kill(self) -> None:
        """End it at once."""
        if self.alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def family(self) -> list[int]:
        """Its number and those of its children, theirs, and so on."""
        parents: dict[int, list[int]] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError, ValueError, IndexError):
                    stat = (entry / "stat").read_text(encoding="ascii", errors="replace")
                    parents.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry.name))
        found = [self.pid]
        for pid in found:
            found.extend(parents.get(pid, []))
        return found


def resident_bytes(pid: int) -> int:
    """Memory a process holds, 0 when it is gone."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


class _Dialer:
    """A thread that has entered the private network: a socket made there stays there, whoever uses it afterwards."""

    def __init__(self, holder: int) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="dialer")
        self._pool.submit(self._enter, holder).result()

    @staticmethod
    def _enter(holder: int) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        with Path(f"/proc/{holder}/ns/net").open("rb") as namespace:
            if libc.setns(namespace.fileno(), _NEW_NETWORK) != 0:
                raise SandboxError(f"cannot enter the private network: {os.strerror(ctypes.get_errno())}")

    def connect(self, port: int) -> socket.socket:
        return self._pool.submit(socket.create_connection, ("127.0.0.1", port), 5.0).result()

    def close(self) -> None:
        self._pool.shutdown()


class Sandbox:
    """Made by `open` or found again by `attach`; ended by `close`. Its files are below one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hosts = folder / "hosts"
        self.logs = folder / "log"
        self._pids = folder / "pids"
        self._holder: Process | None = None
        self._dialer: _Dialer | None = None
        self._dialer_lock = threading.Lock()
        self._children: list[subprocess.Popen[bytes]] = []
        self._lifeline: IO[bytes] | None = None

    # -- its life

    def open(self, *, detached: bool = False) -> None:
        """Make it. A detached one stays when this process ends, until somebody calls `close`."""
        for folder in (self._pids, self.logs, self.folder / "tmp"):
            folder.mkdir(parents=True, exist_ok=True)
        self.hosts.write_text("127.0.0.1 localhost kubernetes.default.svc\n", encoding="ascii")
        resolver = self.folder / "resolv.conf"
        resolver.write_text("nameserver 127.0.0.1\noptions attempts:1 timeout:1\n", encoding="ascii")
        # /proc still shows all of the machine when the first line runs: the number is the one known outside.
        script = "\n".join(
            [
                "set -e",
                f"cut -d ' ' -f 4 /proc/self/stat > {shlex.quote(str(self._pids / 'outside'))}",
                "ip link set lo up",
                f"mount --bind {shlex.quote(str(self.hosts))} /etc/hosts",
                f"mount --bind {shlex.quote(str(resolver))} /etc/resolv.conf",
                "mount -t proc proc /proc",
                "echo ready",
                "exec sleep infinity" if detached else "exec cat > /dev/null",
            ]
        )
        with (self.logs / "sandbox.log").open("wb") as log:
            child = subprocess.Popen(
                ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", script],
                stdin=subprocess.DEVNULL if detached else subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        self._children.append(child)
        self._lifeline = child.stdin
        keeper = Process.of(child.pid)
        if keeper is not None:
            keeper.write(self._pids / "unshare")
        if child.stdout is None or child.stdout.readline() != b"ready\n":
            raise SandboxError(f"no private namespaces: {self.log_end('sandbox')}")
        child.stdout.close()
        self._holder = Process.of(int((self._pids / "outside").read_text(encoding="ascii")))
        if self._holder is None:
            raise SandboxError("the holder of the private namespaces ended at once")
        self._holder.write(self._pids / "holder")

    def attach(self) -> bool:
        """Find the one that was opened in this folder; False when none runs."""
        self._holder = Process.read(self._pids / "holder")
        return self._holder is not None

    @property
    def alive(self) -> bool:
        """Whether its holder runs."""
        return self._holder is not None and self._holder.alive()

    def close(self) -> None:
        """End every process in it, and see that they are gone."""
        recorded = [found for found in map(Process.read, sorted(self._pids.glob("*"))) if found is not None]
        if self._dialer is not None:
            self._dialer.close()
            self._dialer = None
        holder = self._holder or Process.read(self._pids / "holder")
        if holder is not None:
            holder.kill()
        if self._lifeline is not None:
            with contextlib.suppress(OSError):
                self._lifeline.close()
        # The kernel lets the holder go only after every process of the namespace, so these end by themselves.
        deadline = time.monotonic() + _CLOSE_SECONDS
        for child in self._children:
            try:
                child.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        while any(process.alive() for process in recorded) and time.monotonic() < deadline:
            time.sleep(0.02)
        for process in recorded:
            process.kill()
        self._children.clear()
        self._holder = None
        for file in self._pids.glob("*"):
            file.unlink()

    # -- what happens in it

    def _enter(self, *, processes: bool) -> list[str]:
        if self._holder is None or not self._holder.alive():
            raise SandboxError(f"nothing runs in {self.folder}")
        spaces = ["--net", "--mount", *(["--pid"] if processes else [])]
        return ["nsenter", "--target", str(self._holder.pid), *spaces, f"--wd={self.folder / 'tmp'}", "--"]

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start a program that stays, with its own log."""
        with (self.logs / f"{name}.log").open("ab") as log:
            child = subprocess.Popen(
                [*self._enter(processes=True), *command],
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._children.append(child)
        process = Process.of(child.pid)
        if process is None:
            raise SandboxError(f"{name} ended at once: {self.log_end(name)}")
        process.write(self._pids / name)

    def run(
        self, command: Sequence[str], environment: Mapping[str, str], seconds: float = 60, text: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run a command that ends."""
        return subprocess.run(
            [*self._enter(processes=False), *command],
            env=dict(environment),
            input=text,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def interactive(self, command: Sequence[str], environment: Mapping[str, str], folder: Path) -> int:
        """Run a command on this terminal, in a folder of the caller's choice."""
        enter = self._enter(processes=False)
        enter[-2] = f"--wd={folder}"
        return subprocess.run([*enter, *command], env=dict(environment), check=False).returncode

    def connect(self, port: int) -> socket.socket:
        """A connection to a port of the private network, usable from here."""
        with self._dialer_lock:
            if self._dialer is None:
                if self._holder is None:
                    raise SandboxError(f"nothing runs in {self.folder}")
                self._dialer = _Dialer(self._holder.pid)
        return self._dialer.connect(port)

    def add_host(self, name: str) -> None:
        """Make a host name mean this machine, inside. The file is mounted, so it is extended in place."""
        known = self.hosts.read_text(encoding="ascii").split()
        if name not in known:
            with self.hosts.open("a", encoding="ascii") as hosts:
                hosts.write(f"127.0.0.1 {name}\n")

    # -- what can be seen of it

    def processes(self) -> dict[str, Process | None]:
        """Every program that was started, None where it has ended."""
        skip = {"outside", "holder", "unshare"}
        return {file.name: Process.read(file) for file in sorted(self._pids.glob("*")) if file.name not in skip}

    def log_end(self, name: str, lines: int = 6) -> str:
        """The last lines a program wrote."""
        try:
            text = (self.logs / f"{name}.log").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
        return "\n".join(text.strip().splitlines()[-lines:])
