"""Names that Kubernetes accepts, as Argo CD makes them of any text."""

from __future__ import annotations

import re

_INVALID = re.compile(r"[^-a-z0-9.]")
MAX_NAME = 253


def normalize(name: str) -> str:
    """``normalize`` of the templates, and what ``basenameNormalized`` and its like are made with."""
    return _INVALID.sub("-", name.lower())[:MAX_NAME].strip("-.")
