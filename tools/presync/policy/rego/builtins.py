"""OPA's functions: which regorus has, which are added, and which nobody can evaluate here."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
from collections.abc import Callable
from typing import Any

# regorus 0.13 has these; compared with OPA 1.17 by calling each.
NATIVE = frozenset(
    """
    abs array.concat array.reverse array.slice base64.decode base64.encode base64.is_valid base64url.decode
    base64url.encode base64url.encode_no_pad bits.and bits.lsh bits.negate bits.or bits.rsh bits.xor ceil concat
    contains count endswith floor format_int glob.match glob.quote_meta graph.reachable graph.reachable_paths
    hex.decode hex.encode indexof indexof_n intersection is_array is_boolean is_null is_number is_object is_set
    is_string json.filter json.is_valid json.marshal json.marshal_with_options json.match_schema json.patch
    json.remove json.unmarshal json.verify_schema lower max min net.cidr_contains net.cidr_expand net.cidr_is_valid
    numbers.range numbers.range_step object.filter object.get object.keys object.remove object.subset object.union
    object.union_n print product regex.find_all_string_submatch_n regex.find_n regex.is_valid regex.match
    regex.replace regex.split regex.template_match replace round semver.compare semver.is_valid sort split sprintf
    startswith strings.any_prefix_match strings.any_suffix_match strings.count strings.replace_n strings.reverse
    substring sum time.add_date time.clock time.date time.diff time.format time.now_ns time.parse_duration_ns
    time.parse_ns time.parse_rfc3339_ns time.weekday to_number trace trim trim_left trim_prefix trim_right
    trim_space trim_suffix type_name union units.parse units.parse_bytes upper urlquery.decode
    urlquery.decode_object urlquery.encode urlquery.encode_object uuid.parse walk yaml.is_valid yaml.marshal
    yaml.unmarshal
    """.split()  # noqa: SIM905 - one to a line would be two screens
)
# OPA has these and presync cannot answer them: what they ask is not here, or differs from run to run.
UNANSWERED = {
    "external_data": "asks a provider that only the cluster has",
    "http.send": "asks the network",
    "net.lookup_ip_addr": "asks the network",
    "opa.runtime": "asks for the configuration of OPA",
    "rand.intn": "is random",
    "uuid.rfc4122": "is random",
}
# Name spaces and names of OPA's that regorus lacks and presync has not added.
LACKING = re.compile(
    r"cast_(?:boolean|null|object|set|string)|crypto\.(?:parse|x509)\..*|crypto\.parse_private_keys|graphql\..*"
    r"|io\.jwt\..*|net\.cidr_(?:contains_matches|merge)|providers\..*|regex\.globs_match|rego\..*"
    r"|strings\.render_template|uri\..*|array\.flatten"
)


class Undefined(Exception):
    """The function has no value for these arguments; OPA leaves the expression undefined."""


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Undefined
    return value


def _re_match(pattern: Any, value: Any) -> bool:
    import regorus  # noqa: PLC0415 - Go's syntax of expressions is the one of Rust, not of Python

    engine = regorus.Engine()
    engine.set_input([_text(pattern), _text(value)])
    return bool(engine.eval_query("regex.match(input[0], input[1])")["result"][0]["expressions"][0]["value"])


def _all(values: Any) -> bool:
    return all(value is True for value in values)


def _any(values: Any) -> bool:
    return any(value is True for value in values)


def _set_diff(one: Any, other: Any) -> Any:
    if not isinstance(one, (set, frozenset)) or not isinstance(other, (set, frozenset)):
        raise Undefined
    return set(one) - set(other)


def _cast_array(value: Any) -> Any:
    if isinstance(value, list):
        return value
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=lambda one: (type(one).__name__, str(one)))
    raise Undefined


def _digest(name: str) -> Callable[[Any], str]:
    return lambda value: hashlib.new(name, _text(value).encode(), usedforsecurity=False).hexdigest()


def _hmac(name: str) -> Callable[[Any, Any], str]:
    return lambda value, key: hmac.new(_text(key).encode(), _text(value).encode(), name).hexdigest()


def _cidr_intersects(one: Any, other: Any) -> bool:
    try:
        first = ipaddress.ip_network(_text(one), strict=False)
        second = ipaddress.ip_network(_text(other), strict=False)
    except ValueError:
        raise Undefined from None
    return first.version == second.version and first.overlaps(second)


ADDED: dict[str, tuple[int, Callable[..., Any]]] = {
    "all": (1, _all),
    "any": (1, _any),
    "cast_array": (1, _cast_array),
    "crypto.hmac.equal": (2, lambda one, other: hmac.compare_digest(_text(one), _text(other))),
    "crypto.hmac.md5": (2, _hmac("md5")),
    "crypto.hmac.sha1": (2, _hmac("sha1")),
    "crypto.hmac.sha256": (2, _hmac("sha256")),
    "crypto.hmac.sha512": (2, _hmac("sha512")),
    "crypto.md5": (1, _digest("md5")),
    "crypto.sha1": (1, _digest("sha1")),
    "crypto.sha256": (1, _digest("sha256")),
    "net.cidr_intersects": (2, _cidr_intersects),
    "net.cidr_overlap": (2, _cidr_intersects),
    "re_match": (2, _re_match),
    "set_diff": (2, _set_diff),
}
