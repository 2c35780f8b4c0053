"""Jsonnet: recognised, not evaluated."""

from __future__ import annotations

from presync.render.failure import Unavailable
from presync.render.result import Output
from presync.render.run import Run
from presync.render.source import Prepared


def evaluate(prepared: Prepared, run: Run, path: str) -> Output:
    """The objects of one ``.jsonnet`` file.

    Raises:
        Unavailable: always.
    """
    raise Unavailable(
        "jsonnet-unsupported",
        f"{path} is Jsonnet, which presync does not evaluate",
        "Render it to YAML in the repository, or list the source under `externals:` in presync.yaml.",
    )
