"""The log of the pipeline: every line starts with [DP], so that one search finds a run's own words."""

import logging
from collections.abc import MutableMapping
from typing import Any


class _Prefixed(logging.LoggerAdapter[logging.Logger]):
    def process(self, msg: Any, kwargs: MutableMapping[str, Any]) -> tuple[Any, MutableMapping[str, Any]]:
        return f"[DP] {msg}", kwargs


def logger(name: str) -> _Prefixed:
    return _Prefixed(logging.getLogger(name), {})
