"""Kubernetes' own types in CEL: quantities, addresses, URLs, as maps with one key that tells the type.

Each is normalised, so that two that are equal for Kubernetes are equal as maps.
"""

from __future__ import annotations

import ipaddress
import re
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

_QUANTITY = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E)|[eE]([+-]?\d+))?")
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_DECIMAL = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}


class CelError(Exception):
    """A function has no value for its arguments; the message is the one of the API server."""


def amount(text: Any) -> Decimal | None:
    """The number a quantity stands for; None for what is none."""
    found = _QUANTITY.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    number, suffix, exponent = Decimal(found[1]), found[2], found[3]
    if suffix in _BINARY:
        return number * Decimal(1024) ** _BINARY[suffix]
    if suffix in _DECIMAL:
        return number.scaleb(_DECIMAL[suffix])
    return number.scaleb(int(exponent)) if exponent else number


def quantity(text: Any) -> dict[str, str]:
    """``quantity("1Gi")``."""
    found = amount(text)
    if found is None:
        raise CelError("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
    return pack(found)


def pack(number: Decimal) -> dict[str, str]:
    """A quantity of a number."""
    return {"quantity": format(number.normalize(), "f")}


def unpack(value: Any) -> Decimal:
    """The number of a quantity, or of a plain integer."""
    if isinstance(value, dict) and set(value) == {"quantity"}:
        return Decimal(value["quantity"])
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    raise CelError("no such overload")


def address(text: Any) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An address as Kubernetes reads it: no zone, no IPv4 in IPv6."""
    try:
        found = ipaddress.ip_address(text) if isinstance(text, str) else None
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address) and (found.scope_id or found.ipv4_mapped):
        return None
    return found


def network(text: Any) -> ipaddress.IPv4Interface | ipaddress.IPv6Interface | None:
    """A CIDR, which may name a host in it."""
    if not isinstance(text, str) or "/" not in text:
        return None
    try:
        return ipaddress.ip_interface(text)
    except ValueError:
        return None


def url(text: Any) -> dict[str, Any] | None:
    """The parts of a URL; None for what is none."""
    if not isinstance(text, str) or not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|/", text):
        return None
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return None
    hostname = parts.hostname or ""
    return {
        "url": text,
        "scheme": parts.scheme,
        "host": parts.netloc.rpartition("@")[2],
        "hostname": hostname,
        "port": "" if parts.port is None else str(parts.port),
        "path": parts.path,
        "query": parse_qs(parts.query, keep_blank_values=True),
    }
