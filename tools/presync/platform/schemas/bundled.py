"""The schemas presync brings along; ``tools/schemas/generate.py`` makes them."""

from __future__ import annotations

import gzip
import json
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from presync.platform.schemas.crd import Declared


def file_name(group: str, version: str, kind: str) -> str:
    """Where the schema of a kind is kept."""
    return f"{group}_{version}_{kind.lower()}.json.gz"


def _folder() -> Traversable:
    return resources.files("presync.platform.schemas").joinpath("bundled")


@cache
def versions() -> dict[str, Any]:
    """The products, their versions and kinds."""
    loaded: dict[str, Any] = json.loads(_folder().joinpath("versions.json").read_text("utf-8"))
    return loaded


@cache
def kinds() -> dict[tuple[str, str], tuple[str, ...]]:
    """(group, kind) to the bundled versions."""
    found: dict[tuple[str, str], list[str]] = {}
    for source in versions()["sources"]:
        for group, version, kind in source["kinds"]:
            found.setdefault((group, kind), []).append(version)
    return {key: tuple(value) for key, value in found.items()}


@cache
def load(group: str, version: str, kind: str) -> Declared | None:
    """The bundled schema of a kind; None when there is none."""
    if version not in kinds().get((group, kind), ()):
        return None
    packed = _folder().joinpath(file_name(group, version, kind)).read_bytes()
    data = json.loads(gzip.decompress(packed))
    return Declared(group, version, kind, data["namespaced"], True, data["origin"], data["schema"], converted=True)
