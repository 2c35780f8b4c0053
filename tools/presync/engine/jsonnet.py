"""Jsonnet in a process of its own, bounded in time and memory; every import is asked for and answered here."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from presync.engine.client import TIMEOUT, EngineError, Worker

# (folder of the importing file, what it asks for) -> (path, content)
Import = Callable[[str, str], tuple[str, bytes]]


class ImportRefused(Exception):
    """The import is not there or not allowed; the message goes to Jsonnet."""


@dataclass(frozen=True, slots=True)
class Variables:
    """External variables and top-level arguments, as text or as code."""

    ext_vars: Mapping[str, str] = field(default_factory=dict)
    ext_codes: Mapping[str, str] = field(default_factory=dict)
    tla_vars: Mapping[str, str] = field(default_factory=dict)
    tla_codes: Mapping[str, str] = field(default_factory=dict)


def available() -> bool:
    """Whether the library is installed; not every platform has it."""
    return importlib.util.find_spec("_jsonnet") is not None


def evaluate(path: str, text: bytes, variables: Variables, find: Import, timeout: float = TIMEOUT) -> bytes:
    """The JSON that a file evaluates to.

    Raises:
        EngineError: Jsonnet's own message, or the bound that was exceeded.
    """
    deadline = time.monotonic() + timeout
    worker = Worker("presync.engine.jsonnet_worker")
    try:
        header: dict[str, object] = {
            "path": path,
            "variables": {
                name: dict(getattr(variables, name)) for name in ("ext_vars", "ext_codes", "tla_vars", "tla_codes")
            },
        }
        blobs = [text]
        while True:
            reply, out = worker.call(header, blobs, max(deadline - time.monotonic(), 0.0))
            if "error" in reply:
                raise EngineError(reply["error"], step="render")
            if "import" not in reply:
                return out[0]
            try:
                found, content = find(*reply["import"])
                header, blobs = {"path": found}, [content]
            except ImportRefused as error:
                header, blobs = {"error": str(error)}, []
    finally:
        worker.close()
