"""Changing one value in a YAML file and nothing else, byte for byte.

ruamel.yaml tells where the value stands; the text around it is never written anew. What comes out is read again and
compared with what was meant before anybody gets it.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from presync.base import goyaml
from presync.seal.files import is_plain


class NotEditable(Exception):
    """The value cannot be written by a program without guessing; the reason, for a person."""


def write(text: str, path: Sequence[str], value: str) -> str:
    """The text with ``value`` at ``path``, replaced where it stands or added.

    Raises:
        NotEditable: it stands in a form that only a person should touch.
    """
    before = _read(text)
    bom = "\ufeff" if text.startswith("\ufeff") else ""
    root = _compose(text[len(bom) :])
    changed = bom + _write(text[len(bom) :], root, tuple(path), value)
    if _read(changed) != _with(before, path, value):
        raise NotEditable("the file would not read back as meant")
    return changed


def _read(text: str) -> Any:
    try:
        documents = list(goyaml.documents(text.removeprefix("\ufeff")))
    except goyaml.GoYamlError as error:
        raise NotEditable(f"the file is not YAML: {error}") from None
    if len(documents) > 1:
        raise NotEditable("the file has several documents")
    return documents[0].data if documents else None


def _compose(text: str) -> Any:
    from ruamel.yaml import YAML  # noqa: PLC0415 - 30 ms that only this needs
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415

    try:
        return YAML(typ="rt", pure=True).compose(text)
    except (YAMLError, ValueError) as error:
        raise NotEditable(f"the file is not YAML: {getattr(error, 'problem', None) or error}") from None


def _with(data: Any, path: Sequence[str], value: str) -> Any:
    changed: Any = copy.deepcopy(data) if isinstance(data, dict) else {}
    at = changed
    for key in path[:-1]:
        if not isinstance(at.get(key), dict):
            at[key] = {}
        at = at[key]
    at[path[-1]] = value
    return changed


def _write(text: str, root: Any, path: tuple[str, ...], value: str) -> str:
    if root is None or (_kind(root) == "scalar" and not root.value):
        return _appended(text, path, value)
    node = root
    for depth, key in enumerate(path):
        if _kind(node) != "mapping":
            raise NotEditable(f"{'.'.join(path[:depth])} is no map")
        found = next(((one, below) for one, below in node.value if one.value == key), None)
        if found is None:
            return _added(text, node, path[depth:], value, node is root)
        name, below = found
        if below.start_mark.index < name.end_mark.index:
            raise NotEditable(f"{key} is an alias of a value that stands elsewhere")
        if depth == len(path) - 1:
            return _replaced(text, name, below, value)
        if _kind(below) == "scalar" and not below.value and below.start_mark.index == below.end_mark.index:
            return _below(text, name, path[depth + 1 :], value, name.start_mark.column + 2)
        if (
            _kind(below) == "mapping"
            and not below.flow_style
            and not any(one.value == path[depth + 1] for one, _ in below.value)
        ):
            return _below(text, name, path[depth + 1 :], value, below.value[0][0].start_mark.column)
        node = below
    raise NotEditable("the path is empty")


def _kind(node: Any) -> str:
    return str(node.id)


def _replaced(text: str, name: Any, node: Any, value: str) -> str:
    if _kind(node) != "scalar" or node.style in ("|", ">"):
        raise NotEditable("the value is no text of one line")
    start, end = node.start_mark.index, node.end_mark.index
    old = text[start:end]
    if old[:1] in "&!*" and old:
        raise NotEditable("the value has an anchor or a tag")
    quote = old[:1] if old[:1] in ("'", '"') and old else ""
    new = f"{quote}{value}{quote}" if quote or is_plain(value) else f'"{value}"'
    if not old:  # an empty value is said to stand where the next one begins
        start = end = text.index(":", name.end_mark.index) + 1
        new = f" {new}"
    return text[:start] + new + text[end:]


def _added(text: str, node: Any, path: tuple[str, ...], value: str, root: bool) -> str:
    if node.flow_style:
        raise NotEditable("the map is written in braces")
    if not root:
        raise NotEditable("its place in the file is not plain")
    return _appended(text, path, value)


def _below(text: str, name: Any, path: tuple[str, ...], value: str, column: int) -> str:
    """A block right below the line of a key, so that no comment changes its owner."""
    end = text.find("\n", name.end_mark.index)
    head = f"{text}{_newline(text)}" if end < 0 else text[: end + 1]
    tail = "" if end < 0 else text[end + 1 :]
    return head + _block(path, value, column, _newline(text)) + tail


def _appended(text: str, path: tuple[str, ...], value: str) -> str:
    newline = _newline(text)
    if any(line.rstrip() == "..." for line in text.splitlines()[-3:]):
        raise NotEditable("the document ends with `...`")
    head = text if not text or text.endswith("\n") else text + newline
    return head + _block(path, value, 0, newline)


def _block(path: tuple[str, ...], value: str, column: int, newline: str) -> str:
    lines = [f"{' ' * (column + 2 * depth)}{key}:" for depth, key in enumerate(path)]
    lines[-1] += f" {value}" if is_plain(value) else f' "{value}"'
    return newline.join(lines) + newline


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def plain_path(path: Sequence[str | int]) -> tuple[str, ...]:
    """A path through maps only.

    Raises:
        NotEditable: it goes through a list.
    """
    if any(isinstance(step, int) for step in path):
        raise NotEditable("it stands in a list")
    return tuple(str(step) for step in path)


def value_at(text: str, path: Sequence[str]) -> object:
    """What the file says at a path; None where it says nothing."""
    data = _read(text)
    for key in path:
        data = data.get(key) if isinstance(data, Mapping) else None
    return data
