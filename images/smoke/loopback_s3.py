"""As much of S3 as a client needs to write and read objects, in memory, on loopback: a smoke test has no network."""

from __future__ import annotations

import hashlib
import threading
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.objects: dict[str, bytes] = {}


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Silence: the smoke test says what it needs to."""

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _xml(self, status: int, text: str) -> None:
        self._answer(
            status,
            f'<?xml version="1.0" encoding="UTF-8"?>{text}'.encode(),
            Content_Type="application/xml",
        )

    def _path(self) -> tuple[str, str, dict[str, list[str]]]:
        parts = urlsplit(self.path)
        bucket, _, key = unquote(parts.path).lstrip("/").partition("/")
        return bucket, key, parse_qs(parts.query, keep_blank_values=True)

    def _body(self) -> bytes:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if "aws-chunked" not in self.headers.get("Content-Encoding", ""):
            return body
        out = b""
        while body:  # <length in hex>[;signature]\r\n<data>\r\n ... 0
            line, body = body.split(b"\r\n", 1)
            size = int(line.split(b";")[0], 16)
            if not size:
                break
            out, body = out + body[:size], body[size + 2 :]
        return out

    def do_PUT(self) -> None:
        bucket, key, query = self._path()
        body = self._body()
        if query or not self.headers.get("Authorization", "").startswith(
            "AWS4-HMAC-SHA256 "
        ):
            self._xml(501, "<Error><Code>NotImplemented</Code></Error>")
            return
        self.server.objects[f"{bucket}/{key}"] = body
        self._answer(200, ETag=_etag(body))

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        bucket, key, query = self._path()
        if not key:
            self._list(bucket, query)
            return
        body = self.server.objects.get(f"{bucket}/{key}")
        if body is None:
            self._xml(
                404, f"<Error><Code>NoSuchKey</Code><Key>{escape(key)}</Key></Error>"
            )
            return
        first, last = 0, len(body) - 1
        asked = self.headers.get("Range", "").removeprefix("bytes=")
        if asked:
            start, _, end = asked.partition("-")
            first = int(start) if start else len(body) - int(end)
            last = min(int(end), last) if start and end else last
        part = body[first : last + 1]
        headers = {
            "Accept_Ranges": "bytes",
            "Content_Length": str(len(part)),
            "Content_Type": "application/octet-stream",
            "ETag": _etag(body),
            "Last_Modified": formatdate(0, usegmt=True),
        }
        if asked:
            headers["Content_Range"] = f"bytes {first}-{last}/{len(body)}"
        self._answer(206 if asked else 200, part, **headers)

    def _list(self, bucket: str, query: dict[str, list[str]]) -> None:
        prefix, delimiter = (
            query.get("prefix", [""])[0],
            query.get("delimiter", [""])[0],
        )
        found, folders = [], set()
        for name, body in sorted(self.server.objects.items()):
            owner, _, key = name.partition("/")
            if owner != bucket or not key.startswith(prefix):
                continue
            rest = key[len(prefix) :]
            if delimiter and delimiter in rest:
                folders.add(prefix + rest.split(delimiter)[0] + delimiter)
                continue
            found.append(
                f"<Contents><Key>{escape(key)}</Key><Size>{len(body)}</Size><ETag>{escape(_etag(body))}</ETag>"
                "<LastModified>2026-01-01T00:00:00.000Z</LastModified><StorageClass>STANDARD</StorageClass></Contents>"
            )
        common = "".join(
            f"<CommonPrefixes><Prefix>{escape(name)}</Prefix></CommonPrefixes>"
            for name in sorted(folders)
        )
        self._xml(
            200,
            f"<ListBucketResult><Name>{escape(bucket)}</Name><Prefix>{escape(prefix)}</Prefix>"
            f"<KeyCount>{len(found) + len(folders)}</KeyCount><IsTruncated>false</IsTruncated>"
            f"{''.join(found)}{common}</ListBucketResult>",
        )


def _etag(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'


def start() -> str:
    """Serve until the process ends; the endpoint's address."""
    server = _Server()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}"
