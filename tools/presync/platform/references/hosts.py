"""Names of Services in texts.

A name is taken for one of the cluster's only where its form leaves no doubt: ``redis.redis-dev.svc``, a URL whose host
has one or two labels, ``redis.redis-dev:6379``, and ``redis:6379`` where a value is nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_SCHEME = r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?:[^\s/@\"'<>]*@)?"
_PORT = r"(?::(?P<port>[0-9]{1,5})(?![\w.-]))?"
_FULL = re.compile(rf"(?:{_SCHEME}|(?<![\w$%-]))(?P<labels>{_LABEL}(?:\.{_LABEL}){{1,4}}?)\.svc(?![\w-])")
_TAIL = re.compile(rf"(?:\.{_LABEL})*\.?{_PORT}(?P<rest>[:$%{{]?)")
_URL = re.compile(rf"(?<![\w+.-]){_SCHEME}(?P<labels>{_LABEL}(?:\.{_LABEL})?){_PORT}(?=[/\s\"'?#,;)\]]|$)")
_BARE = re.compile(rf"(?<![\w./@$%:{{}}-])(?P<labels>{_LABEL}\.{_LABEL}):(?P<port>[0-9]{{2,5}})(?![\w.:-])")
_SHORT = re.compile(rf"(?P<labels>{_LABEL}):(?P<port>[0-9]{{2,5}})")
_LINE = re.compile(r"\s*(?:-\s+)?[\"']?[\w.-]+[\"']?\s*[:=]\s*[\"']?(?P<value>[^\s\"']+)[\"']?\s*,?")
_COMMENT = re.compile(r"^\s*(?:#|;|//).*$", re.MULTILINE)
# Schemes whose first part is a host; of others (s3://bucket, file://) it is something else.
_NETWORK = re.compile(
    "amqps?|clickhouse|elasticsearch|ftp|grpcs?|https?|kafka|ldaps?|memcached|mongodb|mqtts?|mysql|nats|postgres|postgresql|"
    "rediss?|rtsp|sftp|smtps?|tcp|tls|udp|valkeys?|wss?"
)
_PORTS = {"http": 80, "https": 443}
_NO_HOSTS = frozenset({"localhost", "host", "hostname", "example", "server", "unused", "127"})


@dataclass(frozen=True, slots=True)
class Host:
    """A name as it stands in a text. ``labels`` are those before ``.svc``, or all where there is no ``.svc``."""

    text: str
    labels: tuple[str, ...]
    full: bool = False  # with .svc
    port: int | None = None
    implied: bool = False  # the port follows from the scheme only
    below: bool = False  # something that is filled in stands before it, such as the name of a Pod
    whole: bool = False  # the value begins with it, or is nothing else
    bare: bool = False  # NAME:PORT, which may be many things


def hosts(text: str, lines: bool = False) -> Iterator[Host]:
    """The names in one value; with ``lines`` in a whole file, where every ``key: value`` counts as a value."""
    if lines:
        text = _COMMENT.sub("", text)
    seen = set()
    if ".svc" in text:
        for one in _full(text):
            seen.add(one)
            yield one
    values = {text.strip()} if not lines else {found["value"] for line in text.splitlines() if (found := _line(line))}
    for match in _URL.finditer(text) if "://" in text else ():
        labels, scheme = tuple(match["labels"].split(".")), _transport(match["scheme"])
        if not _NETWORK.fullmatch(scheme) or labels[-1].isdigit() or labels[0] in _NO_HOSTS or "svc" in labels:
            continue
        port = int(match["port"]) if match["port"] else _PORTS.get(scheme)
        whole = any(value.startswith(match.group()) for value in values)
        yield Host(match["labels"], labels, port=port, implied=not match["port"], whole=whole)
    for match in _BARE.finditer(text) if ":" in text else ():
        labels = tuple(match["labels"].split("."))
        if not labels[-1].isdigit():
            yield Host(match["labels"], labels, port=int(match["port"]))
    for value in values:
        for part in value.split(",") if ":" in value else ():
            found = _SHORT.fullmatch(part)
            if found and not found["labels"].isdigit() and found["labels"] not in _NO_HOSTS:
                yield Host(found["labels"], (found["labels"],), port=int(found["port"]), whole=True, bare=True)


def _line(line: str) -> re.Match[str] | None:
    return _LINE.fullmatch(line) if ":" in line else None


def _full(text: str) -> Iterator[Host]:
    for match in _FULL.finditer(text):
        tail = _TAIL.match(text, match.end())
        port = int(tail["port"]) if tail and tail["port"] else None
        told = port is not None
        if not told and tail is not None and not tail["rest"]:
            port = _PORTS.get(_transport(match["scheme"] or ""))
        before = text[match.start("labels") - 1 : match.start("labels")] if not match["scheme"] else ""
        written = text[match.start("labels") : match.end()]
        labels = tuple(match["labels"].split("."))
        yield Host(written, labels, True, port, not told and port is not None, before == ".", True)


def _transport(scheme: str) -> str:
    """``redis`` of ``redis+tls``, ``postgresql`` of ``postgresql+psycopg2``; ``jdbc:`` is no part of what is read."""
    return scheme.partition("+")[0]
