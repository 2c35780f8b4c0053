"""Label selectors: of a generator, over its printed parameters; of the clusters generator, over Secrets' labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from presync.argocd.appset.govalues import quote
from presync.argocd.appset.kubenames import label_value, qualified_name

_NEEDS_VALUES = {"In": True, "NotIn": True, "Exists": False, "DoesNotExist": False}


class SelectorError(ValueError):
    """The selector is refused, in the words of Kubernetes."""


@dataclass(frozen=True, slots=True)
class _Requirement:
    key: str
    operator: str
    values: tuple[str, ...]

    def matches(self, labels: Mapping[str, str]) -> bool:
        if self.operator == "In":
            return self.key in labels and labels[self.key] in self.values
        if self.operator == "NotIn":
            return self.key not in labels or labels[self.key] not in self.values
        return (self.key in labels) == (self.operator == "Exists")


@dataclass(frozen=True, slots=True)
class Selector:
    """All requirements must hold; without any, everything matches."""

    requirements: tuple[_Requirement, ...]

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether the labels fulfil the selector."""
        return all(requirement.matches(labels) for requirement in self.requirements)


def parse(data: Mapping[str, Any], check_values: bool) -> Selector:
    """A selector; a generator's own takes any values (URLs of clusters, for example), Kubernetes' only labels.

    Raises:
        SelectorError: an operator, a key or a value is refused.
    """
    found = [
        _requirement(key, "In", (value,), check_values, exact=True)
        for key, value in sorted((data.get("matchLabels") or {}).items())
    ]
    for expression in data.get("matchExpressions") or ():
        operator = expression.get("operator", "")
        if operator not in _NEEDS_VALUES:
            name = "label" if check_values else "pod"
            raise SelectorError(f"{quote(operator)} is not a valid {name} selector operator")
        found.append(_requirement(expression.get("key", ""), operator, expression.get("values") or (), check_values))
    return Selector(tuple(found))


def _requirement(
    key: str, operator: str, values: Sequence[str], check_values: bool, exact: bool = False
) -> _Requirement:
    errors = [f"key: Invalid value: {quote(key)}: {'; '.join(bad)}"] if (bad := qualified_name(key)) else []
    listed = "[]string{" + ", ".join(quote(value) for value in values) + "}" if values else "null"
    if _NEEDS_VALUES[operator] and not values:
        errors.append(f"values: Invalid value: {listed}: for 'in', 'notin' operators, values set can't be empty")
    if not _NEEDS_VALUES[operator] and values:
        errors.append(f"values: Invalid value: {listed}: values set must be empty for exists and does not exist")
    if check_values:
        for index, value in enumerate(values):
            if bad := label_value(value):
                errors.append(f"values[{index}][{key}]: Invalid value: {quote(value)}: {'; '.join(bad)}")
    if errors:
        raise SelectorError(errors[0] if len(errors) == 1 else f"[{', '.join(errors)}]")
    return _Requirement(key, operator, tuple(values))
