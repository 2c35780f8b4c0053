"""The functions that Kubernetes adds to CEL (https://kubernetes.io/docs/reference/using-api/cel)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from cel_expr_python import cel

from presync.policy.cel.values import CelError, address, amount, network, pack, quantity, unpack, url

# Kubernetes' own types are maps here, see presync.policy.cel.values.
_TYPES = {"s": cel.Type.STRING, "i": cel.Type.INT, "l": cel.Type.LIST, "m": cel.Type.MAP}
Function = Callable[..., Any]
# Names Kubernetes has and this library has not: a policy that uses one cannot be judged here.
LACKING = frozenset(
    {
        "semver",
        "isSemver",
        "format",
        "named",
        "validate",
        "authorizer",
        "path",
        "group",
        "resource",
        "check",
        "allowed",
        "reason",
        "errored",
        "transformList",
        "transformMap",
        "transformMapEntry",
        "isCanonical",
    }
)


def functions() -> list[cel.FunctionDecl]:
    """Declarations with their implementations."""
    table: dict[str, list[cel.Overload]] = {}

    def add(name: str, types: str, function: Function, member: bool = True) -> None:
        """``types`` has a letter for each parameter: the library finds the function by them, and takes no "any"."""
        overload = cel.Overload(
            f"presync_{name}_{types}_{'member' if member else 'global'}",
            return_type=cel.Type.DYN,
            parameters=[_TYPES[one] for one in types],
            is_member=member,
            impl=function,
        )
        table.setdefault(name, []).append(overload)

    _lists(add)
    _regex(add)
    _quantities(add)
    _addresses(add)
    _urls(add)
    _sets(add)
    return [cel.FunctionDecl(name, overloads) for name, overloads in table.items()]


def _lists(add: Function) -> None:
    add("isSorted", "l", lambda items: all(one <= other for one, other in pairwise(items)))
    add("sum", "l", lambda items: sum(items) if items else 0)
    add("min", "l", _least)
    add("max", "l", _most)


def _least(items: Sequence[Any]) -> Any:
    if not items:
        raise CelError("min called on empty list")
    return min(items)


def _most(items: Sequence[Any]) -> Any:
    if not items:
        raise CelError("max called on empty list")
    return max(items)


def _regex(add: Function) -> None:
    def find(text: str, pattern: str) -> str:
        found = re.search(pattern, text)
        return found.group() if found else ""

    def find_all(text: str, pattern: str, most: int = -1) -> list[str]:
        found = [one.group() for one in re.finditer(pattern, text)]
        return found if most < 0 else found[:most]

    add("find", "ss", find)
    add("findAll", "ss", find_all)
    add("findAll", "ssi", find_all)


def _quantities(add: Function) -> None:
    def integer(value: Any) -> bool:
        number = unpack(value)
        return number == number.to_integral_value() and abs(number) < 2**63

    def as_integer(value: Any) -> int:
        if not integer(value):
            raise CelError("cannot convert value to integer")
        return int(unpack(value))

    def compare(one: Any, other: Any) -> int:
        first, second = unpack(one), unpack(other)
        return (first > second) - (first < second)

    add("quantity", "s", quantity, member=False)
    add("isQuantity", "s", lambda text: amount(text) is not None, member=False)
    add("isInteger", "m", integer)
    add("asInteger", "m", as_integer)
    add("asApproximateFloat", "m", lambda value: float(unpack(value)))
    add("sign", "m", lambda value: compare(value, 0))
    for types in ("mm", "mi"):
        add("add", types, lambda one, other: pack(unpack(one) + unpack(other)))
        add("sub", types, lambda one, other: pack(unpack(one) - unpack(other)))
    add("isLessThan", "mm", lambda one, other: compare(one, other) < 0)
    add("isGreaterThan", "mm", lambda one, other: compare(one, other) > 0)
    add("compareTo", "mm", compare)


def _addresses(add: Function) -> None:
    def ip(text: Any) -> dict[str, str]:
        found = address(text)
        if found is None:
            raise CelError(f'IP Address "{text}" parse error during conversion from string: invalid IP')
        return {"ip": str(found)}

    def cidr(text: Any) -> dict[str, str]:
        found = network(text)
        if found is None:
            raise CelError(f'CIDR "{text}" parse error during conversion from string: invalid CIDR')
        return {"cidr": str(found)}

    def of_ip(value: Any) -> Any:
        return address(value["ip"] if isinstance(value, dict) else value)

    def of_cidr(value: Any) -> Any:
        return network(value["cidr"] if isinstance(value, dict) else value)

    def contains_ip(within: Any, one: Any) -> bool:
        return bool(of_ip(one) in of_cidr(within).network)

    def contains_cidr(within: Any, one: Any) -> bool:
        inner, outer = of_cidr(one).network, of_cidr(within).network
        return bool(inner.version == outer.version and inner.subnet_of(outer))

    add("ip", "s", ip, member=False)
    add("isIP", "s", lambda text: address(text) is not None, member=False)
    add("cidr", "s", cidr, member=False)
    add("isCIDR", "s", lambda text: network(text) is not None, member=False)
    add("family", "m", lambda value: of_ip(value).version)
    add("isUnspecified", "m", lambda value: of_ip(value).is_unspecified)
    add("isLoopback", "m", lambda value: of_ip(value).is_loopback)
    add("isLinkLocalMulticast", "m", lambda value: of_ip(value).is_multicast and of_ip(value).is_link_local)
    add("isLinkLocalUnicast", "m", lambda value: of_ip(value).is_link_local)
    for types in ("mm", "ms"):
        add("containsIP", types, contains_ip)
        add("containsCIDR", types, contains_cidr)
    add("prefixLength", "m", lambda value: of_cidr(value).network.prefixlen)
    add("masked", "m", lambda value: {"cidr": str(of_cidr(value).network)})


def _urls(add: Function) -> None:
    def parsed(text: Any) -> dict[str, Any]:
        found = url(text)
        if found is None:
            raise CelError(f'URL parse error during conversion from string: parse "{text}": invalid URI for request')
        return found

    add("url", "s", parsed, member=False)
    add("isURL", "s", lambda text: url(text) is not None, member=False)
    for name, key in (
        ("getScheme", "scheme"),
        ("getHost", "host"),
        ("getHostname", "hostname"),
        ("getPort", "port"),
        ("getEscapedPath", "path"),
        ("getQuery", "query"),
    ):
        add(name, "m", lambda value, key=key: value[key])


def _sets(add: Function) -> None:
    def contains(one: Sequence[Any], other: Sequence[Any]) -> bool:
        return all(item in one for item in other)

    add("sets.contains", "ll", contains, member=False)
    add("sets.equivalent", "ll", lambda one, other: contains(one, other) and contains(other, one), member=False)
    add("sets.intersects", "ll", lambda one, other: any(item in one for item in other), member=False)
