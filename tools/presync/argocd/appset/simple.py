"""Templates that only name parameters, evaluated without the engine: most of them are ``{{ .path.basename }}``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from presync.argocd.appset import govalues
from presync.argocd.appset.gotokens import place
from presync.argocd.appset.govalues import Params, StrMap

_CHAIN = re.compile(r"\{\{(?P<left>-\s+|\s*)\$?(?P<chain>(?:\.[A-Za-z_]\w*)+)(?P<right>\s+-|\s*)\}\}")
_SPACE = " \t\r\n"


class GoTemplateError(ValueError):
    """Why a template cannot be evaluated, in the words of Go's text/template without the template itself."""


@dataclass(frozen=True, slots=True)
class Chain:
    """``.a.b``: its names, where it stands for an error, and how it was written."""

    names: tuple[str, ...]
    line: int
    column: int
    written: str


Part = str | Chain


@lru_cache(maxsize=4096)
def parse(text: str) -> tuple[Part, ...] | None:
    """Literal pieces and chains; None when the template does anything else."""
    parts: list[Part] = []
    at = 0
    trim = False
    for found in _CHAIN.finditer(text):
        if text.find("{{", at) != found.start():
            return None
        literal = text[at : found.start()]
        literal = literal.lstrip(_SPACE) if trim else literal
        parts.append(literal.rstrip(_SPACE) if found["left"].startswith("-") else literal)
        names = tuple(found["chain"][1:].split("."))
        start = found.start("chain")
        # Go reports the place of the second name where there is one.
        begins = start if len(names) == 1 or text[start - 1] == "$" else start + 1 + len(names[0])
        line, column = place(text, begins)
        written = text[found.start("chain") - (text[start - 1] == "$") : found.end("chain")]
        parts.append(Chain(names, line, column, written))
        trim = found["right"].endswith("-")
        at = found.end()
    rest = text[at:]
    if "{{" in rest:
        return None
    parts.append(rest.lstrip(_SPACE) if trim else rest)
    return tuple(parts)


def evaluate(parts: tuple[Part, ...], params: Params, missing: str) -> str:
    """The text for one parameter set; ``missing`` is ``error``, ``zero`` or ``default``.

    Raises:
        GoTemplateError: a name is missing, or something that is not a map is asked for one.
    """
    out = []
    for part in parts:
        if isinstance(part, str):
            out.append(part)
        else:
            value = _value(part, params, missing)
            out.append("<no value>" if value is None else govalues.text(value))
    return "".join(out)


def _value(chain: Chain, params: Params, missing: str) -> Any:
    value: Any = params
    typed = False
    for index, name in enumerate(chain.names):
        if not isinstance(value, Mapping):
            if value is None:
                raise _error(chain, f"nil pointer evaluating interface {{}}.{name}")
            kind = "string" if typed else "interface {}"
            raise _error(chain, f"can't evaluate field {name} in type {kind}")
        if name not in value:
            if missing == "error":
                raise _error(chain, f'map has no entry for key "{name}"')
            if missing != "zero":
                return None
            if isinstance(value, StrMap):
                if index + 1 < len(chain.names):
                    raise _error(chain, f"can't evaluate field {chain.names[index + 1]} in type string")
                return ""
            if index + 1 < len(chain.names):
                raise _error(chain, f"nil pointer evaluating interface {{}}.{chain.names[index + 1]}")
            return None
        typed = isinstance(value, StrMap)
        value = value[name]
    return value


def _error(chain: Chain, message: str) -> GoTemplateError:
    place = f"base:{chain.line}:{chain.column}"
    return GoTemplateError(f'template: {place}: executing "base" at <{chain.written}>: {message}')
