"""A number is not what it looks like once it has been read.

A version `1.10` without quotes is the number 1.1. A whole number beyond 2^53 loses its last digits in Helm, where
numbers of value files are floating point. A number with a leading zero is octal.

Bad:

    image:
      tag: 1.10
    accountId: 0123456789

Good:

    image:
      tag: "1.10"
    accountId: "0123456789"
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from presync.base import goyaml
from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.rules.model import Match, dotted
from presync.rules.yaml_files import File, files, pairs, place

ID = "YML003"
NAME = "number-changed"
SEVERITY = Severity.WARNING
_EXACT = 2**53
_OCTAL = re.compile(r"[-+]?0[0-7]+$")
_TEXT = re.compile(r"(?i)(?:version|tag|revision|release|digest|commit|sha|account|phone|zip|serial|id)$")
_MODE = re.compile(r"(?i)mode$|umask$|permission")


def check(platform: Platform) -> Iterator[Match]:
    """Every plain number that becomes another text or another number."""
    for file in files(platform):
        for node in file.nodes:
            for path, _, value in pairs(node):
                for index, scalar in _scalars(value):
                    text = isinstance(scalar, yaml.ScalarNode) and not scalar.style and scalar.value
                    wrong = text and _wrong(file, str(path[-1]), text)
                    if wrong:
                        field = dotted((*path, *index))
                        yield Match(
                            wrong,
                            f'Put it in quotes: "{text}".',
                            file.entry,
                            location=place(file, scalar),
                            field=field,
                            key=f"{file.path} {field}",
                        )


def _scalars(value: yaml.Node) -> Iterator[tuple[tuple[int, ...], yaml.Node]]:
    if isinstance(value, yaml.ScalarNode):
        yield (), value
    elif isinstance(value, yaml.SequenceNode):
        yield from (((index,), item) for index, item in enumerate(value.value) if isinstance(item, yaml.ScalarNode))


def _wrong(file: File, key: str, text: str) -> str:
    number = goyaml.number(text)
    if number is None:
        return ""
    if isinstance(number, int) and abs(number) > _EXACT and file.values and int(float(number)) != number:
        return f"{text} becomes {int(float(number))}: a number of a value file keeps 53 bits"
    if _OCTAL.match(text) and not _MODE.search(key):
        return f"{text} is octal and becomes {number}"
    if _TEXT.search(key) and str(number) != text:
        return f"{text} is a number and becomes {number}"
    return ""
