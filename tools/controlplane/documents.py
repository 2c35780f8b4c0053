"""Manifests as text: taken apart without being interpreted, and written in one canonical form.

YAML is read differently by Go and by Python (`012`, `1e3`, `yes`, `1:30`). What the control plane gets is therefore
always the text as it was written; here only the four fields that name an object are read from it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_SEPARATOR = re.compile(r"^---(?=\s|$)[^\S\n]*", re.MULTILINE)


class DocumentError(Exception):
    """Text that is no manifest; says which file and line."""


@dataclass(frozen=True)
class Document:
    """One object, as the text it was written in."""

    text: str
    api_version: str
    kind: str
    name: str
    namespace: str = ""
    file: str = ""
    line: int = 1

    @property
    def place(self) -> str:
        """FILE:LINE."""
        return f"{self.file or '-'}:{self.line}"

    @property
    def title(self) -> str:
        """KIND NAMESPACE/NAME."""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


def _plain(node: yaml.Node) -> Any:
    """A node as lists and dictionaries, every scalar as the text that stands there."""
    if isinstance(node, yaml.MappingNode):
        return {str(_plain(key)): _plain(value) for key, value in node.value}
    return [_plain(item) for item in node.value] if isinstance(node, yaml.SequenceNode) else node.value


def _drop_repeated_keys(node: yaml.Node) -> bool:
    """Keep the last of several equal keys, as Go does before the API server sees them; whether there were any."""
    if isinstance(node, yaml.ScalarNode):
        return False
    if isinstance(node, yaml.SequenceNode):
        return sum(map(_drop_repeated_keys, node.value)) > 0
    last = {str(_plain(key)): position for position, (key, _) in enumerate(node.value)}
    changed = len(last) < len(node.value)
    node.value = [node.value[position] for position in sorted(last.values())]
    return sum(_drop_repeated_keys(value) for _, value in node.value) > 0 or changed


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _named(value: object, text: str, file: str, line: int) -> Document:
    if not isinstance(value, dict):
        raise DocumentError(f"{file or '-'}:{line}: not an object")
    metadata = value.get("metadata")
    found = metadata if isinstance(metadata, dict) else {}
    return Document(
        text,
        _text(value.get("apiVersion")),
        _text(value.get("kind")),
        _text(found.get("name")),
        _text(found.get("namespace")),
        file,
        line,
    )


def _written(node: yaml.Node) -> str:
    """A node as text again: what was quoted stays quoted and what was plain stays plain."""
    return str(yaml.serialize(node, Dumper=yaml.BaseDumper, allow_unicode=True, width=1 << 30))


def _json_objects(text: str, file: str) -> list[Document] | None:
    """The same for JSON, None where it is none: JSON may hold tabs, which YAML refuses."""
    try:
        value = json.loads(text)
    except ValueError:
        return None
    if isinstance(value, dict) and _text(value.get("kind")).endswith("List") and isinstance(value.get("items"), list):
        return [_named(item, json.dumps(item), file, 1) for item in value["items"]]
    return [_named(value, text, file, 1)]


def _objects(part: str, file: str, line: int) -> Iterator[Document]:
    """The object of one document, or those of the List it is."""
    root = yaml.compose(part, Loader=_Loader)
    if root is None or root.value == "":
        return
    changed = _drop_repeated_keys(root)
    value = _plain(root)
    if isinstance(value, dict) and _text(value.get("kind")).endswith("List") and isinstance(value.get("items"), list):
        [items] = [node for key, node in root.value if key.value == "items"]
        for item in items.value:
            yield _named(_plain(item), _written(item), file, line + item.start_mark.line)
    else:
        yield _named(value, _written(root) if changed else part, file, line + root.start_mark.line)


def read(text: str, file: str = "") -> list[Document]:
    """Every object of a YAML or JSON text; Lists are taken apart, empty documents left out."""
    as_json = _json_objects(text, file) if text.lstrip().startswith("{") else None
    if as_json is not None:
        return as_json
    starts = [0, *(match.end() for match in _SEPARATOR.finditer(text))]
    ends = [*(match.start() for match in _SEPARATOR.finditer(text)), len(text)]
    found: list[Document] = []
    for start, end in zip(starts, ends, strict=True):
        line = text.count("\n", 0, start) + 1
        try:
            found.extend(_objects(text[start:end], file, line))
        except yaml.YAMLError as error:
            raise DocumentError(f"{file or '-'}:{line}: {' '.join(str(error).split())}") from error
    return found


def read_file(file: Path) -> list[Document]:
    """Every object of a file."""
    try:
        return read(file.read_text(encoding="utf-8"), str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise DocumentError(f"{file}: {error}") from error


def fields(document: Document) -> Any:
    """All of a document, every scalar as the text that stands there."""
    root = yaml.compose(document.text, Loader=_Loader)
    return None if root is None else _plain(root)


def of_object(value: Mapping[str, Any]) -> Document:
    """An object that is already in memory."""
    return _named(value, json.dumps(value), "", 1)


# -- canonical YAML

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*\Z")
_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
_SERVER_SET = ("uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink")


def _scalar(value: object) -> str:
    if isinstance(value, str):
        if _PLAIN.match(value) and value.lower() not in _WORDS:
            return value
        quoted = json.dumps(value, ensure_ascii=False)
        return "".join(sign if sign.isprintable() else f"\\U{ord(sign):08x}" for sign in quoted)
    written = json.dumps(value)
    # Without a point, an exponent is text to YAML 1.1 readers.
    return re.sub(r"^(-?\d+)e", r"\1.0e", written)


def _block(value: str, pad: str) -> str | None:
    """A text of several lines as a literal block, None where a block could not hold it exactly."""
    body = value.removesuffix("\n")
    lines = body.split("\n")
    fits = len(lines) > 1 and lines[0].strip() and not lines[0].startswith(" ") and lines[-1]
    if not fits or any(line != line.rstrip() or not (line.isprintable() or not line) for line in lines):
        return None
    return "|" + ("" if body != value else "-") + "".join(f"\n{pad}{line}".rstrip(" ") for line in lines) + "\n"


def _entry(head: str, value: object, indent: int) -> str:
    if isinstance(value, dict | list) and value:
        return f"{head}\n{_node(value, indent + 1)}"
    if isinstance(value, str):
        block = _block(value, "  " * (indent + 1))
        if block is not None:
            return f"{head} {block}"
    return f"{head} {_scalar(value)}\n"


def _item(value: object, indent: int) -> str:
    if isinstance(value, dict | list) and value:
        # The first line of what is nested moves up behind the dash.
        return f"{'  ' * indent}- {_node(value, indent + 1).lstrip(' ')}"
    return _entry(f"{'  ' * indent}-", value, indent)


def _node(value: object, indent: int) -> str:
    pad = "  " * indent
    if isinstance(value, dict) and value:
        return "".join(_entry(f"{pad}{_scalar(str(key))}:", value[key], indent) for key in sorted(value))
    if isinstance(value, list) and value:
        return "".join(_item(item, indent) for item in value)
    return f"{pad}{_scalar(value)}\n"


def canonical(objects: list[dict[str, Any]]) -> str:
    """Objects sorted by what names them, keys sorted, text quoted wherever a reader of YAML could take it for more."""
    return "---\n".join(_node(value, 0) for value in sorted(objects, key=_order))


def _order(value: dict[str, Any]) -> tuple[str, str, str, str]:
    metadata = value.get("metadata") or {}
    names = (value.get("apiVersion"), value.get("kind"), metadata.get("namespace"), metadata.get("name"))
    first, second, third, fourth = (str(name or "") for name in names)
    return first, second, third, fourth


def without_server_fields(value: Mapping[str, Any]) -> dict[str, Any]:
    """A copy without what the API server alone decides."""
    copy: dict[str, Any] = json.loads(json.dumps(value))
    metadata = copy.get("metadata") or {}
    for name in _SERVER_SET:
        metadata.pop(name, None)
    for owner in metadata.get("ownerReferences") or []:
        owner.pop("uid", None)
    return copy
