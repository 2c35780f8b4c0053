"""The syntaxes of names, in the API server's words (k8s.io/apimachinery/pkg/util/validation)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

Check = Callable[[str], str]  # what is wrong, or nothing

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_LABEL_1035 = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_WILDCARD = re.compile(r"\*\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_QUALIFIED = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_CONFIG_KEY = re.compile(r"[-._a-zA-Z0-9]+")
_ENV = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")
_ENV_RELAXED = re.compile(r"[\x20-\x3C\x3E-\x7E]+")
_HEADER = re.compile(r"[-A-Za-z0-9]+")
_PORT = re.compile(r"[-a-z0-9]+")
_PATH = re.compile(r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+")
_TOO_LONG = "must be no more than {} characters"


@lru_cache(maxsize=4096)
def dns_label(name: str) -> str:
    """An RFC 1123 label."""
    if len(name) > 63:
        return _TOO_LONG.format(63)
    if _LABEL.fullmatch(name):
        return ""
    return (
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end "
        "with an alphanumeric character (e.g. 'my-name', or '123-abc')"
    )


@lru_cache(maxsize=4096)
def dns_label_1035(name: str) -> str:
    """An RFC 1035 label, which starts with a letter."""
    if len(name) > 63:
        return _TOO_LONG.format(63)
    if _LABEL_1035.fullmatch(name):
        return ""
    return (
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
        "character, and end with an alphanumeric character (e.g. 'my-name', or 'abc-123')"
    )


@lru_cache(maxsize=8192)
def dns_subdomain(name: str) -> str:
    """An RFC 1123 subdomain."""
    if len(name) > 253:
        return _TOO_LONG.format(253)
    if _SUBDOMAIN.fullmatch(name):
        return ""
    return (
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
        "and end with an alphanumeric character (e.g. 'example.com')"
    )


def dns_prefix(name: str) -> str:
    """A subdomain, or the beginning of one: the server lets some references end in a dash."""
    return dns_subdomain(f"{name[:-2]}a" if len(name) > 1 and name.endswith("-") else name)


def domain_path(name: str) -> str:
    """A path below a domain: ``example.com/controller``."""
    domain, _, path = name.partition("/")
    if not domain or not path:
        return 'must be a domain-prefixed path (such as "acme.io/foo")'
    if dns_subdomain(domain) or _PATH.fullmatch(path):
        return dns_subdomain(domain)
    return "the path after the domain may hold letters, digits and /%-._~!$&'()*+,;=: only"


def wildcard_subdomain(name: str) -> str:
    """A subdomain whose first label is ``*``."""
    if len(name) > 253:
        return _TOO_LONG.format(253)
    if _WILDCARD.fullmatch(name):
        return ""
    return (
        "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain (e.g. '*.example.com')"
    )


def path_segment(name: str) -> str:
    """A name that is only a part of a URL: RBAC and a few others."""
    if name in (".", ".."):
        return f"may not be '{name}'"
    return next((f"may not contain '{char}'" for char in "/%" if char in name), "")


@lru_cache(maxsize=8192)
def qualified(name: str) -> str:
    """A key of labels and annotations: ``[prefix/]name``."""
    prefix, slash, last = name.rpartition("/")
    if "/" in prefix:
        return (
            "a qualified name must consist of alphanumeric characters, '-', '_' or '.', with an optional DNS subdomain "
            "prefix and '/' (e.g. 'example.com/MyName')"
        )
    if slash and not prefix:
        return "prefix part must be non-empty"
    if prefix and dns_subdomain(prefix):
        return f"prefix part {dns_subdomain(prefix)}"
    if not last:
        return "name part must be non-empty"
    if len(last) > 63:
        return f"name part {_TOO_LONG.format(63)}"
    if _QUALIFIED.fullmatch(last):
        return ""
    return (
        "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
        "alphanumeric character (e.g. 'MyName', 'my.name' or '123-abc')"
    )


@lru_cache(maxsize=8192)
def label_value(value: str) -> str:
    """The value of a label."""
    if len(value) > 63:
        return _TOO_LONG.format(63)
    if not value or _QUALIFIED.fullmatch(value):
        return ""
    return (
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start "
        "and end with an alphanumeric character (e.g. 'MyValue', 'my_value' or '12345')"
    )


def config_key(key: str) -> str:
    """A key of a ConfigMap or a Secret."""
    if len(key) > 253:
        return _TOO_LONG.format(253)
    if not _CONFIG_KEY.fullmatch(key):
        return (
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name', 'KEY_NAME' "
            "or 'key-name')"
        )
    if key == ".":
        return "must not be '.'"
    return "must not start with '..'" if key == ".." or key.startswith("..") else ""


@lru_cache(maxsize=4096)
def env_name(name: str, relaxed: bool) -> str:
    """The name of an environment variable; almost anything since Kubernetes 1.32."""
    if (_ENV_RELAXED if relaxed else _ENV).fullmatch(name):
        return ""
    if relaxed:
        return "a valid environment variable name must consist only of printable ASCII characters other than '='"
    return (
        "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must "
        "not start with a digit (e.g. 'my.env-name', or 'MY_ENV.NAME', or 'MyEnvName1')"
    )


def header_name(name: str) -> str:
    """The name of an HTTP header."""
    if _HEADER.fullmatch(name):
        return ""
    return "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name')"


@lru_cache(maxsize=1024)
def port_name(name: str) -> str:
    """The name of a port (IANA service name)."""
    if len(name) > 15:
        return _TOO_LONG.format(15)
    if not name or not _PORT.fullmatch(name):
        return "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"
    if not any("a" <= char <= "z" for char in name):
        return "must contain at least one letter (a-z)"
    if "--" in name:
        return "must not contain consecutive hyphens"
    return "must not begin or end with a hyphen" if name[0] == "-" or name[-1] == "-" else ""


_RBAC = "rbac.authorization.k8s.io"
# (group, kind) whose names are not RFC 1123 subdomains.
_NAMES: Mapping[tuple[str, str], Check] = {
    ("", "Namespace"): dns_label,
    ("policy", "PodDisruptionBudget"): path_segment,
    ("apiregistration.k8s.io", "APIService"): path_segment,
    **{(_RBAC, kind): path_segment for kind in ("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")},
}
_RELAXED_SERVICE_NAMES = 36  # the minor version since which a Service's name may start with a digit


# Kinds whose Pods carry the name in a label.
_AT_MOST_63 = frozenset({("apps", "StatefulSet"), ("batch", "Job")})


@lru_cache(maxsize=4096)
def _short_subdomain(name: str) -> str:
    return _TOO_LONG.format(63) if len(name) > 63 else dns_subdomain(name)


def of_kind(group: str, kind: str, minor: int) -> Check:
    """The rule for the names of a kind."""
    if (group, kind) == ("", "Service"):
        return dns_label if minor >= _RELAXED_SERVICE_NAMES else dns_label_1035
    if (group, kind) in _AT_MOST_63:
        return _short_subdomain
    return _NAMES.get((group, kind), dns_subdomain)
