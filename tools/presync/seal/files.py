"""SealedSecrets in files: finding them, changing them in place, writing them."""

from __future__ import annotations

import copy
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from presync.base import goyaml
from presync.base.errors import PresyncError
from presync.seal.scope import KIND
from presync.seal.sealed import is_sealed_secret

SUFFIXES = (".yaml", ".yml", ".json")
_PLAIN = re.compile(r"[A-Za-z][-A-Za-z0-9_./+=]*(:[-A-Za-z0-9_./+=]+)*")
_INDENT = re.compile(r"^(?:metadata|spec):[^\n]*\n(?:[ \t]*(?:#[^\n]*)?\n)*( +)\S", re.MULTILINE)
_FLAT_LIST = re.compile(r"^( *)[^\s#-][^\n]*:[ \t]*\n\1- ", re.MULTILINE)
_MENTIONS = re.compile(rf'^\s*"?kind"?\s*:\s*"?{KIND}"?\s*,?\s*(?:#.*)?$', re.MULTILINE)


@dataclass
class SealedFile:
    """A file with every document in it; those that are no SealedSecrets are kept as they are."""

    path: Path
    documents: list[Any]
    text: str  # as it was read
    _before: list[Any] = field(repr=False)

    @classmethod
    def read(cls, path: Path) -> SealedFile:
        """Read a YAML stream or one JSON object.

        Raises:
            PresyncError: no such file, not YAML, no SealedSecret in it.
        """
        text = read_text(path)
        documents = [_json(text, path)] if text.lstrip().startswith("{") else _yaml(text, path)
        found = cls(path, documents, text, copy.deepcopy(documents))
        if not found.sealed:
            raise PresyncError(f"{path}: there is no SealedSecret in it")
        return found

    @property
    def sealed(self) -> list[MutableMapping[str, Any]]:
        """The SealedSecrets, to be changed in place."""
        return [document for document in self.documents if is_sealed_secret(document)]

    def dump(self) -> str:
        """The whole file again: comments, order and the style of what was not touched are kept."""
        if self.text.lstrip().startswith("{"):
            return json.dumps(self.documents[0], indent=2, ensure_ascii=False) + "\n"
        pairs = zip(self.documents, self._before, strict=True)
        return _dump([_style(document, before) for document, before in pairs], self.text)


def dump(documents: Iterable[MutableMapping[str, Any]]) -> str:
    """New SealedSecrets as YAML."""
    return _dump([_style(document, None) for document in documents])


def find_files(paths: Iterable[Path]) -> Iterator[Path]:
    """The files named, and below the folders named those that mention a SealedSecret.

    Raises:
        PresyncError: a path that does not exist.
    """
    for path in paths:
        if path.is_dir():
            for found in sorted(path.rglob("*")):
                hidden = any(part.startswith(".") for part in found.relative_to(path).parts)
                if found.suffix in SUFFIXES and not hidden and found.is_file() and _mentions(found):
                    yield found
        elif path.exists():
            yield path
        else:
            raise PresyncError(f"{path} does not exist")


def read_text(path: Path) -> str:
    """The text of a manifest.

    Raises:
        PresyncError: it cannot be read.
    """
    try:
        return goyaml.decode(path.read_bytes())
    except OSError as error:
        raise PresyncError(f"{path}: {error.strerror}") from None
    except goyaml.GoYamlError as error:
        raise PresyncError(f"{path}: {error}") from None


def _mentions(path: Path) -> bool:
    try:
        data = path.read_bytes()
    except OSError:
        return False
    return KIND.encode() in data and bool(_MENTIONS.search(data.decode("utf-8", "replace")))


def _json(text: str, path: Path) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise PresyncError(f"{path}: begins like JSON and is none") from None


def _yaml(text: str, path: Path) -> list[Any]:
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415 - 30 ms that the rules do not need

    try:
        for _ in goyaml.documents(text):  # bounds the input, which ruamel does not
            pass
        return list(_ruamel(text).load_all(text))
    except goyaml.GoYamlError as error:
        raise PresyncError(f"{path}: {error}") from None
    except (YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise PresyncError(f"{path}{line}: {getattr(error, 'problem', None) or 'not valid YAML'}") from None


def _ruamel(text: str = "") -> Any:
    """A round-trip reader and writer that keeps the indentation of ``text``."""
    from ruamel.yaml import YAML  # noqa: PLC0415
    from ruamel.yaml.representer import RoundTripRepresenter  # noqa: PLC0415

    class Representer(RoundTripRepresenter):
        """Writes null as a word: an empty value reads like something forgotten."""

    Representer.add_representer(type(None), lambda self, _: self.represent_scalar("tag:yaml.org,2002:null", "null"))
    yaml = YAML()
    yaml.Representer = Representer
    yaml.preserve_quotes = True
    yaml.width = 1 << 30
    mapping = len(match[1]) if (match := _INDENT.search(text)) else 2
    flat = bool(_FLAT_LIST.search(text))
    yaml.indent(mapping=mapping, sequence=2 if flat else mapping + 2, offset=0 if flat else mapping)
    yaml.explicit_start = bool(re.match(r"(?:\s*#[^\n]*\n)*---\s", text))
    return yaml


def _dump(documents: list[Any], like: str = "") -> str:
    stream = io.StringIO()
    _ruamel(like).dump_all(documents, stream)
    return stream.getvalue()


def _style(new: Any, old: Any) -> Any:
    """Quotes for what is not in ``old``, so that a Go program reads it back as text: ``on`` or ``1e3`` need them."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString  # noqa: PLC0415

    if isinstance(new, MutableMapping):
        before = old if isinstance(old, Mapping) else {}
        for key in list(new):
            if key in before:
                new[key] = _style(new[key], before[key])
            else:
                new[_style(key, None)] = _style(new.pop(key), None)
        return new
    if isinstance(new, list):
        return new if new == old else [_style(item, None) for item in new]
    if not isinstance(new, str) or new == old:
        return new
    if new.endswith("\n") and new.isascii() and all(line and line == line.strip() for line in new.splitlines()):
        return LiteralScalarString(new)
    return new if is_plain(new) else DoubleQuotedScalarString(new)


def is_plain(text: str) -> bool:
    """Whether YAML 1.1 and 1.2 both read the unquoted text as this text."""
    if not _PLAIN.fullmatch(text):
        return False
    return len(text) > 16 or goyaml.load(text) == text
