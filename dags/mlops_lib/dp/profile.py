"""The distribution of every feature of a version, and how far a later one has moved from it (PSI).

A profile is made in two passes over the table in a file: a sample gives the bins, then every value is counted. Memory
does not grow with the table.

PSI of two samples is never 0: with B bins and samples of n and m it is about (B - 1) * (1/n + 1/m) when nothing has
moved. Therefore a drift counts only beyond what chance gives in one of a thousand cases; in a large table that is far
below any threshold, in a table of a hundred rows it keeps noise from stopping the pipeline.
"""

import math
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mlops_lib.contract import FeatureSet

BINS = 10
SAMPLE = 100_000
# Numbers with so few different values are compared value by value.
FEW = 32
CATEGORIES = 50
# A text feature may have as many values as rows. So many are followed; those beyond are counted as others.
FOLLOWED = 20_000
# Added to every bin: PSI has a logarithm in it, and in a small sample an empty bin says little.
HALF = 0.5
# 99.9 % of the standard normal distribution.
CHANCE = 3.0902

Floats = npt.NDArray[np.float64]


def profile(
    path: Path, feature_set: FeatureSet, as_of: datetime, reference: Mapping[str, Any] | None = None, rows: int = 65_536
) -> tuple[dict[str, Any], dict[str, float], dict[str, float]]:
    """The profile of a table; by feature, where `reference` has it, the PSI against that and what chance explains."""
    file = pq.ParquetFile(path)
    names = list(feature_set.features)
    total = file.metadata.num_rows
    wanted = {
        name: _Numbers() if _is_number(feature["dtype"]) else _Texts() for name, feature in feature_set.features.items()
    }
    reference = reference or {}

    # The same table gives the same sample.
    random = np.random.default_rng(0)
    share = min(1.0, SAMPLE / max(1, total))
    for batch in file.iter_batches(batch_size=rows, columns=names):
        chosen = None if share == 1.0 else pa.array(random.random(batch.num_rows) < share)
        for name, column in wanted.items():
            if isinstance(column, _Numbers):
                values = batch.column(name) if chosen is None else batch.column(name).filter(chosen)
                column.sample(_numbers(values, as_of))
    for column in wanted.values():
        column.ready()
    old = {name: column.against(reference.get(name)) for name, column in wanted.items()}

    for batch in file.iter_batches(batch_size=rows, columns=names):
        for name, column in wanted.items():
            array = batch.column(name)
            column.nulls += array.null_count
            values = _numbers(array, as_of) if isinstance(column, _Numbers) else array
            column.count(values)

    made, drift, noise = {}, {}, {}
    for name, column in wanted.items():
        made[name] = {"count": total, "nulls": column.nulls, "null_ratio": column.nulls / total if total else 0.0}
        made[name] |= column.result()
        before, now = column.compared(reference.get(name)) if old[name] else ([], [])
        if sum(before) and sum(now):
            drift[name] = psi(before, now)
            noise[name] = by_chance(before, now)
    return made, drift, noise


def psi(before: list[int], now: list[int]) -> float:
    """Population stability index of two histograms over the same bins."""
    used = [pair for pair in zip(before, now, strict=True) if any(pair)]
    expected, actual = (np.asarray(side, dtype=np.float64) + HALF for side in zip(*used, strict=True))
    expected, actual = expected / expected.sum(), actual / actual.sum()
    return float(np.sum((actual - expected) * np.log(actual / expected)))


def by_chance(before: list[int], now: list[int]) -> float:
    """The PSI that samples of one distribution exceed once in a thousand times: chi-squared, by Wilson and Hilferty."""
    freedom = max(1, sum(1 for pair in zip(before, now, strict=True) if any(pair)) - 1)
    quantile = freedom * (1 - 2 / (9 * freedom) + CHANCE * math.sqrt(2 / (9 * freedom))) ** 3
    return quantile * (1 / sum(before) + 1 / sum(now))


def _is_number(dtype: str) -> bool:
    # A moment is compared by its age: as a date it would drift every day.
    return dtype in {"int32", "int64", "float", "double", "timestamp"}


def _numbers(array: pa.Array, as_of: datetime) -> Floats:
    array = array.drop_null()
    if pa.types.is_timestamp(array.type):
        array = pc.divide(pc.cast(pc.subtract(pa.scalar(as_of, array.type), array), pa.int64()), 1e6)
    found: Floats = array.to_numpy(zero_copy_only=False).astype(np.float64)
    return found


class _Numbers:
    def __init__(self) -> None:
        self.nulls = 0
        self._samples: list[Floats] = []
        self._edges: Floats = np.empty(0)
        self._counts = np.zeros(1, dtype=np.int64)
        self._old_edges: Floats | None = None
        self._old_counts = np.zeros(1, dtype=np.int64)
        self._low, self._high, self._sum, self._valid = math.inf, -math.inf, 0.0, 0

    def sample(self, values: Floats) -> None:
        self._samples.append(values)

    def ready(self) -> None:
        sample = np.concatenate(self._samples) if self._samples else np.empty(0)
        self._samples = []
        different = np.unique(sample)
        if len(different) <= FEW:
            # A bin for each value, and one for each gap between two.
            below = np.nextafter(different, -np.inf)
            self._edges = np.unique(np.concatenate([below[np.isfinite(below)], different]))
        else:
            self._edges = np.unique(np.quantile(sample, np.linspace(0, 1, BINS + 1)))
        self._counts = np.zeros(len(self._edges) + 1, dtype=np.int64)

    def against(self, reference: Mapping[str, Any] | None) -> bool:
        if not reference or reference.get("kind") != "number":
            return False
        self._old_edges = np.asarray(reference["edges"], dtype=np.float64)
        self._old_counts = np.zeros(len(self._old_edges) + 1, dtype=np.int64)
        return True

    def count(self, values: Floats) -> None:
        if not len(values):
            return
        self._valid += len(values)
        self._low, self._high = min(self._low, float(values.min())), max(self._high, float(values.max()))
        self._sum += float(values.sum())
        self._counts += np.bincount(np.searchsorted(self._edges, values), minlength=len(self._counts))
        if self._old_edges is not None:
            places = np.searchsorted(self._old_edges, values)
            self._old_counts += np.bincount(places, minlength=len(self._old_counts))

    def result(self) -> dict[str, Any]:
        summary = {"min": self._low, "max": self._high, "mean": self._sum / self._valid} if self._valid else {}
        # A sum of the largest doubles may be no number any more, and JSON has no word for that.
        finite = {name: value for name, value in summary.items() if math.isfinite(value)}
        return {"kind": "number", **finite, "edges": self._edges.tolist(), "counts": self._counts.tolist()}

    def compared(self, reference: Any) -> tuple[list[int], list[int]]:
        return list(reference["counts"]), self._old_counts.tolist()


class _Texts:
    def __init__(self) -> None:
        self.nulls = 0
        self._counts: Counter[str] = Counter()
        self._others = 0
        self._old: Counter[str] | None = None

    def ready(self) -> None:
        """Nothing to prepare."""

    def against(self, reference: Mapping[str, Any] | None) -> bool:
        if not reference or reference.get("kind") != "text":
            return False
        self._old = Counter(dict.fromkeys(reference["values"], 0))
        return True

    def count(self, values: pa.Array) -> None:
        counted = pc.value_counts(values.drop_null())
        # true and false, as JSON writes them.
        names = counted.field("values").cast(pa.string()).to_pylist()
        found = dict(zip(names, counted.field("counts").to_pylist(), strict=True))
        self._counts.update(found)
        if self._old is not None:
            for name, number in found.items():
                self._old[name if name in self._old else ""] += number
        if len(self._counts) > FOLLOWED:
            kept = Counter(dict(self._counts.most_common(FOLLOWED // 2)))
            self._others += self._counts.total() - kept.total()
            self._counts = kept

    def result(self) -> dict[str, Any]:
        top = dict(sorted(self._counts.most_common(CATEGORIES)))
        return {"kind": "text", "values": top, "others": self._others + self._counts.total() - sum(top.values())}

    def compared(self, reference: Any) -> tuple[list[int], list[int]]:
        names = list(reference["values"])
        now = self._old or Counter()
        others = now.total() - sum(now[name] for name in names)
        return [*reference["values"].values(), reference["others"]], [*(now[name] for name in names), others]
