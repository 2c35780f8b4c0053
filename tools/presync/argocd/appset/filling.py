"""Strings of a typed object, in the order in which Argo CD walks them, and the object with other strings in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from presync.argocd.appset import govalues
from presync.argocd.appset.gotypes import Path, Type


@dataclass(frozen=True, slots=True)
class Slot:
    """A string that is a template, and where it stands; a ``lenient`` one may name what does not exist yet."""

    text: str
    path: Path
    lenient: bool = False


@dataclass(frozen=True, slots=True)
class _Hole:
    index: int


@dataclass(frozen=True, slots=True)
class _Struct:
    fields: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class _Map:
    items: tuple[tuple[Any, Any], ...]


@dataclass(frozen=True, slots=True)
class _List:
    items: tuple[Any, ...]


class Form:
    """An object with holes where templates stand. Names of fields are no templates, keys of maps are.

    ``lenient`` says which fields hold a map of lenient templates; the keys of that map are no templates.
    """

    def __init__(
        self, of: Type, value: Any, path: Path = (), lenient: Callable[[Type, str], bool] | None = None
    ) -> None:
        self.slots: list[Slot] = []
        self._lenient = lenient
        self._tree = self._build(of, value, path)

    def fill(self, texts: Sequence[str]) -> Any:
        """The object with the texts in the holes. Parts without a hole are shared between the results."""
        return _fill(self._tree, texts)

    def _build(self, of: Type, value: Any, path: Path) -> Any:
        if value is None:
            return None
        if of.kind == "struct":
            fields = tuple(
                (
                    key,
                    self._lenient_map(value[key], (*path, key))
                    if self._lenient and self._lenient(of, key)
                    else self._build(field.type, value[key], (*path, key)),
                )
                for key, field in of.fields.items()
                if key in value
            )
            return _Struct(fields) if any(_has_hole(inner) for _, inner in fields) else dict(fields)
        if of.kind == "list":
            return self._list([self._build(of.of, inner, (*path, index)) for index, inner in enumerate(value)])
        if of.kind == "map":
            return self._mapping(value, path, lambda inner, at: self._build(of.of, inner, at))
        if of.kind in ("json", "object"):
            return self._json(govalues.floats(value), path)
        return self._text(value, path) if isinstance(value, str) else value

    def _json(self, value: Any, path: Path) -> Any:
        """Untyped data: nulls inside a map are lost on the way."""
        if isinstance(value, dict):
            return self._mapping({key: inner for key, inner in value.items() if inner is not None}, path, self._json)
        if isinstance(value, list):
            return self._list([self._json(inner, (*path, index)) for index, inner in enumerate(value)])
        return self._text(value, path) if isinstance(value, str) else value

    def _mapping(self, value: Mapping[str, Any], path: Path, build: Callable[[Any, Path], Any]) -> Any:
        """The value comes before its key, as in Argo CD."""
        pairs = []
        for key, inner in value.items():
            built = build(inner, (*path, key))
            pairs.append((self._text(key, (*path, key)), built))
        return _Map(tuple(pairs)) if any(_has_hole(part) for pair in pairs for part in pair) else dict(pairs)

    def _list(self, items: list[Any]) -> Any:
        return _List(tuple(items)) if any(_has_hole(item) for item in items) else items

    def _lenient_map(self, value: Mapping[str, str], path: Path) -> Any:
        pairs = [(key, self._text(text, (*path, key), lenient=True)) for key, text in value.items()]
        return _Map(tuple(pairs)) if any(_has_hole(text) for _, text in pairs) else dict(pairs)

    def _text(self, text: str, path: Path, lenient: bool = False) -> Any:
        if "{{" not in text:
            return text
        self.slots.append(Slot(text, path, lenient))
        return _Hole(len(self.slots) - 1)


def _has_hole(node: Any) -> bool:
    return isinstance(node, _Hole | _Struct | _Map | _List)


def _fill(node: Any, texts: Sequence[str]) -> Any:
    if isinstance(node, _Hole):
        return texts[node.index]
    if isinstance(node, _Struct):
        return {key: _fill(inner, texts) for key, inner in node.fields}
    if isinstance(node, _Map):
        return {_fill(key, texts): _fill(inner, texts) for key, inner in node.items}
    if isinstance(node, _List):
        return [_fill(item, texts) for item in node.items]
    return node
