"""The parent's side: a watched worker, and what is left of a run when a template takes it down."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from presync.engine.client import Worker
from presync.policy.model import PolicyError, Template, Violation
from presync.policy.watched import TakenDownError, Watched

TIMEOUT = 20.0  # seconds for one template, one constraint and BATCH objects; the usual is 0.1
BATCH = 500


@dataclass(frozen=True, slots=True)
class Said:
    """What a template said about a review: a violation, or why it could not tell."""

    review: int
    violation: Violation | None = None
    error: str = ""


@dataclass(slots=True)
class _Loaded:
    template: Template
    failed: PolicyError | None = None
    inventory: bool = False


class Evaluator:
    """Use as a context manager. Templates are known by their key, reviews and inventories by their number."""

    def __init__(self, timeout: float = TIMEOUT) -> None:
        self._watched = Watched(timeout, self._tell)
        self._templates: dict[str, _Loaded] = {}
        self._reviews: list[bytes] = []
        self._inventories: list[bytes] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *what: object) -> None:
        self._watched.__exit__(*what)

    def load(self, key: str, template: Template) -> bool:
        """Compile a template; tells whether it reads the inventory.

        Raises:
            PolicyError: it cannot be compiled, or may not be run.
        """
        loaded = _Loaded(template)
        try:
            code = [json.dumps(template.code).encode()]
            reply, _ = self._call(template, "template", code, key=key, engine=template.engine)
            loaded.inventory = bool(reply["inventory"])
        except PolicyError as error:
            loaded.failed = error
            raise
        finally:
            self._templates[key] = loaded  # only now: a worker that is started meanwhile must not load it too
        return loaded.inventory

    def documents(self, reviews: Sequence[bytes], inventories: Sequence[bytes] = ()) -> None:
        """Replace what there is to judge; each is JSON."""
        self._reviews, self._inventories = list(reviews), list(inventories)
        if self._watched.worker is not None:
            self._send(self._watched.worker)

    def evaluate(
        self, key: str, parameters: Mapping[str, Any], reviews: Sequence[int], inventory: int = -1
    ) -> Iterator[Said]:
        """What a loaded template says with these parameters.

        Raises:
            PolicyError: a bound was exceeded; the template is not asked again.
        """
        loaded = self._templates[key]
        if loaded.failed is not None:
            raise loaded.failed
        packed = [json.dumps(parameters).encode()]
        for start in range(0, len(reviews), BATCH):
            header = {"key": key, "reviews": list(reviews[start : start + BATCH]), "inventory": inventory}
            try:
                _, blobs = self._call(loaded.template, "evaluate", packed, **header)
            except PolicyError as error:
                loaded.failed = error
                raise
            for one in json.loads(blobs[0]):
                if "error" in one:
                    yield Said(one["review"], error=one["error"])
                else:
                    yield Said(one["review"], Violation(one["msg"], one["details"]))

    def _call(
        self, template: Template, operation: str, blobs: Sequence[bytes], **header: Any
    ) -> tuple[dict[str, Any], list[bytes]]:
        try:
            reply, out = self._watched.call({"operation": operation, **header}, blobs)
        except TakenDownError as error:
            raise PolicyError(f"{template.kind} {error}") from None
        if "error" in reply:
            raise PolicyError(reply["error"], bool(reply.get("invalid")))
        return reply, out

    def _tell(self, worker: Worker) -> None:
        """Everything the worker before knew, but the templates that failed."""
        self._send(worker)
        for key, loaded in self._templates.items():
            if loaded.failed is None:
                code = [json.dumps(loaded.template.code).encode()]
                header = {"operation": "template", "key": key, "engine": loaded.template.engine}
                worker.call(header, code, self._watched.timeout)

    def _send(self, worker: Worker) -> None:
        worker.call({"operation": "clear"}, [], self._watched.timeout)
        for what, blobs in (("reviews", self._reviews), ("inventories", self._inventories)):
            if blobs:
                worker.call({"operation": "documents", "what": what}, blobs, self._watched.timeout)
