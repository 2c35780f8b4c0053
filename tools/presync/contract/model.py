"""The contract as a reader finds it: featuresets.json and the files beside it, whoever wrote them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from presync.contract.parts import CONTRACT, Part, parts
from presync.platform.memo import memo
from presync.platform.model import Platform
from presync.platform.validation.access import Object, items, obj, text

MAX_BYTES = 1024 * 1024  # of a ConfigMap, by the API server
EVENT_TIME = "event_timestamp"  # the column of raw events of a set without a stream


@dataclass(frozen=True)
class Contract:
    """featuresets.json. ``hash`` is that of its bytes."""

    hash: str
    data: Object = field(repr=False)

    @property
    def sets(self) -> Mapping[str, FeatureSet]:
        """Every set by name."""
        found = obj(self.data, "featureSets")
        return {name: FeatureSet(name, spec) for name, spec in sorted(found.items()) if isinstance(spec, dict)}

    @property
    def artifacts(self) -> Mapping[str, str]:
        """The hash of every file made from it, by name."""
        return {name: value for name, value in obj(self.data, "artifacts").items() if isinstance(value, str)}

    @property
    def dtypes(self) -> Object:
        return obj(self.data, "dtypes")

    @property
    def functions(self) -> Object:
        """The grammar of transforms, where the contract carries it."""
        return obj(self.data, "dialect", "functions")


@dataclass(frozen=True)
class FeatureSet:
    """One set, its defaults filled in."""

    name: str
    spec: Object = field(repr=False)

    @property
    def features(self) -> Mapping[str, Object]:
        """By name, in their order."""
        return {text(one, "name"): one for _, one in items(self.spec, "features") if text(one, "name")}

    @property
    def entities(self) -> Mapping[str, Object]:
        """By name, in their order."""
        return {text(one, "name"): one for _, one in items(self.spec, "entities") if text(one, "name")}

    @property
    def timestamp(self) -> str:
        """The column that says when a row was true."""
        return text(self.spec, "timestampColumn")

    @property
    def schedule(self) -> str:
        return text(self.spec, "batchSchedule")

    @property
    def validation(self) -> Object:
        return obj(self.spec, "validation")

    @property
    def event_time(self) -> str:
        """The column of the raw events that says when they happened, as the pipeline finds it."""
        return text(obj(self.spec, "stream"), "timestampField") or EVENT_TIME

    @property
    def columns(self) -> list[str]:
        """Those of the stored table, in order."""
        return [*self.entities, self.timestamp, *self.features]


def digest(data: str) -> str:
    """As the contract writes it."""
    return f"sha256:{hashlib.sha256(data.encode()).hexdigest()}"


def as_json(data: str) -> Any:
    """What a JSON text says; None for what is no JSON, is too deep or too large."""
    if len(data) > 4 * MAX_BYTES:
        return None
    try:
        return json.loads(data, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None


def _refuse(word: str) -> None:
    raise ValueError(word)


def read(part: Part) -> Contract | None:
    """The contract a part carries; None where it carries none that can be read."""
    content = part.files.get(CONTRACT)
    data = as_json(content) if content is not None else None
    if content is None or not isinstance(data, dict) or not isinstance(data.get("featureSets"), dict):
        return None
    return Contract(digest(content), data)


def contracts(platform: Platform) -> Mapping[str, Contract]:
    """Environment to its contract, the first that can be read."""
    return memo(platform, "contract.contracts", lambda one: dict(_by_environment(one)))


def _by_environment(platform: Platform) -> Iterator[tuple[str, Contract]]:
    seen: set[str] = set()
    for part in parts(platform).with_file(CONTRACT):
        environment = part.entry.environment
        if environment not in seen and (contract := read(part)) is not None:
            seen.add(environment)
            yield environment, contract
