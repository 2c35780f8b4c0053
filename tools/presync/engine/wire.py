"""How the engine talks to its workers: a JSON header and any number of binary blobs per message.

Frame: big-endian u32 length of the header, the header (JSON; its ``blobs`` lists their lengths), the blobs.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO

Reply = tuple[dict[str, Any], list[bytes]]  # header and blobs
_LENGTH = struct.Struct(">I")


def send(stream: BinaryIO, header: dict[str, Any], blobs: Sequence[bytes] = ()) -> None:
    """Write one message and flush it."""
    body = json.dumps({**header, "blobs": [len(blob) for blob in blobs]}).encode()
    stream.write(_LENGTH.pack(len(body)) + body)
    for blob in blobs:
        stream.write(blob)
    stream.flush()


def receive(stream: BinaryIO) -> tuple[dict[str, Any], list[bytes]]:
    """Read one message.

    Raises:
        EOFError: the other side is gone.
    """
    (length,) = _LENGTH.unpack(_exactly(stream, _LENGTH.size))
    header: dict[str, Any] = json.loads(_exactly(stream, length))
    return header, [_exactly(stream, size) for size in header.pop("blobs")]


def serve(requests: BinaryIO, replies: BinaryIO, answer: Callable[[dict[str, Any], list[bytes]], Reply]) -> None:
    """Answer until the input ends."""
    while True:
        try:
            header, blobs = receive(requests)
        except EOFError:
            return
        send(replies, *answer(header, blobs))


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError("the other side closed the pipe")
    return data
