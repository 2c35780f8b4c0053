"""Takes what Alertmanager sends to Slack, as Slack's webhooks take it, and writes it down.

    python -m monitoring.sink ADDRESS PORT FILE

FILE gets a line of JSON for each message: when it came (`at`), to which webhook (`path`), and what it says (`message`).
"""

from __future__ import annotations

import http.server
import json
import sys
import threading
import time
from pathlib import Path
from typing import Any


class Sink(http.server.ThreadingHTTPServer):
    """Bound where it is told to; `file` is all it remembers."""

    def __init__(self, address: str, port: int, file: Path) -> None:
        self.file = file
        self.lock = threading.Lock()
        file.touch()
        super().__init__((address, port), _Handler)

    def keep(self, path: str, message: dict[str, Any]) -> None:
        """Write a message down."""
        with self.lock, self.file.open("a", encoding="utf-8") as out:
            out.write(json.dumps({"at": time.time(), "path": path, "message": message}) + "\n")


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        said, status = b"ok", 200
        try:
            message = json.loads(body)
            if not (message.get("text") or message.get("attachments")):
                said, status = b"no_text", 400
        except (ValueError, AttributeError):
            said, status = b"invalid_payload", 400
        if status == 200 and isinstance(self.server, Sink):
            self.server.keep(self.path, message)
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: Any) -> None:
        """Nobody reads it."""


def read(file: Path) -> list[dict[str, Any]]:
    """What came so far. A line that is being written is not read."""
    text = file.read_text("utf-8") if file.is_file() else ""
    return [json.loads(line) for line in text.split("\n")[:-1]]


if __name__ == "__main__":
    Sink(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])).serve_forever()
