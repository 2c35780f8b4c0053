"""The data dictionary: the contract as a page for people, in Markdown and in HTML."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from presync.contract.model import Contract, FeatureSet
from presync.contract.readers import Reading
from presync.platform.validation.access import Object, obj, text


@dataclass(frozen=True)
class Block:
    """A part of the page: a heading with its level, a paragraph, or a table."""

    kind: str
    text: str = ""
    level: int = 0
    header: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = field(default=())


def blocks(contract: Contract, readers: Sequence[Reading]) -> Iterator[Block]:
    """The page, whatever it is written in."""
    yield Block("heading", "Features", 1)
    yield Block("text", f"Contract {contract.hash}")
    yield Block("heading", "Sets", 2)
    rows = [
        [name, text(one.spec, "description"), text(one.spec, "owner"), str(len(one.features))]
        for name, one in contract.sets.items()
    ]
    yield Block("table", header=("Set", "What it is", "Owner", "Features"), rows=rows)
    for one in contract.sets.values():
        yield from _set(one)
    yield Block("heading", "Readers", 2)
    rows = [[one.application, one.part, one.how, ", ".join(one.pods)] for one in readers]
    yield Block("table", header=("Application", "Reads", "How", "Pods"), rows=rows)


def _set(one: FeatureSet) -> Iterator[Block]:
    yield Block("heading", one.name, 2)
    if text(one.spec, "description"):
        yield Block("text", text(one.spec, "description"))
    yield Block("table", header=("Fact", "Value"), rows=list(_facts(one)))
    yield Block("heading", f"Features of {one.name}", 3)
    header = ("Feature", "Type", "Null", "Values", "Computed from", "Transform", "Meaning")
    yield Block("table", header=header, rows=[_feature(name, spec) for name, spec in one.features.items()])


def _facts(one: FeatureSet) -> Iterator[list[str]]:
    keys = [f"{name} ({text(entity, 'type')})" for name, entity in one.entities.items()]
    yield ["Owner", text(one.spec, "owner") or "–"]
    yield ["Project", text(one.spec, "project")]
    yield ["Key", ", ".join(keys)]
    yield ["Time of a row", one.timestamp]
    yield ["Time of its events", one.event_time]
    yield ["Served for", text(one.spec, "ttl")]
    yield ["Built", one.schedule]
    for key, label in (
        ("null_threshold", "Most nulls"),
        ("drift_threshold", "Most drift (PSI)"),
        ("freshness_threshold", "Oldest"),
    ):
        if key in one.validation:
            yield [label, shown(one.validation[key])]
    stream = obj(one.spec, "stream")
    if stream:
        yield ["Stream", f"{text(stream, 'kafkaTopic')}, time {text(stream, 'timestampField')}"]
    tags = obj(one.spec, "tags")
    if tags:
        yield ["Tags", ", ".join(f"{key}={value}" for key, value in sorted(tags.items()))]


def _feature(name: str, spec: Object) -> list[str]:
    nullable = "never" if spec.get("nullable") is False else "possible"
    meaning = text(spec, "description") or "–"
    if text(spec, "owner"):
        meaning += f" ({text(spec, 'owner')})"
    return [name, text(spec, "dtype"), nullable, values(spec), text(spec, "source"), text(spec, "transform"), meaning]


def values(spec: Object) -> str:
    """What a feature may be: its allowed values, or its range."""
    allowed = spec.get("allowed")
    if isinstance(allowed, list):
        return ", ".join(map(str, allowed))
    low, high = obj(spec, "range").get("min"), obj(spec, "range").get("max")
    if low is None and high is None:
        return "any"
    if high is None:
        return f"≥ {shown(low)}"
    return f"≤ {shown(high)}" if low is None else f"{shown(low)} to {shown(high)}"


def shown(value: Any) -> str:
    """A number as it was written: 0.01, and 86400 for 86400.0."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else str(value)


def as_markdown(contract: Contract, readers: Sequence[Reading]) -> str:
    """For a repository or a wiki."""
    out = []
    for block in blocks(contract, readers):
        if block.kind == "heading":
            out.append(f"{'#' * block.level} {_cell(block.text)}")
        elif block.kind == "text":
            out.append(_cell(block.text))
        else:
            lines = [block.header, ["---"] * len(block.header), *block.rows]
            out.append("\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines))
    return "\n\n".join(out) + "\n"


_SPECIAL = str.maketrans({one: f"\\{one}" for one in "\\`*_[]<>|#"})


def _cell(value: str) -> str:
    return " ".join(value.split()) if value == "---" else " ".join(value.split()).translate(_SPECIAL)


_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --quiet: #57606a; --line: #d0d7de; --back: #ffffff; --head: #f3f5f7; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ec; --quiet: #9aa4ae; --line: #3a424b; --back: #14171a; --head: #1f2429; }
}
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--back); margin: 2rem auto;
  max-width: 75rem; padding: 0 1rem; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); padding-bottom: .3rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { border: 1px solid var(--line); padding: .35rem .6rem; text-align: left; vertical-align: top; }
th { background: var(--head); }
td:first-child { font-family: ui-monospace, monospace; }
.hash { color: var(--quiet); font-family: ui-monospace, monospace; overflow-wrap: anywhere; }
"""


def as_html(contract: Contract, readers: Sequence[Reading]) -> str:
    """One file that needs no other, for light and dark screens."""
    out = [
        "<!doctype html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        "<title>Features</title>",
        f"<style>{_STYLE}</style>",
        "</head>",
        "<body>",
    ]
    for block in blocks(contract, readers):
        if block.kind == "heading":
            anchor = f' id="{html.escape(block.text)}"' if block.level == 2 else ""
            out.append(f"<h{block.level}{anchor}>{html.escape(block.text)}</h{block.level}>")
        elif block.kind == "text":
            mark = ' class="hash"' if block.text.startswith("Contract sha256:") else ""
            out.append(f"<p{mark}>{html.escape(block.text)}</p>")
        else:
            out.append(_table(block))
    return "\n".join([*out, "</body>", "</html>", ""])


def _table(block: Block) -> str:
    head = "".join(f'<th scope="col">{html.escape(cell)}</th>' for cell in block.header)
    rows = ["<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in block.rows]
    body = "\n".join(rows)
    return f'<div class="wide"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table></div>'
