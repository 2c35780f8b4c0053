"""Checks with pandera, made from the contract, run batch by batch.

A batch becomes a pandas frame of Arrow columns: nothing is converted, and an int64 with nulls stays an int64.
"""

from collections import Counter
from typing import Any

import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa
from pandera.errors import SchemaErrors

from mlops_lib.contract import FeatureSet
from mlops_lib.dp.raw import Columns

# Of the values that broke a check, so many are shown.
EXAMPLES = 3


def raw_checks(columns: Columns) -> pandera.DataFrameSchema:
    """Of the events as they are read: all columns, each of its type. What may be missing is counted elsewhere."""
    return pandera.DataFrameSchema(
        {name: pandera.Column(pd.ArrowDtype(columns.type_of(name)), nullable=True) for name in columns.wanted},
        strict=True,
    )


def feature_checks(feature_set: FeatureSet) -> pandera.DataFrameSchema:
    """Of the table that is to be stored: columns, order, types, keys, ranges, allowed values, nulls."""
    schema = feature_set.arrow_schema
    columns = {}
    for field in schema:
        feature = feature_set.features.get(field.name)
        checks = []
        if feature is None:
            if pa.types.is_string(field.type):
                checks.append(pandera.Check.str_length(min_value=1, error="is empty"))
        else:
            limits = feature.get("range", {})
            if "min" in limits:
                low = f"is below the range's min {limits['min']}"
                checks.append(pandera.Check.greater_than_or_equal_to(limits["min"], error=low))
            if "max" in limits:
                high = f"is above the range's max {limits['max']}"
                checks.append(pandera.Check.less_than_or_equal_to(limits["max"], error=high))
            if "allowed" in feature:
                checks.append(
                    pandera.Check.isin(feature["allowed"], error=f"is none of {', '.join(feature['allowed'])}")
                )
        nullable = bool(feature and feature["nullable"])
        columns[field.name] = pandera.Column(pd.ArrowDtype(field.type), checks, nullable=nullable)
    return pandera.DataFrameSchema(columns, strict=True, ordered=True)


class Findings:
    """What broke, over all batches: how often, and a few values of features. Keys are personal and are not shown."""

    def __init__(self, schema: pandera.DataFrameSchema, secret: tuple[str, ...]) -> None:
        self._schema = schema
        self._secret = secret
        self._counts: Counter[tuple[str, str]] = Counter()
        self._examples: dict[tuple[str, str], list[Any]] = {}

    def check(self, batch: pa.RecordBatch) -> None:
        frame = batch.to_pandas(types_mapper=pd.ArrowDtype)
        try:
            self._schema.validate(frame, lazy=True)
        except SchemaErrors as errors:
            for error in errors.schema_errors:
                self._add(error)

    def _add(self, error: Any) -> None:
        column = str(getattr(error.schema, "name", None) or "the table")
        code = getattr(error.reason_code, "name", str(error.reason_code))
        what = {
            "SERIES_CONTAINS_NULLS": "is null, and may not be",
            "WRONG_DATATYPE": f"has the wrong type: {error}",
            "COLUMN_NOT_IN_DATAFRAME": f"is missing: {error}",
            "COLUMN_NOT_IN_SCHEMA": f"is not in the contract: {error}",
            "COLUMN_NOT_ORDERED": f"is in the wrong place: {error}",
        }.get(code) or str(getattr(error.check, "error", None) or error)
        cases = error.failure_cases
        values = list(cases["failure_case"]) if isinstance(cases, pd.DataFrame) and "failure_case" in cases else [cases]
        key = (column, what)
        self._counts[key] += len(values)
        if code == "DATAFRAME_CHECK" and column not in self._secret:
            shown = self._examples.setdefault(key, [])
            shown += [value for value in dict.fromkeys(values) if value not in shown][: EXAMPLES - len(shown)]

    def reasons(self) -> list[str]:
        lines = []
        for (column, what), count in sorted(self._counts.items()):
            examples = self._examples.get((column, what))
            shown = f" (such as {', '.join(map(str, examples))})" if examples else ""
            lines.append(f"{column} {what}: {count} row{'s' if count != 1 else ''}{shown}")
        return lines
