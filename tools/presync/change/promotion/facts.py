"""By which names two environments differ throughout, so that nobody has to read about them.

``redis-dev`` and ``redis-prod``, ``dev.example.com`` and ``example.com``: the environment's own name as a word of a
text, the namespaces and names of the Applications, and every pair of texts that the facts of the environments give
(Helm's ``global``, and value files that several Applications read). Two texts are alike when one becomes the other by
exchanging such pairs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from presync.change.fields import differences
from presync.change.model import Difference, Path

_SEPARATED = re.compile(r"[-./:_0-9]")
_CHECKSUM = re.compile(r"\s*checksum/[\w.-]+: *\S+$")
_LEFT, _RIGHT = r"(?<![A-Za-z0-9])", r"(?![A-Za-z0-9])"
_LONGEST = 400_000  # characters of a text that is compared word by word


class Facts:
    """The pairs of two environments."""

    def __init__(self, here: str, there: str, pairs: Iterable[tuple[str, str]]) -> None:
        words = [(here, there), (here.upper(), there.upper()), (here.capitalize(), there.capitalize())]
        self.pairs = tuple(dict.fromkeys([*filter(_usable, pairs), *words]))
        self._there: dict[str, str] = {}
        self._others: dict[str, set[str]] = {}
        for mine, theirs in self.pairs:
            self._there.setdefault(mine, theirs)
            self._others.setdefault(mine, {mine}).add(theirs)
            self._others.setdefault(theirs, {theirs}).add(mine)
        self._here: dict[str, str] = {}
        for mine, theirs in self.pairs:
            self._here.setdefault(theirs, mine)
        self._mine, self._theirs = _any_of(self._there), _any_of(self._here)
        self._all = _any_of(self._others)

    def translated(self, text: str) -> str:
        """The text of the first environment as the second would have it."""
        return self._mine.sub(lambda match: self._there[match[0]], text)

    def back(self, data: Any) -> Any:
        """Everything in a structure of the second environment as the first would have it; keys stay."""
        if isinstance(data, str):
            return self._theirs.sub(lambda match: self._here[match[0]], data)
        if isinstance(data, Mapping):
            return {key: self.back(value) for key, value in data.items()}
        return [self.back(item) for item in data] if isinstance(data, list) else data

    def translate(self, data: Any) -> Any:
        """The same for everything in a structure, keys included."""
        if isinstance(data, str):
            return self.translated(data)
        if isinstance(data, Mapping):
            return {self.translate(key): self.translate(value) for key, value in data.items()}
        return [self.translate(item) for item in data] if isinstance(data, list) else data

    def alike(self, here: Any, there: Any) -> bool:
        """Whether nothing differs but names."""
        if here == there and type(here) is type(there):
            return True
        if isinstance(here, str) and isinstance(there, str):
            mine, theirs = here.split("\n"), there.split("\n")
            return len(mine) == len(theirs) and all(map(self._alike, mine, theirs))
        if isinstance(here, list) and isinstance(there, list):
            return len(here) == len(there) and all(map(self.alike, here, there))
        return False

    def _alike(self, here: str, there: str) -> bool:
        if here == there:
            return True
        if _CHECKSUM.match(here) and _CHECKSUM.match(there):
            return True
        if len(here) > _LONGEST or len(there) > _LONGEST:
            return self.translated(here) == there
        return any(re.fullmatch(self._pattern(one), other) for one, other in ((here, there), (there, here)))

    def _pattern(self, text: str) -> str:
        parts, at = [], 0
        for match in self._all.finditer(text):
            others = sorted(self._others[match[0]], key=len, reverse=True)
            parts += [re.escape(text[at : match.start()]), f"(?:{'|'.join(map(re.escape, others))})"]
            at = match.end()
        return "".join([*parts, re.escape(text[at:])])

    def differences(self, here: Any, there: Any) -> Iterator[Difference]:
        """What differs besides names and what only follows from others; ``old`` is what really stands there.

        In texts of several lines it is the translated text, so that comparing the lines shows no names.
        """
        if here == there:
            return
        for one in differences(self.translate(here), there):
            checksum = any(str(step).startswith("checksum/") for step in one.path)
            if one.noise or checksum or self.alike(one.old, one.new):
                continue
            old = one.old
            if not one.added and not (isinstance(old, str) and "\n" in old):
                old = self._original(here, one.base, old)
            base = tuple(self._steps(here, one.base))
            yield Difference(one.path, old, one.new, base, one.head)

    def _steps(self, data: Any, path: Path) -> Iterator[str | int]:
        """A path of the translated structure in the original one."""
        for step in path:
            key = step
            if isinstance(data, Mapping):
                key = step if step in data else next((one for one in data if self.translate(one) == step), step)
                data = data.get(key)
            elif isinstance(data, list) and isinstance(step, int) and step < len(data):
                data = data[step]
            yield key

    def _original(self, data: Any, path: Path, otherwise: Any) -> Any:
        for step in self._steps(data, path):
            try:
                data = data[step]
            except (KeyError, IndexError, TypeError):
                return otherwise
        return data


def _usable(pair: tuple[str, str]) -> bool:
    """Whether a pair is one of names: `info` and `debug` differ too, but not throughout."""
    here, there = pair
    return here != there and min(len(here), len(there)) > 2 and any(map(_SEPARATED.search, pair)) and "\n" not in here


def _any_of(texts: Iterable[str]) -> re.Pattern[str]:
    longest = sorted(texts, key=len, reverse=True)
    return re.compile(f"{_LEFT}(?:{'|'.join(map(re.escape, longest))}){_RIGHT}")
