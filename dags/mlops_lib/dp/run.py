"""A run of the pipeline for one feature set, and what its tasks hand to each other.

Each task is a Pod of its own: nothing is shared but S3. What is small goes through XCom (a plain dict), what is not
goes to `<feature_base>/_staging/<set>/<run>/`, which summarize_run removes.
"""

import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from typing import Any

from mlops_lib.contract import Contract, FeatureSet
from mlops_lib.settings import Settings
from mlops_lib.storage import Storage
from mlops_lib.versions import FeatureSetFolder

# An underscore cannot begin the name of a set.
STAGING = "_staging"


@dataclass(frozen=True)
class Platform:
    """What a step works with."""

    settings: Settings
    contract: Contract
    storage: Storage

    @classmethod
    def connect(cls) -> "Platform":
        settings = Settings.load()
        return cls(settings, Contract.load(settings.contract), Storage.connect())

    def folder(self, feature_set: str) -> FeatureSetFolder:
        return FeatureSetFolder(self.storage, self.settings.feature_base, feature_set)


@dataclass(frozen=True)
class Run:
    """The identity of a run: the same for every retry of every task."""

    feature_set: str
    dag_id: str
    run_id: str
    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        for name in ("start", "end"):
            moment = getattr(self, name)
            if moment.tzinfo is None:
                raise ValueError(f"the data interval's {name} has no time zone")
            # A plain datetime: Airflow's own class is not for XCom.
            object.__setattr__(self, name, datetime.fromtimestamp(moment.timestamp(), timezone.utc))

    @property
    def as_of(self) -> datetime:
        """The moment at which the features are true."""
        return self.end

    def to_xcom(self) -> dict[str, Any]:
        return {**asdict(self), "start": self.start.isoformat(), "end": self.end.isoformat()}

    @classmethod
    def from_xcom(cls, data: dict[str, Any]) -> "Run":
        start, end = datetime.fromisoformat(data["start"]), datetime.fromisoformat(data["end"])
        return cls(data["feature_set"], data["dag_id"], data["run_id"], start, end)

    def staging(self, platform: Platform) -> str:
        identity = hashlib.sha256(f"{self.dag_id}\n{self.run_id}".encode()).hexdigest()[:12]
        return f"{platform.settings.feature_base}/{STAGING}/{self.feature_set}/{self.end:%Y%m%dT%H%M%SZ}-{identity}"

    def of(self, platform: Platform) -> FeatureSet:
        return platform.contract.feature_set(self.feature_set)
