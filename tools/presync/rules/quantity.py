"""Kubernetes' quantities as numbers."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

_QUANTITY = re.compile(r"([-+]?[0-9]*\.?[0-9]+)(?:[eE]([-+]?[0-9]+)|([numkMGTPE]|[KMGTPE]i)?)$")
_SUFFIX = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}


def number(value: Any) -> Decimal | None:
    """The number a quantity stands for; None where it is none."""
    found = _QUANTITY.match(str(value))
    if not found:
        return None
    digits = Decimal(found[1])
    if found[2]:
        return digits.scaleb(int(found[2])) if abs(int(found[2])) < 100 else None
    suffix = found[3] or ""
    return digits * 1024 ** _BINARY[suffix] if suffix in _BINARY else digits.scaleb(_SUFFIX[suffix])
