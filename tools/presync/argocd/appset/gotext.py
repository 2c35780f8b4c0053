"""Go templates as text: where their functions are, and how to write them for Helm's engine.

presync evaluates an ApplicationSet's templates with Helm's Go code, whose function map is nearly Argo CD's: both are
Sprig. This module rewrites what differs, so that the engine does what Argo CD 3.5.7 does
(https://github.com/argoproj/argo-cd/blob/v3.5.7/applicationset/utils/utils.go):

* ``normalize`` and ``slugify`` are templates of their own (helpers.tpl);
* ``fromYaml``, ``fromYamlArray`` and ``fromJson`` report errors differently in Helm;
* Helm's own functions and the ones Argo CD takes away do not exist: they get a name that does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from presync.argocd.appset.gotokens import KEYWORDS, Token, actions, command_end, place

# In Helm, not in Sprig; or in Sprig, and taken away by Argo CD.
_ABSENT = frozenset(
    "include tpl required lookup toToml mustToToml fromToml mustToYaml toYamlPretty "  # noqa: SIM905 - reads better
    "fromJsonArray env expandenv getHostByName".split()
)
# What comes out differs from one evaluation to the next.
RANDOM = frozenset(
    "now ago randAlphaNum randAlpha randAscii randNumeric randBytes randInt uuidv4 shuffle "  # noqa: SIM905
    "bcrypt htpasswd encryptAES genPrivateKey genCA genCAWithKey genSelfSignedCert "
    "genSelfSignedCertWithKey genSignedCert genSignedCertWithKey".split()
)
_CONDITIONS = frozenset({"if", "with", "range", "and", "or", "define", "block", "template"})
_MARK = "presyncNoSuchFunction_"
_NOTHING = '(get (dict "x" nil) "x")'


@dataclass(frozen=True, slots=True)
class Walk:
    """``.a``, ``.a.b`` or ``$.a.b`` at a place where the dot is the parameters."""

    names: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Source:
    """A template as the engine gets it, and what else must be known about it."""

    text: str
    own_names: bool  # it defines templates, so it cannot share a chart with others
    random: tuple[str, ...]  # functions whose result differs every time
    walks: tuple[Walk, ...]  # where it walks into the parameters
    straight: bool  # whatever it names is evaluated: there are no conditions
    elsewhere: int  # the longest walk into something else: an item of a range, a variable, a result
    edits: tuple[tuple[int, int, str], ...] = ()  # start and end in the original, and what stands there now

    def original(self, original: str, line: int, column: int) -> tuple[int, int]:
        """The place in the original text of a place that the engine names."""
        lines = self.text.encode("utf-8", "surrogateescape").split(b"\n")
        at = len(b"\n".join([*lines[: line - 1], lines[line - 1][:column]]).decode("utf-8", "replace"))
        moved = 0
        for start, end, replacement in self.edits:
            now = start + moved
            if at < now + len(replacement):
                at = min(at, now)
                break
            moved += len(replacement) - (end - start)
        return place(original, max(at - moved, 0))


def is_plain(text: str) -> bool:
    """Whether the text comes out of a Go template as it is."""
    return "{{" not in text


@lru_cache(maxsize=4096)
def source(text: str, nothing: frozenset[Walk] = frozenset()) -> Source:
    """The template rewritten for Helm's engine; ``nothing`` are walks that lead to nothing."""
    edits = [(walk.start, walk.end, _NOTHING) for walk in nothing]
    own_names, straight = False, True
    random: list[str] = []
    walks: list[Walk] = []
    elsewhere = 0
    blocks = _Blocks()
    for tokens in actions(text):
        words = {token.text for token in tokens if token.kind == "word"}
        own_names = own_names or bool(words & {"define", "block"})
        straight = straight and not words & _CONDITIONS
        random += sorted(words & RANDOM)
        blocks.open(tokens)
        for walk, rooted in _walks(tokens, blocks):
            if not rooted:
                elsewhere = max(elsewhere, len(walk.names))
            else:
                walks.append(walk)
        blocks.enter(tokens)
        for index, token in enumerate(tokens):
            if token.kind == "word" and token.text not in KEYWORDS:
                edits += _edits(tokens, index)
    out, at = [], 0
    for start, end, replacement in sorted(edits):
        out += [text[at:start], replacement]
        at = end
    rewritten = "".join(out) + text[at:]
    return Source(
        rewritten, own_names, tuple(dict.fromkeys(random)), tuple(walks), straight, elsewhere, tuple(sorted(edits))
    )


class _Blocks:
    """What the dot and ``$`` are: the parameters, except inside ``range``, ``with``, ``define`` and ``block``."""

    def __init__(self) -> None:
        self._open: list[str] = []

    def open(self, tokens: list[Token]) -> None:
        """Before an action: an ``end`` closes a block, and behind ``else`` the dot is what it was before it."""
        word = _first_word(tokens)
        if word in ("end", "else") and self._open:
            kind = self._open.pop()
            if word == "else":
                self._open.append("define" if kind == "define" else "if")

    def enter(self, tokens: list[Token]) -> None:
        """After an action: it may have begun a block."""
        words = [token.text for token in tokens if token.kind == "word"][:2]
        if words and words[0] in ("if", "range", "with", "define", "block"):
            self._open.append({"block": "define"}.get(words[0], words[0]))
        elif words[:1] == ["else"] and words[1:] == ["with"] and self._open:
            self._open[-1] = "with"

    def are_parameters(self, written: str) -> bool:
        """Whether ``.`` or ``$`` stands for the parameters here."""
        moving = ("define",) if written.startswith("$") else ("define", "range", "with")
        return not any(kind in moving for kind in self._open)


def _first_word(tokens: list[Token]) -> str:
    return next((token.text for token in tokens if token.kind != "space"), "")


def _walks(tokens: list[Token], blocks: _Blocks) -> Iterator[tuple[Walk, bool]]:
    """Names one behind the other, and whether they begin at the parameters."""
    names: list[str] = []
    start, before = 0, ""
    for token in [*tokens, Token("space", "", 0)]:
        if token.kind == "field":
            if not names:
                start = token.start - (before == "$")
            names.append(token.text[1:])
            continue
        if names:
            walk = Walk(tuple(names), start, start + (before == "$") + sum(len(name) + 1 for name in names))
            beside = before.startswith("$") and before != "$"
            yield walk, before != ")" and not beside and blocks.are_parameters(before)
        names = []
        before = token.text if token.kind in ("variable", "punctuation") else ""


def _edits(tokens: list[Token], index: int) -> Iterator[tuple[int, int, str]]:
    """What to replace for the function at ``index``: start, end, text."""
    token = tokens[index]
    start, end = token.start, token.start + len(token.text)
    match token.text:
        case name if name in _ABSENT:
            yield start, end, _MARK + name
        case "normalize":
            yield start, end, 'include "presync.normalize"'
        case "slugify":
            stop = command_end(tokens, index) if token.first else end
            opening, closing = ("", "") if token.first else ("(", ")")
            yield start, end, f"{opening}list"
            yield stop, stop, f' | include "presync.slugify"{closing}'
        case "fromYaml" | "fromYamlArray" | "fromJson" if token.first:
            helper = {"fromYaml": "yaml", "fromYamlArray": "yamlArray", "fromJson": "json"}[token.text]
            name = "mustFromJson" if token.text == "fromJson" else token.text
            stop = command_end(tokens, index)
            if stop == end:  # the argument comes through the pipe
                yield start, end, f'include "presync.{helper}" | {name}'
            else:
                yield start, end, f'include "presync.{helper}"'
                yield stop, stop, f" | {name}"
        case _:
            return


def call_of(text: str, name: str) -> tuple[int, str]:
    """Where the function is first called, and the whole command."""
    for tokens in actions(text):
        for index, token in enumerate(tokens):
            if token.kind == "word" and token.text == name:
                return token.start, text[token.start : command_end(tokens, index)]
    return 0, name


def own_words(message: str) -> str:
    """An error of the engine with the rewriting undone."""
    message = message.replace(_MARK, "")
    for helper, name in (("normalize", "normalize"), ("yaml", "fromYaml"), ("yamlArray", "fromYamlArray")):
        message = message.replace(f'include "presync.{helper}"', name)
    return message.replace('include "presync.json"', "fromJson").replace('| include "presync.slugify"', "slugify")
