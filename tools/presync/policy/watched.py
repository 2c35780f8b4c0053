"""A worker that is started when it is needed, and again after it was taken down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Self

from presync.engine.client import EngineError, Worker

_REASONS = {
    "time": "did not end within {seconds:.0f} s; does it loop over too much?",
    "memory": "needs more memory than a policy may take",
    "crash": "took its process down; is it nested or recursive beyond all measure?",
}


class TakenDownError(Exception):
    """The worker is gone; the message goes on after the name of what was asked."""


class Watched:
    """Use as a context manager. ``prepare`` tells a new worker what the one before knew."""

    def __init__(self, timeout: float, prepare: Callable[[Worker], None] = lambda _: None) -> None:
        self.timeout = timeout  # seconds for one question
        self.worker: Worker | None = None  # None until somebody asks
        self._prepare = prepare

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.worker is not None:
            self.worker.close()

    def call(self, header: dict[str, Any], blobs: Sequence[bytes]) -> tuple[dict[str, Any], list[bytes]]:
        """Ask.

        Raises:
            TakenDownError: a bound was exceeded, or the process died.
        """
        new = self.worker is None
        worker = self.worker = self.worker or Worker("presync.policy.worker")
        try:
            if new:
                self._prepare(worker)
            return worker.call(header, blobs, self.timeout)
        except EngineError as error:
            self.worker = None
            raise TakenDownError(_REASONS.get(error.bound, error.message).format(seconds=self.timeout)) from None
        except BaseException:
            worker.close(kill=True)  # Ctrl-C: nobody will read the answer
            self.worker = None
            raise
