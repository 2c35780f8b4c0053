"""Permissions of Roles, one by one, so that two can be compared."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

_SHOWN = 4
_STRONG_VERBS = frozenset({"*", "escalate", "bind", "impersonate"})
_STRONG = frozenset({"*", "secrets", "pods/exec", "pods/attach", "nodes/proxy", "serviceaccounts/token"})


def permissions(role: Mapping[str, Any]) -> set[str]:
    """Each as ``verb resource.group[/name]``."""
    found = set()
    for rule in role.get("rules") or ():
        if not isinstance(rule, Mapping):
            continue
        for verb in rule.get("verbs") or ():
            for group in rule.get("apiGroups") or ("",):
                for resource in rule.get("resources") or ():
                    for name in rule.get("resourceNames") or ("",):
                        found.add(f"{verb} {resource}" + (f".{group}" if group else "") + (f"/{name}" if name else ""))
            found |= {f"{verb} {url}" for url in rule.get("nonResourceURLs") or ()}
    return found


def bound(binding: Mapping[str, Any]) -> set[str]:
    """Who is bound."""
    return {
        f"{one.get('kind')} {one.get('namespace', '')}/{one.get('name')}".replace(" /", " ")
        for one in binding.get("subjects") or ()
        if isinstance(one, Mapping)
    }


def dangerous(permission: str) -> bool:
    """Whether it amounts to more than it says: wildcards, Secrets, a shell in a Pod, other identities."""
    verb, _, resource = permission.partition(" ")
    return verb in _STRONG_VERBS or resource.split(".")[0] in _STRONG or resource.startswith("*")


def few(names: Iterable[str]) -> str:
    """The first ones, and how many more."""
    listed = list(names)
    more = len(listed) - _SHOWN
    return ", ".join(listed[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def compact(value: Any) -> str:
    """A value in one line."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
