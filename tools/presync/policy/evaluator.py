"""The parent's side: a watched worker, and what is left of a run when a template takes it down."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from presync.engine.client import EngineError, Worker
from presync.policy.model import PolicyError, Template, Violation

TIMEOUT = 20.0  # seconds for one template, one constraint and BATCH objects; the usual is 0.1
BATCH = 500
BOUNDS = {
    "time": "did not end within {seconds:.0f} s; does it loop over too much?",
    "memory": "needs more memory than a policy may take",
    "crash": "took its process down; is it nested or recursive beyond all measure?",
}


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


@dataclass(slots=True)
class Evaluator:
    """Use as a context manager. Templates are known by their key, reviews and inventories by their number."""

    timeout: float = TIMEOUT
    _worker: Worker | None = None
    _templates: dict[str, _Loaded] = field(default_factory=dict)
    _reviews: list[bytes] = field(default_factory=list)
    _inventories: list[bytes] = field(default_factory=list)

    def __enter__(self) -> Evaluator:
        return self

    def __exit__(self, *_: object) -> None:
        if self._worker is not None:
            self._worker.close()

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
        if self._worker is not None:
            self._send(self._worker)

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
        worker = self._started()
        try:
            reply, out = worker.call({"operation": operation, **header}, blobs, self.timeout)
        except EngineError as error:
            self._worker = None
            why = BOUNDS.get(error.bound, error.message).format(seconds=self.timeout)
            raise PolicyError(f"{template.kind} {why}") from None
        except BaseException:
            worker.close(kill=True)
            self._worker = None
            raise
        if "error" in reply:
            raise PolicyError(reply["error"], bool(reply.get("invalid")))
        return reply, out

    def _started(self) -> Worker:
        """The worker; a new one knows everything the one before knew, but the templates that failed."""
        if self._worker is None:
            self._worker = worker = Worker("presync.policy.worker")
            self._send(worker)
            for key, loaded in self._templates.items():
                if loaded.failed is None:
                    code = [json.dumps(loaded.template.code).encode()]
                    worker.call(
                        {"operation": "template", "key": key, "engine": loaded.template.engine}, code, self.timeout
                    )
        return self._worker

    def _send(self, worker: Worker) -> None:
        worker.call({"operation": "clear"}, [], self.timeout)
        for what, blobs in (("reviews", self._reviews), ("inventories", self._inventories)):
            if blobs:
                worker.call({"operation": "documents", "what": what}, blobs, self.timeout)
