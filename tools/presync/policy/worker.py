"""The process that parses and evaluates templates: reads requests from standard input, ends with its input."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from presync.engine import wire
from presync.engine.limits import limit_memory
from presync.policy.model import CEL, PolicyError

RECURSION = 20_000  # frames; trees of deeply nested policies are walked without recursion, but read by json


class State:
    """What was loaded."""

    def __init__(self) -> None:
        self.programs: dict[str, Any] = {}
        self.reviews: list[str] = []
        self.inventories: list[str] = []
        self.current: dict[str, int] = {}  # template to the inventory it was given
        self.rules: Any = None  # of CRDs

    def template(self, header: dict[str, Any], blobs: list[bytes]) -> wire.Reply:
        """Compile a template under a key."""
        code = json.loads(blobs[0])
        if header["engine"] == CEL:
            from presync.policy.cel.program import Program as CelProgram  # noqa: PLC0415 - 80 ms

            self.programs[header["key"]] = CelProgram(code)
        else:
            from presync.policy.rego.program import Program  # noqa: PLC0415

            self.programs[header["key"]] = Program(code)
        return {"inventory": self.programs[header["key"]].reads_inventory}, []

    def documents(self, header: dict[str, Any], blobs: list[bytes]) -> wire.Reply:
        """Reviews, numbered in order, and inventories."""
        own = self.reviews if header["what"] == "reviews" else self.inventories
        own += [blob.decode() for blob in blobs]
        return {}, []

    def clear(self, header: dict[str, Any], blobs: list[bytes]) -> wire.Reply:
        """Forget reviews and inventories."""
        self.reviews.clear()
        self.inventories.clear()
        self.current.clear()
        return {}, []

    def evaluate(self, header: dict[str, Any], blobs: list[bytes]) -> wire.Reply:
        """A template with one constraint's parameters on some reviews; an error concerns one review."""
        program, key = self.programs[header["key"]], header["key"]
        wanted = header["inventory"]
        if program.reads_inventory and self.current.get(key) != wanted:
            program.set_inventory(self.inventories[wanted] if wanted >= 0 else "")
            self.current[key] = wanted
        parameters = blobs[0].decode()
        found: list[dict[str, Any]] = []
        for number in header["reviews"]:
            document = f'{{"review":{self.reviews[number]},"parameters":{parameters}}}'
            try:
                said = program.violations(document)
            except PolicyError as error:
                found.append({"review": number, "error": error.message})
                continue
            found += [{"review": number, **one} for one in said]
        return {}, [json.dumps(found).encode()]

    def crd(self, header: dict[str, Any], blobs: list[bytes]) -> wire.Reply:
        """A rule of a CRD about a value."""
        if self.rules is None:
            from presync.policy.cel.crd import Rules  # noqa: PLC0415 - 80 ms

            self.rules = Rules()
        return self.rules.ask(header["rule"], json.loads(blobs[0])), []


def answering() -> Callable[[dict[str, Any], list[bytes]], wire.Reply]:
    """What answers, with its memory."""
    state = State()
    operations: dict[str, Callable[[dict[str, Any], list[bytes]], wire.Reply]] = {
        "template": state.template,
        "documents": state.documents,
        "clear": state.clear,
        "evaluate": state.evaluate,
        "crd": state.crd,
    }

    def answer(header: dict[str, Any], blobs: list[bytes]) -> wire.Reply:
        try:
            return operations[header["operation"]](header, blobs)
        except PolicyError as error:
            return {"error": error.message, "invalid": error.invalid}, []
        except Exception as error:  # noqa: BLE001 - told as a finding; the next template may be fine
            return {"error": f"{type(error).__name__}: {error}", "invalid": False}, []

    return answer


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business; it closes the pipe
    limit_memory(int(sys.argv[1]))
    sys.setrecursionlimit(RECURSION)
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    wire.serve(sys.stdin.buffer, replies, answering())


if __name__ == "__main__":
    main()
