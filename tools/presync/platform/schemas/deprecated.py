"""APIs that a version of Kubernetes still serves, and that are on their way out."""

from __future__ import annotations

import re
from functools import cache

from presync.platform.schemas.kubernetes import GroupVersionKind, available, kubernetes

_DEPRECATED = re.compile(r"\bDeprecated: (?:This API|API server)[^.]*?(v1\.\d+)", re.I)


@cache
def deprecation(version: str, kind: GroupVersionKind) -> str:
    """Why a kind that this version has should not be used any more; empty where nothing is known against it.

    A later version presync knows has it no more, or its own documentation says so.
    """
    here = kubernetes(version)
    schema = here.schema(kind) if here is not None else None
    if schema is None:
        return ""
    for later in available()[available().index(version) + 1 :]:
        other = kubernetes(later)
        if other is not None and kind not in other.kinds:
            return f"gone from Kubernetes {later} on"
    found = _DEPRECATED.search(str(schema.get("description") or ""))
    return f"deprecated since Kubernetes {found[1].removeprefix('v')}" if found else ""
