"""The contract as charts/feature-store mounts it: read, checked against its own hashes, never changed.

Nothing heavy is imported here: the DAG processor reads the contract each time it parses a DAG.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_lib.errors import ContractError

if TYPE_CHECKING:
    import pyarrow as pa

    from mlops_lib.transforms import Dialect

CONTRACT = "featuresets.json"
TEMPLATE = "metadata.json.j2"


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


@dataclass(frozen=True)
class FeatureSet:
    """One entry of the contract, and the schema file that goes with it."""

    name: str
    spec: Mapping[str, Any]
    schema_file: bytes
    contract: "Contract"

    @property
    def schema_hash(self) -> str:
        return digest(self.schema_file)

    @property
    def schedule(self) -> str:
        return str(self.spec["batchSchedule"])

    @property
    def entities(self) -> list[str]:
        return [entity["name"] for entity in self.spec["entities"]]

    @property
    def features(self) -> dict[str, Mapping[str, Any]]:
        return {feature["name"]: feature for feature in self.spec["features"]}

    @property
    def sources(self) -> list[str]:
        return sorted({feature["source"] for feature in self.spec["features"]})

    @property
    def null_threshold(self) -> float:
        return float(self.spec["validation"]["null_threshold"])

    @property
    def drift_threshold(self) -> float:
        return float(self.spec["validation"]["drift_threshold"])

    @property
    def time_column(self) -> str:
        """The column of the raw events that says when they happened."""
        from mlops_lib.transforms.compiler import time_column_of

        return time_column_of(self.spec)

    @property
    def arrow_schema(self) -> "pa.Schema":
        """Columns of the stored table, in order."""
        from mlops_lib.transforms import arrow_schema

        return arrow_schema(self.spec, self.contract.dialect)


@dataclass(frozen=True)
class Contract:
    folder: Path
    data: Mapping[str, Any]
    hash: str

    @classmethod
    def load(cls, folder: Path) -> "Contract":
        text = _read(folder / CONTRACT)
        try:
            data = json.loads(text)
            sets = data["featureSets"]
        except (ValueError, KeyError, TypeError) as error:
            raise ContractError(f"{folder / CONTRACT} is no contract: {error!r}") from error
        if not sets:
            raise ContractError(f"{folder / CONTRACT} has no feature sets")
        return cls(folder, data, digest(text))

    @cached_property
    def dialect(self) -> "Dialect":
        from mlops_lib.transforms import Dialect, GrammarError

        try:
            return Dialect.of(self.data)
        except GrammarError as error:
            raise ContractError(str(error)) from error

    @property
    def names(self) -> list[str]:
        return sorted(self.data["featureSets"])

    def schedules(self) -> dict[str, str]:
        """batchSchedule by set. All a DAG needs to know while it is parsed."""
        return {name: str(self.data["featureSets"][name]["batchSchedule"]) for name in self.names}

    def feature_set(self, name: str) -> FeatureSet:
        if name not in self.data["featureSets"]:
            raise ContractError(f"the contract has no feature set {name!r}; it has {', '.join(self.names)}")
        return FeatureSet(name, self.data["featureSets"][name], self._artifact(f"{name}.schema.json"), self)

    def metadata(self, **values: Any) -> bytes:
        """metadata.json of a version, by the contract's template. A value it wants and does not get is an error."""
        from jinja2 import Environment, StrictUndefined, TemplateError, meta

        # What comes out is JSON, where `tojson` does the escaping.
        environment = Environment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)  # noqa: S701
        template = self._artifact(TEMPLATE).decode()
        try:
            missing = sorted(meta.find_undeclared_variables(environment.parse(template)) - values.keys())
            if missing:
                raise ContractError(f"{TEMPLATE} wants what this pipeline does not know: {', '.join(missing)}")
            text = environment.from_string(template).render(**values)
            json.loads(text)
        except (TemplateError, ValueError) as error:
            raise ContractError(f"{TEMPLATE} gives no metadata.json: {error}") from error
        return text.encode()

    def _artifact(self, name: str) -> bytes:
        """A file made from the contract. Its hash stands in the contract: a mount that is half old is found here."""
        data = _read(self.folder / name)
        wanted = self.data.get("artifacts", {}).get(name)
        if wanted != digest(data):
            raise ContractError(
                f"{self.folder / name} is not the one that {CONTRACT} names ({digest(data)}, not {wanted}): "
                "the mounted contract is of two versions"
            )
        return data


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ContractError(
            f"cannot read {path} ({error.strerror}): is the ConfigMap feature-store-resources mounted? "
            "MLOPS_FEATURE_STORE_DIR names the folder"
        ) from error
