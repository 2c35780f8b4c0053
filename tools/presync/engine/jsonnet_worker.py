"""The Jsonnet process: one file from standard input, its imports asked for one by one, the result, the end."""

from __future__ import annotations

import os
import signal
import sys
from typing import BinaryIO

import _jsonnet

from presync.engine import wire
from presync.engine.limits import limit_memory

MAX_STACK = 500  # the library's own default


def serve(requests: BinaryIO, replies: BinaryIO) -> None:
    """Evaluate one file."""
    header, blobs = wire.receive(requests)

    def find(folder: str, wanted: str) -> tuple[str, bytes]:
        wire.send(replies, {"import": [folder, wanted]})
        answer, content = wire.receive(requests)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["path"], content[0]

    try:
        text: str = _jsonnet.evaluate_snippet(
            header["path"],
            blobs[0].decode(),
            max_stack=MAX_STACK,
            import_callback=find,
            **header["variables"],
        )
    except (RuntimeError, UnicodeDecodeError) as error:
        wire.send(replies, {"error": str(error)})
    else:
        wire.send(replies, {}, [text.encode()])


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    limit_memory(int(sys.argv[1]))
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, replies)


if __name__ == "__main__":
    main()
