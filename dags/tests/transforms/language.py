"""The dialect as the chart writes it, and the cases that everything which reads transforms is held to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from mlops_lib.transforms import Dialect

ROOT = Path(__file__).resolve().parents[3]
CHART = ROOT / "charts" / "feature-store"
CASES: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "cases.yaml").read_text(encoding="utf-8"))
WORDS: dict[str, Any] = yaml.safe_load((CHART / "files" / "dialect.yaml").read_text(encoding="utf-8"))
DIALECT = Dialect.read(WORDS, WORDS["dtypes"])
