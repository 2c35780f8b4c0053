"""The words of a transform, as the contract carries them.

Nothing of the grammar is written here: functions, units and patterns come from `dialect` in featuresets.json, which the
chart takes from charts/feature-store/files/dialect.yaml. A new function is declared there and given a meaning in
`aggregates.py`.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

DIRECTORY_VARIABLE = "MLOPS_FEATURE_STORE_DIR"
DIRECTORY = "/opt/airflow/feature-store"
CONTRACT = "featuresets.json"


class GrammarError(ValueError):
    """The contract has no usable dialect."""


@dataclass(frozen=True)
class Function:
    """An aggregate: which columns it takes and which dtypes a feature made by it may have."""

    name: str
    takes: str  # any, number, or same: a column of the feature's own kind
    gives: tuple[str, ...]
    empty: int | None  # what it gives where there is no value; None: null


@dataclass(frozen=True)
class Dialect:
    """The grammar of transforms."""

    functions: Mapping[str, Function]
    units: Mapping[str, int]  # in seconds
    column: re.Pattern[str]
    duration: re.Pattern[str]
    arrow: Mapping[str, str]  # dtype -> Arrow type of the stored column

    @classmethod
    def read(cls, words: Mapping[str, Any], dtypes: Mapping[str, Any]) -> Dialect:
        """From `dialect` and `dtypes` of the contract; dialect.yaml has the same form, with both in one map."""
        try:
            functions = {
                name: Function(name, said["takes"], tuple(said["gives"]), said.get("empty"))
                for name, said in words["functions"].items()
            }
            return cls(
                functions=functions,
                units={unit: int(seconds) for unit, seconds in words["units"].items()},
                column=re.compile(words["patterns"]["name"]),
                duration=re.compile(words["patterns"]["duration"]),
                arrow={dtype: said["arrow"] for dtype, said in dtypes.items()},
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise GrammarError(f"the contract's dialect lacks or misshapes {error}") from error

    @classmethod
    def of(cls, contract: Mapping[str, Any]) -> Dialect:
        """The dialect of a contract, read from featuresets.json."""
        if "dialect" not in contract:
            raise GrammarError(f"{CONTRACT} has no dialect; it was rendered by an older charts/feature-store")
        return cls.read(contract["dialect"], contract.get("dtypes", {}))


def mounted() -> Dialect:
    """The dialect of the contract that is mounted into this process."""
    return _load(Path(os.environ.get(DIRECTORY_VARIABLE, DIRECTORY)) / CONTRACT)


@lru_cache(maxsize=8)
def _load(path: Path) -> Dialect:
    try:
        contract = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise GrammarError(
            f"cannot read the contract ({error}); {DIRECTORY_VARIABLE} names its directory, {DIRECTORY} by default"
        ) from error
    return Dialect.of(contract)
