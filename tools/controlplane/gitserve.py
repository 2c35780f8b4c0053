"""Answers any http(s) git or chart-repository URL from a local directory.

The server runs inside the sandbox, where every host name it serves means this machine. Which URL is which directory
stands in a table (JSON) that the driver rewrites while the server runs.
"""

from __future__ import annotations

import http.server
import json
import os
import re
import socketserver
import ssl
import subprocess
import sys
import threading
import urllib.parse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from controlplane import pki

_GIT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    # The same files give the same commit, whenever they are served.
    "GIT_AUTHOR_NAME": "control plane",
    "GIT_AUTHOR_EMAIL": "control-plane@example.com",
    "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
    "GIT_COMMITTER_NAME": "control plane",
    "GIT_COMMITTER_EMAIL": "control-plane@example.com",
    "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
}


# -- the driver's side


def git(*arguments: str, folder: Path, environment: dict[str, str] | None = None) -> str:
    """Standard output of git, which neither reads nor writes any configuration of this machine."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    answer = subprocess.run(
        ["git", "-c", "safe.directory=*", *arguments],
        cwd=folder,
        env={**clean, **_GIT, **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode:
        raise RuntimeError(f"git {arguments[0]} in {folder}: {answer.stderr.strip()}")
    return answer.stdout.strip()


def is_repository(folder: Path) -> bool:
    """Whether the folder is a git directory, not a work tree."""
    return (folder / "HEAD").is_file() and (folder / "objects").is_dir() and (folder / "refs").is_dir()


def commit_tree(folder: Path, repository: Path, revisions: tuple[str, ...]) -> str:
    """Commit what a work tree holds now (without what it ignores) to branches of a bare repository; the commit.

    The work tree is only read. A second call with other files adds a commit, as a push would.
    """
    if not repository.is_dir():
        git("init", "--quiet", "--bare", "--initial-branch=main", str(repository), folder=repository.parent)
    places = {"GIT_DIR": str(repository), "GIT_WORK_TREE": str(folder), "GIT_INDEX_FILE": str(repository / "index")}
    git("-c", "core.bare=false", "-c", "core.autocrlf=false", "add", "-A", ".", folder=folder, environment=places)
    tree = git("write-tree", folder=folder, environment=places)
    old = git("for-each-ref", "--format=%(objectname) %(tree)", "refs/heads/main", folder=repository).split()
    if old and old[1] == tree:
        commit = old[0]
    else:
        parents = ["-p", old[0]] if old else []
        commit = git("commit-tree", tree, *parents, "-m", "What the folder holds", folder=folder, environment=places)
    for name in ("main", *revisions):
        git("update-ref", name if name.startswith("refs/") else f"refs/heads/{name}", commit, folder=repository)
    return commit


# -- the server's side


@dataclass(frozen=True)
class Served:
    """A URL and the directory that answers for it."""

    host: str
    path: str
    folder: Path


class Table:
    """The file that says which URL is which directory, read again when it has changed."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._stamp = -1
        self._entries: list[Served] = []
        self._lock = threading.Lock()

    def find(self, host: str, path: str) -> tuple[Served, str] | None:
        """The entry with the longest path that answers, and the rest of the path. `.git` makes no difference."""
        with self._lock:
            stamp = self._file.stat().st_mtime_ns
            if stamp != self._stamp:
                read: dict[str, str] = json.loads(self._file.read_text(encoding="utf-8"))
                split = [(urllib.parse.urlsplit(url), Path(folder)) for url, folder in read.items()]
                self._entries = [
                    Served((url.hostname or "").lower(), url.path.rstrip("/").removesuffix(".git"), folder)
                    for url, folder in split
                ]
                self._entries.sort(key=lambda entry: -len(entry.path))
                self._stamp = stamp
        for entry in self._entries:
            if entry.host == host:
                for base in (f"{entry.path}.git", entry.path):
                    if path == base or path.startswith(f"{base}/"):
                        return entry, path[len(base) :]
        return None


class Certificates:
    """A certificate for whatever host name a client asks for, made when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[str, ssl.SSLContext] = {}
        self._lock = threading.Lock()

    def context(self, host: str) -> ssl.SSLContext:
        """For one host."""
        with self._lock:
            if host not in self._made:
                file = f"host-{re.sub('[^a-z0-9.-]', '_', host)}"
                pki.certificate(self._folder, file, [f"DNS:{host}", "IP:127.0.0.1"])
                made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                made.load_cert_chain(self._folder / f"{file}.crt", self._folder / f"{file}.key")
                self._made[host] = made
            return self._made[host]

    def choose(self, connection: ssl.SSLObject | ssl.SSLSocket, host: str | None, _: ssl.SSLContext) -> None:
        """Called by ssl while a client introduces itself."""
        if host:
            connection.context = self.context(host.lower())


class Handler(http.server.BaseHTTPRequestHandler):
    """git's smart protocol for a git directory, plain files for any other."""

    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, format: str, *arguments: object) -> None:
        """One line a request, with the host."""
        sys.stderr.write(f"{self.headers.get('Host')} {format % arguments}\n")

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        pieces = []
        while size := int(self.rfile.readline().split(b";")[0].strip() or b"0", 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(pieces)

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _refuse(self, text: str) -> None:
        self._answer(404, {"Content-Type": "text/plain"}, f"{text}\n".encode())

    def _file(self, folder: Path, rest: str) -> None:
        file = folder / (rest.lstrip("/") or "index.yaml")
        if file.is_file():
            self._answer(200, {"Content-Type": "application/octet-stream"}, file.read_bytes())
        else:
            self._refuse("no such file")

    def _git(self, folder: Path, rest: str, query: str, body: bytes) -> None:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
            **_GIT,
            "GIT_PROJECT_ROOT": str(folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "PATH_INFO": rest or "/",
            "REQUEST_METHOD": self.command,
            "QUERY_STRING": query,
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
        }
        command = ["git", "-c", "safe.directory=*", "http-backend"]
        answer = subprocess.run(command, input=body, env=environment, capture_output=True, check=False)
        sys.stderr.write(answer.stderr.decode("utf-8", "replace"))
        head, _, content = answer.stdout.partition(b"\r\n\r\n")
        fields = (line.partition(": ") for line in head.decode("latin-1").split("\r\n"))
        headers = {name: value for name, _, value in fields if name}
        status = int(headers.pop("Status", "200 OK" if head else "500 Internal Server Error").split()[0])
        self._answer(status, headers, content)

    def _serve(self) -> None:
        url = urllib.parse.urlsplit(self.path)
        path = urllib.parse.unquote(url.path)
        host = (self.headers.get("Host") or "").rpartition("@")[2].split(":")[0].lower()
        body = self._body()
        found = self.server.table.find(host, path)
        if found is None or ".." in path.split("/"):
            self._refuse(f"nothing is served as {host}{path}")
        elif is_repository(found[0].folder):
            self._git(found[0].folder, found[1], url.query, body)
        else:
            self._file(found[0].folder, found[1])

    do_GET = do_POST = do_HEAD = _serve


class Server(http.server.ThreadingHTTPServer):
    """One thread a connection; the TLS handshake happens there too, so that a slow client holds up nobody."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, table: Table, tls: ssl.SSLContext | None) -> None:
        self.table = table
        self.tls = tls
        super().__init__(("127.0.0.1", port), Handler)

    def server_bind(self) -> None:
        """Without the look-up of the machine's own name that the base class does."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "localhost", self.server_address[1]

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Speak TLS where it is wanted, then HTTP."""
        request.settimeout(120)
        try:
            if self.tls is None:
                super().finish_request(request, client_address)
                return
            with self.tls.wrap_socket(request, server_side=True) as secured:
                super().finish_request(secured, client_address)
        except (ssl.SSLError, ConnectionError, TimeoutError) as error:
            sys.stderr.write(f"connection: {error}\n")


def main(table_file: str, certificates: str) -> None:
    """Serve until the sandbox ends."""
    table = Table(Path(table_file))
    made = Certificates(Path(certificates))
    tls = made.context("localhost")
    tls.sni_callback = made.choose
    plain = Server(80, table, None)
    threading.Thread(target=plain.serve_forever, daemon=True).start()
    Server(443, table, tls).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
