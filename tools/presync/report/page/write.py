"""The page: a template, its style and script, and the document, in one file.

Nothing of the content is ever markup. The document stands in the page as JSON without ``<``, ``>`` and ``&``, the
script makes text nodes of it (the policy forbids the browser anything else), and what a browser without scripts shows
is escaped.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Iterator, Sequence
from importlib import resources
from typing import Any

from presync.base.finding import Finding
from presync.change.model import Change
from presync.report.diff import by_application, summary
from presync.report.page.document import document

SCRIPTS = ("dom.js", "lines.js", "map.js", "state.js", "dangers.js", "filter.js", "tree.js", "app.js")
_PLAIN = 60_000  # characters of the Applications shown without a script
_ALONE = re.compile("[\ud800-\udfff]")  # halves of characters, which no file can hold
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")


def as_html(change: Change, findings: Sequence[Finding], base: str) -> str:
    """One file that needs no other and reaches no network."""
    style = _file("style.css")
    script = '"use strict";\n(() => {\n' + "\n".join(_file(name) for name in SCRIPTS) + "})();\n"
    parts = {
        "policy": _policy(style, script),
        "title": _escaped(f"What changes against {base}"),
        "style": style,
        "plain": "\n".join(_plain(change, findings, base)),
        "document": embedded(document(change, findings, base)),
        "script": script,
    }
    return re.sub(r"\{\{ (\w+) \}\}", lambda match: parts[match[1]], _file("page.html"))


def embedded(value: Any) -> str:
    """JSON that ends no element it stands in, whatever texts it holds."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    for char in "<>&\u2028\u2029\x7f":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return _ALONE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _file(name: str) -> str:
    return (resources.files("presync.report.page") / name).read_text("utf-8")


def _policy(style: str, script: str) -> str:
    """Only this script and this style run; nothing is loaded, sent or framed, and no text becomes markup."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {_hash(script)}",
            f"style-src {_hash(style)}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _plain(change: Change, findings: Sequence[Finding], base: str) -> Iterator[str]:
    """The report for a browser without scripts: dangers first, details folded, as in a comment on a pull request."""
    yield "<h1>What this change does</h1>"
    yield from (f"<p>{_escaped(line)}</p>" for line in (*change.notes, *summary(change, base)))
    if findings:
        yield "<ul>"
        for one in findings:
            place = f" <code>{_escaped(str(one.location))}</code>" if one.location.file else ""
            name = _escaped(f"{one.rule} {one.name}:")
            yield f"<li><strong>{one.severity}</strong> {name}{place} {_escaped(one.message)}</li>"
        yield "</ul>"
    left = _PLAIN
    more = 0
    for name, lines in by_application(change):
        body = "\n".join(lines)
        left -= len(body)
        if left < 0:
            more += 1
        else:
            yield f"<details><summary>{_escaped(name)}</summary><pre>{_escaped(body)}</pre></details>"
    if more:
        yield f"<p>{more} more applications change; <code>presync diff {_escaped(base)}</code> shows them.</p>"


def _escaped(text: str) -> str:
    return html.escape(_CONTROL.sub("\ufffd", _ALONE.sub("\ufffd", text)))
