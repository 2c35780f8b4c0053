"""The features of a set, parsed and checked against the dialect before any data is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlops_lib.transforms.errors import TransformError, listed
from mlops_lib.transforms.grammar import Dialect, Function
from mlops_lib.transforms.parser import Transform, parse


@dataclass(frozen=True)
class Feature:
    """A column to compute."""

    name: str
    dtype: str
    source: str
    transform: Transform
    function: Function


def features_of(spec: Mapping[str, Any], dialect: Dialect) -> tuple[Feature, ...]:
    """The features of one entry of featuresets.json, in the contract's order."""
    return tuple(_feature(said, dialect) for said in spec["features"])


def _feature(said: Mapping[str, Any], dialect: Dialect) -> Feature:
    transform = parse(said["transform"], dialect)
    function = dialect.functions[transform.function]
    if said["dtype"] not in function.gives:
        problem = f"feature {said['name']}: {function.name} cannot give {said['dtype']}"
        raise TransformError(problem, transform.text, 0, len(function.name), f"dtype one of {listed(function.gives)}")
    return Feature(said["name"], said["dtype"], said["source"], transform, function)
