"""The language of transforms: `count(session_id) over window(30d)`, parsed and compiled to Ibis.

What a transform means, to the last edge, stands in `compiler.py`.
"""

from mlops_lib.transforms.compiler import (
    DEFAULT_TIME_COLUMN,
    arrow_schema,
    build_features,
    event_columns,
    longest_window,
    time_column_of,
)
from mlops_lib.transforms.errors import TransformError
from mlops_lib.transforms.events import EVENT_ID
from mlops_lib.transforms.grammar import Dialect, GrammarError
from mlops_lib.transforms.parser import Transform, parse

__all__ = [
    "DEFAULT_TIME_COLUMN",
    "EVENT_ID",
    "Dialect",
    "GrammarError",
    "Transform",
    "TransformError",
    "arrow_schema",
    "build_features",
    "event_columns",
    "longest_window",
    "parse",
    "time_column_of",
]
