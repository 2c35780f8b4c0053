"""``--set`` assignments, as Helm's strvals reads them into values that are already there.

https://github.com/helm/helm/blob/main/pkg/strvals/parser.go. The engine offers the same parser, but only for values of
their own; an index into a list from a value file needs the list.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

MAX_NAMES = 30  # levels of a dotted name
MAX_INDEX = 65536
_INTEGER = re.compile(r"[+-]?[0-9]+$")

Reader = Callable[[str], Any]


class Int64(int):
    """An integer of ``--set``: Go's int64, where one from a file is a float64 and prints otherwise."""


class StrvalsError(ValueError):
    """The assignment is malformed; the message is Helm's."""


class _End(Exception):
    """The text is used up."""


class _Name(str):
    """A piece of text, and the character that ended it (empty: the end)."""

    last: str = ""


def parse_into(text: str, values: dict[str, Any], as_string: bool = False) -> None:
    """``--set`` (typed) or ``--set-string``.

    Raises:
        StrvalsError: with Helm's words.
    """
    _Parser(text, str if as_string else typed).run(values)


def parse_file_into(text: str, values: dict[str, Any], reader: Reader) -> None:
    """``--set-file``: ``reader`` gives the content for the path."""
    _Parser(text, reader).run(values)


def typed(text: str) -> Any:
    """The type Helm gives an unquoted value; what begins with a zero stays text."""
    word = text.lower()
    if word in ("true", "false"):
        return word == "true"
    if word == "null":
        return None
    if text == "0":
        return Int64(0)
    if text and text[0] != "0" and _INTEGER.match(text) and text.isascii():
        number = int(text)
        if -(2**63) <= number < 2**63:
            return Int64(number)
    return text


class _Parser:
    def __init__(self, text: str, reader: Reader) -> None:
        self.text = text
        self.at = 0
        self.reader = reader

    def run(self, values: dict[str, Any]) -> None:
        try:
            while True:
                self._key(values, 0)
        except _End:
            return

    def _until(self, stop: str) -> _Name:
        out: list[str] = []
        while self.at < len(self.text):
            char = self.text[self.at]
            self.at += 1
            if char in stop:
                found = _Name("".join(out))
                found.last = char
                return found
            if char == "\\":
                if self.at >= len(self.text):
                    break
                char = self.text[self.at]
                self.at += 1
            out.append(char)
        return _Name("".join(out))

    def _key(self, data: dict[str, Any], level: int) -> None:
        name = self._until("=[,.")
        if not name.last:
            if not name:
                raise _End
            raise StrvalsError(f'key "{name}" has no value')
        key = str(name)
        if name.last == "[":
            self._list_key(data, key, level)
        elif name.last == "=":
            self._value(lambda value: _put(data, key, value))
        elif name.last == ",":
            _put(data, key, "")
            raise StrvalsError(f'key "{key}" has no value (cannot end with ,)')
        else:
            self._nested(data, key, level + 1)

    def _list_key(self, data: dict[str, Any], key: str, level: int) -> None:
        index = self._index()
        items = data.get(key, [])
        if not isinstance(items, list):
            raise StrvalsError(f"unable to parse key: {_conversion(items, '[]interface {}')}")
        items = list(items)
        try:
            items = self._item(items, index, level)
        finally:
            _put(data, key, items)

    def _nested(self, data: dict[str, Any], key: str, level: int) -> None:
        if level > MAX_NAMES:
            raise StrvalsError(f"value name nested level is greater than maximum supported nested level of {MAX_NAMES}")
        inner = data.get(key, {})
        if not isinstance(inner, dict):
            raise StrvalsError(f"unable to parse key: {_conversion(inner, 'map[string]interface {}')}")
        inner = dict(inner)
        ended = False
        try:
            self._key(inner, level)
        except _End:
            ended = True
        finally:
            if inner:
                _put(data, key, inner)
        if ended:
            raise _End
        if not inner:
            raise StrvalsError(f'key map "{key}" has no value')

    def _value(self, put: Callable[[Any], None]) -> None:
        """Read one value and hand it over; the end of the text is noticed by the next key."""
        if self.at >= len(self.text):
            put("")
            raise _End
        if self.text[self.at] == "{":
            self.at += 1
            put(self._list())
        else:
            put(self.reader(str(self._until(","))))

    def _list(self) -> list[Any]:
        items: list[Any] = []
        while True:
            part = self._until(",}")
            if not part.last:
                raise StrvalsError("list must terminate with '}'")
            items.append(self.reader(str(part)))
            if part.last == "}":
                if self.text[self.at : self.at + 1] == ",":
                    self.at += 1
                return items

    def _index(self) -> int:
        text = self._until("]")
        if not text.last:
            raise _End  # Helm takes the missing bracket for the end of the text
        if not _INTEGER.match(text) or not text.isascii():
            raise StrvalsError(f'error parsing index: strconv.Atoi: parsing "{text}": invalid syntax')
        return int(text)

    def _item(self, items: list[Any], index: int, level: int) -> list[Any]:
        if index < 0:
            raise StrvalsError(f"negative {index} index not allowed")
        name = self._until("[.=")
        if name:
            raise StrvalsError(f'unexpected data at end of array index: "{name}"')
        if not name.last:
            raise _End
        if name.last == "=":
            self._value(lambda value: _put_at(items, index, value))
            return items
        old = items[index] if index < len(items) else None
        if name.last == "[":
            following = self._index()
            if old is not None and not isinstance(old, list):
                raise StrvalsError(f"unable to parse key: {_conversion(old, '[]interface {}')}")
            return _place(items, index, self._item(list(old or []), following, level))
        inner = dict(old) if isinstance(old, dict) else {}
        if index < len(items):
            items[index] = inner
        ended = False
        try:
            self._key(inner, level)
        except _End:
            ended = True  # Helm leaves the list as it was found when the text ends here
        if ended:
            raise _End
        return _place(items, index, inner)


def _put(data: dict[str, Any], key: str, value: Any) -> None:
    if key:
        data[key] = value


def _put_at(items: list[Any], index: int, value: Any) -> None:
    _place(items, index, value)


def _place(items: list[Any], index: int, value: Any) -> list[Any]:
    if index > MAX_INDEX:
        raise StrvalsError(f"index of {index} is greater than maximum supported index of {MAX_INDEX}")
    items.extend([None] * (index + 1 - len(items)))
    items[index] = value
    return items


def _conversion(value: Any, wanted: str) -> str:
    if value is None:
        return f"interface conversion: interface {{}} is nil, not {wanted}"
    names: dict[type, str] = {
        bool: "bool",
        str: "string",
        Int64: "int64",
        int: "float64",
        float: "float64",
        list: "[]interface {}",
        dict: "map[string]interface {}",
    }
    return f"interface conversion: interface {{}} is {names.get(type(value), 'string')}, not {wanted}"
