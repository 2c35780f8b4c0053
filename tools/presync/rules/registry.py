"""Every rule, in one order: each module of this package whose name is a rule's is one."""

from __future__ import annotations

import importlib
import pkgutil
import re
from functools import cache

import presync.rules
from presync.base.finding import Severity
from presync.rules.model import Rule

_MODULE = re.compile(r"[a-z0-9]{3}[0-9]{3}_[a-z0-9_]+")
# Groups in the order a reader wants them; within a group by number.
GROUPS = {
    "ARG": "Argo CD",
    "HLM": "Helm and values",
    "YML": "YAML",
    "K8S": "Kubernetes",
    "REF": "References",
    "SEC": "Secrets and security",
    "CON": "The contract",
    "ENV": "Environments",
    "OBS": "Monitoring",
    "POL": "Policies",
    "CHG": "The change",
    "PRE": "presync itself",
}


@cache
def registry() -> tuple[Rule, ...]:
    """All rules.

    Raises:
        TypeError: a rule's module lacks an attribute, or two rules share an id, a name or a kind of Problem.
    """
    names = [info.name for info in pkgutil.iter_modules(presync.rules.__path__) if _MODULE.fullmatch(info.name)]
    rules = [_load(name) for name in names]
    rules.sort(key=lambda rule: (list(GROUPS).index(rule.group), rule.id))
    _refuse_doubles(rules)
    return tuple(rules)


@cache
def by_kind() -> dict[str, Rule]:
    """Kind of Problem to the rule that reports it."""
    return {kind: rule for rule in registry() for kind in rule.kinds}


def _load(name: str) -> Rule:
    module = importlib.import_module(f"presync.rules.{name}")
    try:
        rule = Rule(
            id=module.ID,
            name=module.NAME,
            severity=Severity(module.SEVERITY),
            undetermined=getattr(module, "UNDETERMINED", False),
            kinds=tuple(getattr(module, "KINDS", ())),
            doc=(module.__doc__ or "").strip(),
            check=getattr(module, "check", None),
            change=getattr(module, "change", None),
            refine=getattr(module, "refine", None),
        )
    except AttributeError as error:
        raise TypeError(f"presync/rules/{name}.py is not a rule: {error}") from None
    if name != f"{rule.id.lower()}_{rule.name.replace('-', '_')}":
        raise TypeError(f"presync/rules/{name}.py holds {rule.id} {rule.name}; name the file after them")
    if not rule.doc:
        raise TypeError(f"presync/rules/{name}.py has no docstring; it is the documentation of the rule")
    return rule


def _refuse_doubles(rules: list[Rule]) -> None:
    seen: dict[str, str] = {}
    for rule in rules:
        for word in (rule.id, rule.name, *(f"kind {kind}" for kind in rule.kinds)):
            if word in seen:
                raise TypeError(f"{word} belongs to {seen[word]} and to {rule.id}")
            seen[word] = rule.id
