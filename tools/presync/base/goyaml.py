"""YAML as Go programs of the Kubernetes world read it (sigs.k8s.io/yaml, YAML 1.1 words, JSON numbers).

PyYAML and Go disagree on ``y``/``n``, ``1e3``, ``0o17``, ``12:30``, dates, ``=`` and on keys that are not strings; what
Argo CD, Helm and kubectl see is what Go sees (https://github.com/kubernetes-sigs/yaml). Parsing is by libyaml.

Input is hostile: documents are bounded in size, in depth and in the number of nodes after aliases are expanded.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import yaml

from presync.base.finding import Location

MAX_BYTES = 20 * 1024 * 1024  # of one file
_KEPT = 64 * 1024  # characters; longer texts are read anew each time rather than held
MAX_NODES = 1_000_000  # of one document, aliases expanded
MAX_DEPTH = 500

_TAG = "tag:yaml.org,2002:"
_BOOLS = {
    **dict.fromkeys(["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"], True),
    **dict.fromkeys(["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"], False),
}
_NUMBER = re.compile(
    r"[-+]?(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|[0-9][0-9_]*"
    r"|(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)$"
)
# libyaml's own recursion would overflow the stack on deep nesting; these find texts that may be that deep.
_DEEP_BLOCK = re.compile(rf"^[ \-?:]{{{MAX_DEPTH}}}", re.MULTILINE)
_ALIAS = re.compile(r"(?:^|[\s,\[{])\*[^\s,\[\]{}*]", re.MULTILINE)
_NOT_A_NUMBER = re.compile(r"[-+]?\.(?:inf|Inf|INF)$|\.(?:nan|NaN|NAN)$")


class GoYamlError(ValueError):
    """The text is not YAML that Go would accept, or is out of bounds."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}" if self.line else self.message


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a YAML stream: its data and the line (from 1) its content begins on."""

    data: Any
    line: int
    node: yaml.Node


class _Loader(yaml.CSafeLoader):
    """libyaml's parser with Go's idea of what a plain scalar means."""


_Loader.yaml_implicit_resolvers = {}
_Loader.yaml_constructors = dict(yaml.CSafeLoader.yaml_constructors)
_Loader.add_implicit_resolver(f"{_TAG}bool", re.compile(f"(?:{'|'.join(_BOOLS)})$"), list("yYtToOnNfF"))
_Loader.add_implicit_resolver(f"{_TAG}null", re.compile(r"(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""])
_Loader.add_implicit_resolver(f"{_TAG}merge", re.compile(r"<<$"), ["<"])
_Loader.add_implicit_resolver(f"{_TAG}float", _NOT_A_NUMBER, list("-+."))
_Loader.add_implicit_resolver(f"{_TAG}int", _NUMBER, list("-+0123456789."))


def _error(message: str, node: yaml.Node) -> GoYamlError:
    return GoYamlError(message, node.start_mark.line + 1, node.start_mark.column + 1)


def _bool(loader: _Loader, node: yaml.ScalarNode) -> bool:
    value = _BOOLS.get(node.value)
    if value is None:  # an explicit !!bool on something else
        raise _error(f"cannot decode {node.value!r} as a bool", node)
    return value


def _number(loader: _Loader, node: yaml.ScalarNode) -> Any:
    """Integers as they are, whole floats as integers (JSON has one kind of number), the rest as Go's float64."""
    text: str = node.value
    if _NOT_A_NUMBER.match(text):
        raise _error(f"{text} is not a JSON number", node)
    plain = text.replace("_", "")
    digits = plain.lstrip("+-").lower()
    sign = -1 if plain.startswith("-") else 1
    try:
        integer = _integer(digits)
        if integer is not None:
            value = sign * integer
            return value if -(2**63) <= value < 2**64 else int(float(value))
        number = float(plain)
    except ValueError:
        return text
    if math.isinf(number):
        return text
    return int(number) if number.is_integer() and abs(number) < 1e21 else number


def _integer(digits: str) -> int | None:
    """Go's integer literals without their sign; None when it is a float."""
    for prefix, base in (("0x", 16), ("0b", 2), ("0o", 8)):
        if digits.startswith(prefix):
            return int(digits[2:], base)
    if not digits.isdigit():
        return None
    if len(digits) > 1 and digits[0] == "0":
        try:
            return int(digits, 8)
        except ValueError:
            return int(digits)  # 08 and 09 are floats to Go, and whole ones
    return int(digits)


def _key(loader: _Loader, node: yaml.Node) -> str:
    value = loader.construct_object(node, deep=True)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return str(value)
    raise _error("a key must be text, a number or a bool", node)


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[str, Any]:
    if not isinstance(node, yaml.MappingNode):
        raise _error("expected a mapping", node)
    loader.flatten_mapping(node)
    return {_key(loader, key): loader.construct_object(value, deep=True) for key, value in node.value}


def _text(loader: _Loader, node: yaml.ScalarNode) -> str:
    return str(node.value)


def _binary(loader: _Loader, node: yaml.ScalarNode) -> str:
    """Decoded, as text; JSON has no bytes."""
    try:
        return base64.b64decode("".join(str(node.value).split()), validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        raise _error("!!binary value contains invalid base64 data", node) from None


_Loader.add_constructor(f"{_TAG}bool", _bool)
_Loader.add_constructor(f"{_TAG}binary", _binary)
_Loader.add_constructor(f"{_TAG}int", _number)
_Loader.add_constructor(f"{_TAG}float", _number)
_Loader.add_constructor(f"{_TAG}map", _mapping)
_Loader.add_constructor(f"{_TAG}timestamp", _text)
_Loader.add_constructor(f"{_TAG}value", _text)


def _bound(node: yaml.Node) -> None:
    """Refuse what would be too much once aliases are written out; shared nodes are counted once and multiplied."""
    sizes: dict[int, int] = {}
    stack: list[tuple[yaml.Node, int, bool]] = [(node, 1, False)]
    open_nodes: set[int] = set()
    while stack:
        current, depth, done = stack.pop()
        key = id(current)
        children = _children(current)
        if done:
            open_nodes.discard(key)
            sizes[key] = 1 + sum(sizes[id(child)] for child in children)
            if sizes[key] > MAX_NODES:
                raise _error(f"the document grows beyond {MAX_NODES:,} nodes when its aliases are expanded", current)
            continue
        if key in sizes:
            continue
        if key in open_nodes:
            raise _error("an anchor contains an alias to itself", current)
        if depth > MAX_DEPTH:
            raise _error(f"the document is nested more than {MAX_DEPTH} levels deep", current)
        open_nodes.add(key)
        stack.append((current, depth, True))
        stack.extend((child, depth + 1, False) for child in children if id(child) not in sizes)


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _bound_depth(text: str) -> None:
    """Refuse deep nesting before nodes are composed, which libyaml's binding does recursively."""
    if text.count("[") + text.count("{") <= MAX_DEPTH and not _DEEP_BLOCK.search(text):
        return
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                mark = event.start_mark
                raise GoYamlError(
                    f"the document is nested more than {MAX_DEPTH} levels deep", mark.line + 1 if mark else 0
                )
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def decode(data: bytes) -> str:
    """The text of a YAML file; UTF-8 only, as Go expects it.

    Raises:
        GoYamlError: too large, or not UTF-8 (with the line of the first bad byte).
    """
    if len(data) > MAX_BYTES:
        raise GoYamlError(f"the file has {len(data):,} bytes; presync reads at most {MAX_BYTES:,} of one YAML file")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise GoYamlError(f"invalid UTF-8 (byte 0x{data[error.start]:02x})", line) from None


def documents(text: str) -> Iterator[Document]:
    """Every document of a stream, empty ones left out. What was read is kept for a while: it is not to be changed.

    Raises:
        GoYamlError: with the line, at the document that cannot be read.
    """
    found, error = _kept(text) if len(text) <= _KEPT else _read(text)
    yield from found
    if error is not None:
        raise error.with_traceback(None)


@lru_cache(maxsize=1024)
def _kept(text: str) -> tuple[tuple[Document, ...], GoYamlError | None]:
    """Rules ask for the same files again and again."""
    return _read(text)


def _read(text: str) -> tuple[tuple[Document, ...], GoYamlError | None]:
    """The documents before the first that cannot be read, and what is wrong with that one."""
    found: list[Document] = []
    try:
        for document in _documents(text):
            found.append(document)
    except GoYamlError as error:
        return tuple(found), error
    return tuple(found), None


def _documents(text: str) -> Iterator[Document]:
    if len(text) > MAX_BYTES:
        raise GoYamlError(f"the text has {len(text):,} characters; presync reads at most {MAX_BYTES:,}")
    loader = _Loader(text)
    aliases = _ALIAS.search(text) is not None  # without one, a document has no more nodes than the text has characters
    try:
        _bound_depth(text)
        while loader.check_node():
            node = loader.get_node()
            if node is None:
                continue
            if aliases:
                _bound(node)
            data = loader.construct_document(node)
            if data is not None:
                yield Document(data, node.start_mark.line + 1, node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = error.problem or error.context or "not valid YAML"
        raise GoYamlError(message, mark.line + 1 if mark else 0, mark.column + 1 if mark else 0) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        if isinstance(error, GoYamlError):
            raise
        raise GoYamlError(str(error).splitlines()[0] if str(error) else "not valid YAML") from None
    finally:
        loader.dispose()


def load(text: str) -> Any:
    """The data of the first document; None when there is none."""
    return next((document.data for document in documents(text)), None)


def locate(node: yaml.Node, path: Sequence[str | int], file: str = "") -> Location:
    """Where the value at ``path`` stands below ``node``: the key's line for a mapping, the item's for a list.

    When the path goes further than the document, the deepest node that exists is the place.
    """
    mark = node.start_mark
    for step in path:
        if isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if key.value == str(step)]
            if not found:
                break
            mark, node = found[-1][0].start_mark, found[-1][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            mark = node.start_mark
        else:
            break
    return Location(file, mark.line + 1, mark.column + 1)


def key_text(node: yaml.ScalarNode) -> str | None:
    """The key that Go makes of a plain scalar; None where it refuses it."""
    loader = _Loader("")
    try:
        tag = loader.resolve(yaml.ScalarNode, node.value, (True, False))  # type: ignore[no-untyped-call]
        return _key(loader, yaml.ScalarNode(tag, node.value, node.start_mark, node.end_mark))
    except GoYamlError:
        return None
    finally:
        loader.dispose()


def number(text: str) -> int | float | None:
    """The number that Go makes of a plain scalar; None where it is something else."""
    if not _NUMBER.match(text):
        return None
    found = _number(None, yaml.ScalarNode(f"{_TAG}int", text))  # type: ignore[arg-type]
    return found if isinstance(found, int | float) else None
