"""Which keys of its values a chart can read, by reading its templates.

Templates reach values in ways no reader can follow in general (``index``, ``tpl``, ``dict``, variables). So a key
counts as read whenever its name appears anywhere as a field or as a string in an action, and everything below a mapping
counts as read as soon as that mapping is handed to anything as a whole. What is left over is read by nothing.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from presync.provenance.lexer import Part, parts
from presync.render.chart import ChartFiles

_TOKEN = re.compile(
    r'"(?P<text>(?:\\.|[^"\\\n])*)"|`(?P<raw>[^`]*)`'
    r"|(?P<chain>(?:\$\w*|(?<=\)))?(?:\.\w+)+|\$\w*|(?<![\w)\"`\].])\.(?!\w))"
    r"|(?P<word>[A-Za-z_]\w*)|(?P<other>\S)"
)
_KEYWORD = re.compile(r"(if|else|end|with|range|define|block|template)\b")
_ASSIGN = re.compile(r"(?:(\$\w+)\s*,\s*)?(\$\w+)\s*:?=\s*(.*)", re.DOTALL)
_LOOKS_ONLY = frozenset("if and or not eq ne lt le gt ge empty hasKey kindIs typeIs len int".split())  # noqa: SIM905
_SELECTS = frozenset(["get", "index", "dig", "hasKey", "pluck", "len", "kindIs", "typeIs"])  # take a part by its key
_SELECTED = "?"  # stands for something taken by a key that is not known here
_TEMPLATE = re.compile(r"(?:^|/)templates/.+")
_EMBEDDED = re.compile(r"\.Values(?:\.\w+)+")


@dataclass(slots=True)
class Reads:
    """What the templates of one chart mention."""

    names: set[str] = field(default_factory=set)  # as a field or a string
    top: set[str] = field(default_factory=set)  # as a field of .Values itself
    whole: set[str] = field(default_factory=set)  # names of mappings handed over as they are
    listed: set[str] = field(default_factory=set)  # names of mappings whose keys are gone through
    literals: set[str] = field(default_factory=set)  # strings, which ``get`` and ``index`` may take as keys
    selects_top: bool = False  # ``get .Values …``
    selected: bool = False  # something found by such a key is handed over, or its keys are gone through
    everything: bool = False  # .Values itself is handed over
    texts: list[bytes] = field(default_factory=list)  # the chart's files: a key that is put together stands in one

    def reads(self, path: Sequence[str | int]) -> bool:
        """Whether a template may read the value at this path (without the subchart's prefix)."""
        if self.everything:
            return True
        if path and path[0] not in self.top and not (self.selects_top and path[0] in self.names):
            return False
        previous = ""
        for step in path:
            if previous in self.whole or (self.selected and previous in self.literals):
                return True
            if isinstance(step, int):
                continue
            if step not in self.names and previous not in self.listed:
                return False
            previous = step
        return True

    def mentions(self, path: Sequence[str | int]) -> bool:
        """Whether every key of the path is named somewhere, or is one of a mapping whose keys are gone through."""
        previous = ""
        for step in path:
            if isinstance(step, str):
                # Taken by a key that is not known here; but where would a chart that never names it get it from?
                chosen = self.selected and previous in self.literals and self._written(step)
                if step not in self.names and previous not in self.listed and not chosen:
                    return False
                previous = step
        return True

    def _written(self, name: str) -> bool:
        return not self.texts or any(name.encode() in text for text in self.texts)


@dataclass(frozen=True, slots=True)
class ChartReads:
    """A chart and, under the keys where they find their values, its subcharts."""

    own: Reads
    subcharts: Mapping[str, ChartReads]

    def reads(self, path: Sequence[str | int]) -> bool:
        """Whether anything may read the value at this path."""
        head = path[0] if path else ""
        if head == "global":
            return self._reads_global(path)
        if self.own.reads(path):
            return True
        if head in self.subcharts:
            below = self.subcharts[str(head)]
            return len(path) == 1 or below.reads(path[1:]) or path[1] == "enabled"
        return False

    def _reads_global(self, path: Sequence[str | int]) -> bool:
        """Every chart hands ``global`` over to some library, so here the names alone count; a trial render decides."""
        return self.own.mentions(path) or any(below._reads_global(path) for below in self.subcharts.values())

    def known(self) -> set[str]:
        """Every name its templates mention, to find the likely meaning of another one."""
        return set(self.own.names)


def of_chart(chart: ChartFiles) -> ChartReads:
    """What a chart with its subcharts reads; library charts read on behalf of the chart itself."""
    own = Reads()
    below: dict[str, ChartReads] = {}
    for sub in chart.subcharts.values():
        inner = of_chart(sub)
        if sub.metadata.get("type") == "library":
            _join(own, inner.own)
            continue
        aliases = [str(one.get("alias") or sub.name) for one in chart.dependencies if one.get("name") == sub.name]
        below.update(dict.fromkeys(aliases or [sub.name], inner))
        _join_globals(own, inner.own)
    _declared(own, chart.dependencies)
    for path, data in chart.files.items():
        if not path.startswith("charts/"):
            own.texts.append(data)
        if _TEMPLATE.match(path):
            _read(own, data.decode("utf-8", "replace"))
        elif not path.startswith("charts/") and b"{{" in data:
            _read(own, data.decode("utf-8", "replace"))  # a file for tpl (.Files.Get …), or a value for tpl
    return ChartReads(own, below)


def mentions(texts: Iterable[str]) -> Reads:
    """What templates outside of charts mention: an ApplicationSet that reads the same file."""
    found = Reads()
    for text in texts:
        _read(found, text)
    return found


def _join(own: Reads, other: Reads) -> None:
    _join_globals(own, other)
    own.listed |= other.listed
    own.literals |= other.literals
    own.selected |= other.selected
    own.selects_top |= other.selects_top
    own.everything |= other.everything
    own.texts += other.texts


def _join_globals(own: Reads, other: Reads) -> None:
    """A subchart's templates may be included by the parent, so its named templates count too."""
    own.names |= other.names
    own.top |= other.top
    own.whole |= other.whole


def _declared(own: Reads, dependencies: Sequence[Mapping[str, object]]) -> None:
    """Conditions, tags and imported values are read by Helm itself."""
    for one in dependencies:
        for condition in str(one.get("condition") or "").split(","):
            own.names.update(condition.strip().split("."))
            own.top.add(condition.strip().split(".")[0])
        tags = one.get("tags")
        if isinstance(tags, list):
            own.names |= {"tags", *map(str, tags)}
            own.top.add("tags")
        if one.get("import-values"):
            own.top.add(str(one.get("alias") or one.get("name")))
            own.whole.add(str(one.get("alias") or one.get("name")))


@dataclass(slots=True)
class _Scope:
    """What a dot means inside a block: the name of the mapping, or nothing that is known."""

    dot: str


def _read(reads: Reads, template: str) -> None:
    """Note what a template reads."""
    _join(reads, _template_reads(template))


@lru_cache(maxsize=4096)
def _template_reads(template: str) -> Reads:
    """What one template reads; charts of one platform share a library, whose templates are read once."""
    reads = Reads()
    scopes: list[_Scope] = []
    variables: dict[str, str] = {}
    for part in parts(template):
        if part.action and not part.text.startswith("/*"):
            _action(reads, part, scopes, variables)
    return reads


def _action(reads: Reads, part: Part, scopes: list[_Scope], variables: dict[str, str]) -> None:
    keyword, text = _keyword(part.text)
    if keyword in ("end", "else"):
        if scopes:
            scopes.pop()
        if keyword == "end":
            return
        keyword, text = _keyword(text)
        if not keyword:
            scopes.append(_Scope(""))  # the else of an if, or of a with, whose dot is another one
            return
    assigned = _ASSIGN.match(text)
    names = [name for name in assigned.groups()[:2] if name] if assigned else []
    tokens = list(_tokens(assigned[3] if assigned else text))
    _note(reads, tokens, scopes, variables)
    single = tokens[0] if len(tokens) == 1 and tokens[0][0] == "chain" else None
    subject = _subject(single[1], scopes, variables) if single else _SELECTED if _selects(tokens) else ""
    if keyword in ("with", "range"):
        if single is None:
            _used(reads, tokens, scopes, variables)
            reads.selected |= bool(subject) and keyword == "range"
        elif keyword == "range" and subject:
            reads.listed.add(subject)
        scopes.append(_Scope(subject))
    elif keyword in ("if", "define", "block"):
        if keyword == "if":
            _used(reads, tokens, scopes, variables, looks=True)
        scopes.append(_Scope(scopes[-1].dot if keyword == "if" and scopes else ""))
    elif single is None or not names:
        _used(reads, tokens, scopes, variables)
    variables.update(dict.fromkeys(names, subject))


def _keyword(text: str) -> tuple[str, str]:
    found = _KEYWORD.match(text)
    return (found[1], text[found.end() :].strip()) if found else ("", text)


def _selects(tokens: Sequence[tuple[str, str]]) -> bool:
    """Whether the expression takes something out of a mapping by a key."""
    return any(kind == "word" and text in ("get", "index", "dig", "pluck") for kind, text in tokens)


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup or "other"
        yield kind, found[kind]


def _note(
    reads: Reads, tokens: Sequence[tuple[str, str]], scopes: Sequence[_Scope], variables: Mapping[str, str]
) -> None:
    of_values = False  # a part of .Values is taken by a key
    for kind, text in tokens:
        if kind == "chain":
            head, *fields = text.split(".")
            reads.names.update(fields)
            dot = variables.get(head, "") if head else scopes[-1].dot if scopes else ""
            _note_top(reads, [dot, *fields])
            of_values |= _subject(text, scopes, variables) == "Values"
        elif kind in ("text", "raw"):
            reads.literals.add(text)
            reads.names.update((text, *text.split(".")))
            for chain in _EMBEDDED.findall(text):  # text for tpl
                reads.names.update(chain.split("."))
                _note_top(reads, chain.split("."))
    if of_values and _selects(tokens):
        reads.selects_top = True


def _note_top(reads: Reads, fields: Sequence[str]) -> None:
    reads.top.update(after for before, after in itertools.pairwise(fields) if before == "Values")


def _subject(chain: str, scopes: Sequence[_Scope], variables: Mapping[str, str]) -> str:
    """The name of what a chain stands for: its last field, or what its variable or the dot stands for."""
    if chain == ".":
        return scopes[-1].dot if scopes else ""
    head, dot, last = chain.rpartition(".")
    return last if dot else variables.get(head or last, "")


def _used(
    reads: Reads,
    tokens: Sequence[tuple[str, str]],
    scopes: Sequence[_Scope],
    variables: Mapping[str, str],
    looks: bool = False,
) -> None:
    """Note what is handed over as a whole; a condition only looks."""
    words = {text for kind, text in tokens if kind == "word"}
    if looks and words <= _LOOKS_ONLY:
        return
    functions = [""]
    for kind, text in tokens:
        if text == "(":
            functions.append("")
        elif text == ")":
            functions = functions[:-1] or [""]
        elif text == "|":
            functions[-1] = ""
        elif kind == "word":
            functions[-1] = functions[-1] or text
        elif kind == "chain" and functions[-1] not in _SELECTS:
            subject = _subject(text, scopes, variables)
            if subject == "Values":
                reads.everything = True
            elif subject == _SELECTED:
                reads.selected = True
            elif subject:
                reads.whole.add(subject)
