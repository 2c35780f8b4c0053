"""YAML and JSON streams taken apart as Kubernetes' decoders do it, which is how Argo CD reads manifests."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from presync.base import goyaml

Object = dict[str, Any]

_BEYOND_INT64 = re.compile(r"[0-9_]{19}")


class DocumentError(ValueError):
    """A document that Argo CD cannot read; the message is the core of its own."""

    def __init__(self, message: str, line: int = 0, text: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.text = text  # of the document that is not YAML


def split(text: str) -> Iterator[tuple[int, str]]:
    """The documents of a YAML stream, each with the line (from 1) its text begins on.

    Only spaces or a comment may follow the separator
    (https://github.com/kubernetes/apimachinery/blob/master/pkg/util/yaml/decoder.go, YAMLReader).

    Raises:
        DocumentError: something else follows it.
    """
    lines: list[str] = []
    start = 1
    for number, line in enumerate(text.removesuffix("\n").split("\n") if text else (), 1):
        line = line.removesuffix("\r")  # noqa: PLW2901 - the line without its ending
        if line.startswith("---"):
            rest = line[3:].strip()
            if rest and not rest.startswith("#"):
                raise DocumentError(f"invalid Yaml document separator: {rest}", number)
            if lines:
                yield start, "\n".join(lines) + "\n"
                lines = []
            start = number + 1
            continue
        lines.append(line)
    if lines:
        yield start, "\n".join(lines) + "\n"


def load(text: str, line: int = 1) -> tuple[Any, int]:
    """One document's data and the line its content begins on.

    Raises:
        DocumentError: not YAML.
    """
    try:
        found = next(iter(goyaml.documents(text)), None)
    except goyaml.GoYamlError as error:
        where = line + error.line - 1 if error.line else 0
        place = f"line {where}: " if where else ""
        raise DocumentError(f"error converting YAML to JSON: yaml: {place}{error.message}", where, text) from None
    if found is None:
        return None, line
    data = _float64(found.data) if _BEYOND_INT64.search(text) else found.data
    return data, line + found.line - 1


def _float64(data: Any) -> Any:
    """The data with integers that are no int64 as Go's float64 prints them."""
    if isinstance(data, dict):
        return {key: _float64(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_float64(value) for value in data]
    if isinstance(data, int) and not -(2**63) <= data < 2**63:
        return int(Decimal(repr(float(data))))
    return data


def stream(text: str) -> Iterator[tuple[Any, int]]:
    """Every document's data that is not empty, with its line; a text that begins with a brace is tried as JSON first.

    Raises:
        DocumentError: at the document that cannot be read; those before it have been given.
    """
    if text.lstrip()[:1] == "{":
        objects = _json_stream(text)
        if objects is not None:
            yield from ((data, 1) for data in objects)
            return
    for line, document in split(text):
        data, start = load(document, line)
        if data is not None:
            yield data, start


def _json_stream(text: str) -> list[Any] | None:
    decoder = json.JSONDecoder()
    found: list[Any] = []
    at = 0
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        if at >= len(text):
            return found
        try:
            data, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return None
        found.append(data)


def as_object(data: Any, prefix: str = "error unmarshaling JSON: while decoding JSON: ") -> Object:
    """An object with a kind; ``prefix`` is what Go's YAML library puts before the message of its JSON library.

    Raises:
        DocumentError: it is not a mapping or has no kind.
    """
    if not isinstance(data, dict):
        raise DocumentError(
            f"{prefix}json: cannot unmarshal {json_name(data)} into Go value of type map[string]interface {{}}"
        )
    if not isinstance(data.get("kind"), str) or not data["kind"]:
        text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        raise DocumentError(f"{prefix}Object 'Kind' is missing in '{text}'")
    return data


def json_name(data: Any) -> str:
    """Go's word for a JSON type."""
    if isinstance(data, bool):
        return "bool"
    if isinstance(data, int | float):
        return "number"
    names: dict[type, str] = {str: "string", list: "array", dict: "object"}
    return names.get(type(data), "null")


def members(data: Object) -> list[Object]:
    """What an object stands for: the items of a list, whatever its kind, else itself.

    Raises:
        DocumentError: an item is not an object.
    """
    items = data.get("items", data)
    if isinstance(items, list):
        for item in items:
            if not isinstance(item, dict):
                raise DocumentError("items member is not an object: map[string]interface {}")
        return [as_object(item, "") for item in items]
    if items is None and "spec" not in data and "status" not in data:
        return []
    return [data]
