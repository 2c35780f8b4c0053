"""Go templates as text: where their functions are, and how to write them for Helm's engine.

presync evaluates an ApplicationSet's templates with Helm's Go code, whose function map is nearly Argo CD's: both are
Sprig. This module rewrites what differs, so that the engine does what Argo CD 3.5.7 does
(https://github.com/argoproj/argo-cd/blob/v3.5.7/applicationset/utils/utils.go):

* ``normalize`` and ``slugify`` are templates of their own (:data:`HELPERS`);
* ``fromYaml``, ``fromYamlArray`` and ``fromJson`` report errors differently in Helm;
* Helm's own functions and the ones Argo CD takes away do not exist: they get a name that does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

# In Helm, not in Sprig; or in Sprig, and taken away by Argo CD.
_ABSENT = frozenset(
    "include tpl required lookup toToml mustToToml fromToml mustToYaml toYamlPretty fromJsonArray "
    "env expandenv getHostByName".split()  # noqa: SIM905 - a list of words
)
# What comes out differs from one evaluation to the next.
RANDOM = frozenset(
    "now ago randAlphaNum randAlpha randAscii randNumeric randBytes randInt uuidv4 shuffle bcrypt htpasswd "
    "encryptAES genPrivateKey genCA genCAWithKey genSelfSignedCert genSelfSignedCertWithKey genSignedCert "
    "genSignedCertWithKey".split()  # noqa: SIM905 - a list of words
)
_KEYWORDS = frozenset(
    "if else end range with define block template break continue nil true false".split()  # noqa: SIM905
)
_MARK = "presyncNoSuchFunction_"
_NOTHING = '(get (dict "x" nil) "x")'

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<string>"(?:\\.|[^"\\\n])*"|`[^`]*`|'(?:\\.|[^'\\\n])*')
    |(?P<field>\.[A-Za-z_]\w*)
    |(?P<variable>\$\w*)
    |(?P<number>[-+]?\.?[0-9][\w.+-]*)
    |(?P<word>[A-Za-z_]\w*)
    |(?P<punctuation>:=|.)""",
    re.VERBOSE | re.DOTALL,
)
_ACTION = re.compile(r"\{\{(?:-(?=\s))?")
_COMMENT = re.compile(r"\s*/\*.*?\*/(?:\s*-)?\}\}", re.DOTALL)

# Templates that stand for Argo CD's functions. Each gets its argument as the dot and prints text.
HELPERS = """
{{- define "presync.normalize" -}}
{{- regexReplaceAll "[^-a-z0-9.]" (lower .) "-" | trunc 253 | trimAll "-." -}}
{{- end -}}

{{- define "presync.slugify" -}}
{{- $n := len . -}}{{- $max := 50 -}}{{- $smart := true -}}{{- $name := "" -}}
{{- if $n }}{{ $name = last . }}{{ end -}}
{{- if gt $n 1 }}{{ $max = first . }}{{ end -}}
{{- if gt $n 2 }}{{ $smart = index . 1 }}{{ end -}}
{{- if not (kindIs "string" $name) }}{{ fail (printf "\\u0001interface {} is %T, not string" $name) }}{{ end -}}
{{- if not (typeIs "int" $max) }}{{ fail (printf "\\u0001interface {} is %T, not int" $max) }}{{ end -}}
{{- if not (kindIs "bool" $smart) }}{{ fail (printf "\\u0001interface {} is %T, not bool" $smart) }}{{ end -}}
{{- $slug := include "presync.normalize" $name -}}
{{- if and (not $smart) (ge (len $slug) $max) }}{{ $slug = substr 0 $max $slug }}{{ end -}}
{{- $slug = regexReplaceAll "-+" (regexReplaceAll "[^a-zA-Z0-9-_]" $slug "-") "-" | trimAll "-_" -}}
{{- if and $smart (gt $max 0) (gt (len $slug) $max) -}}
{{- $head := substr 0 (int (add $max 1)) $slug -}}
{{- if contains "-" $head }}{{ $slug = regexReplaceAll "-[^-]*$" $head "" }}{{ else }}{{ $slug = substr 0 $max $slug }}
{{- end -}}
{{- end -}}
{{- $slug -}}
{{- end -}}

{{- define "presync.yaml" -}}
{{- $read := fromYaml . -}}
{{- $failed := "^(error converting YAML to JSON|error unmarshaling JSON)" -}}
{{- if and (hasKey $read "Error") (regexMatch $failed (toString $read.Error)) -}}
{{- fail (printf "\\u0002fromYaml: %s" $read.Error) -}}
{{- end -}}
{{- . -}}
{{- end -}}

{{- define "presync.yamlArray" -}}
{{- $read := fromYamlArray . -}}
{{- $failed := "^(error converting YAML to JSON|error unmarshaling JSON)" -}}
{{- if and (eq (len $read) 1) (regexMatch $failed (toString (first $read))) -}}
{{- fail (printf "\\u0002fromYamlArray: %s" (first $read)) -}}
{{- end -}}
{{- . -}}
{{- end -}}

{{- define "presync.json" -}}
{{- $read := fromJson . -}}
{{- if and (hasKey $read "Error") (regexMatch "^(invalid character|unexpected end of JSON)" (toString $read.Error)) -}}
null
{{- else -}}
{{- . -}}
{{- end -}}
{{- end -}}
"""


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of an action; ``first`` when it begins a command and may be a function with arguments."""

    kind: str
    text: str
    start: int
    first: bool = False


@dataclass(frozen=True, slots=True)
class Walk:
    """``.a.b`` or ``$.a.b`` at a place where the dot is the parameters."""

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
    walks_elsewhere: bool  # it walks into something else too: an item of a range, a variable, a result


def is_plain(text: str) -> bool:
    """Whether the text comes out of a Go template as it is."""
    return "{{" not in text


@lru_cache(maxsize=4096)
def source(text: str, nothing: frozenset[Walk] = frozenset()) -> Source:
    """The template rewritten for Helm's engine; ``nothing`` are walks that lead to nothing."""
    edits = [(walk.start, walk.end, _NOTHING) for walk in nothing]
    own_names = False
    random: list[str] = []
    walks: list[Walk] = []
    elsewhere = False
    blocks = _Blocks()
    for tokens in _actions(text):
        words = {token.text for token in tokens if token.kind == "word"}
        own_names = own_names or bool(words & {"define", "block"})
        random += sorted(words & RANDOM)
        blocks.open(tokens)
        for walk, rooted in _walks(tokens, blocks):
            if rooted:
                walks.append(walk)
            else:
                elsewhere = True
        blocks.enter(tokens)
        for index, token in enumerate(tokens):
            if token.kind == "word" and token.text not in _KEYWORDS:
                edits += _edits(tokens, index)
    out, at = [], 0
    for start, end, replacement in sorted(edits):
        out += [text[at:start], replacement]
        at = end
    rewritten = "".join(out) + text[at:]
    return Source(rewritten, own_names, tuple(dict.fromkeys(random)), tuple(walks), elsewhere)


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
        if len(names) > 1:
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
            stop = _command_end(tokens, index) if token.first else end
            opening, closing = ("", "") if token.first else ("(", ")")
            yield start, end, f"{opening}list"
            yield stop, stop, f' | include "presync.slugify"{closing}'
        case "fromYaml" | "fromYamlArray" | "fromJson" if token.first:
            helper = {"fromYaml": "yaml", "fromYamlArray": "yamlArray", "fromJson": "json"}[token.text]
            name = "mustFromJson" if token.text == "fromJson" else token.text
            stop = _command_end(tokens, index)
            if stop == end:  # the argument comes through the pipe
                yield start, end, f'include "presync.{helper}" | {name}'
            else:
                yield start, end, f'include "presync.{helper}"'
                yield stop, stop, f" | {name}"
        case _:
            return


def _command_end(tokens: list[Token], index: int) -> int:
    """Where the command that the token begins ends: before the next ``|`` or the closing parenthesis."""
    depth = 0
    end = tokens[index].start + len(tokens[index].text)
    for token in tokens[index + 1 :]:
        if token.text == "(" and token.kind == "punctuation":
            depth += 1
        elif token.kind == "punctuation" and token.text in (")", "|") and not depth:
            break
        elif token.text == ")" and token.kind == "punctuation":
            depth -= 1
        if token.kind != "space":
            end = token.start + len(token.text)
    return end


def _actions(text: str) -> Iterator[list[Token]]:
    """The tokens of every action; an action that is not closed is left to the engine to complain about."""
    at = 0
    while opening := _ACTION.search(text, at):
        comment = _COMMENT.match(text, opening.end())
        if comment:
            at = comment.end()
            continue
        tokens, at = _tokens(text, opening.end())
        yield tokens


def _tokens(text: str, at: int) -> tuple[list[Token], int]:
    tokens: list[Token] = []
    first = True
    while at < len(text):
        if text.startswith("}}", at):
            return tokens, at + 2
        if text.startswith("-}}", at) and tokens and tokens[-1].kind == "space":
            return tokens, at + 3
        found = _TOKEN.match(text, at)
        if found is None:  # cannot happen: the last alternative takes any character
            break
        kind, piece = str(found.lastgroup), found[0]
        tokens.append(Token(kind, piece, at, first))
        if kind != "space":
            keyword = kind == "word" and piece in _KEYWORDS - {"nil", "true", "false"}
            first = keyword or (kind == "punctuation" and piece in ("|", "(", ":=", "="))
        at = found.end()
    return tokens, len(text)


def call_of(text: str, name: str) -> tuple[int, str]:
    """Where the function is first called, and the whole command."""
    for tokens in _actions(text):
        for index, token in enumerate(tokens):
            if token.kind == "word" and token.text == name:
                return token.start, text[token.start : _command_end(tokens, index)]
    return 0, name


def own_words(message: str) -> str:
    """An error of the engine with the rewriting undone."""
    message = message.replace(_MARK, "")
    for helper, name in (("normalize", "normalize"), ("yaml", "fromYaml"), ("yamlArray", "fromYamlArray")):
        message = message.replace(f'include "presync.{helper}"', name)
    return message.replace('include "presync.json"', "fromJson").replace('| include "presync.slugify"', "slugify")
