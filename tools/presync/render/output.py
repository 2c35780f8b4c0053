"""Resources as text: YAML that is the same for the same data, on every machine."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import yaml

from presync.render.model import Resource

_WORDS = frozenset(
    "y Y yes Yes YES n N no No NO true True TRUE false False FALSE on On ON off Off OFF ~ null Null NULL".split()  # noqa: SIM905
)


# Numbers, times and dates of YAML 1.1 and 1.2, with and without Go's extensions.
_NUMBER = re.compile(
    r"[-+]?(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|\.[0-9][0-9_]*(?:[eE][-+]?[0-9]+)?"
    r"|[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?|[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?|\.(?:inf|Inf|INF))$"
    r"|\.(?:nan|NaN|NAN)$|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt ].*)?$|(?:=|<<|)$"
)


class _Dumper(yaml.CSafeDumper):
    """Block style, keys sorted, no aliases, and quotes round text that some reader takes for something else."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.CSafeDumper, data: str) -> yaml.ScalarNode:
    style = None
    if "\n" in data.rstrip("\n"):
        style = "|"
    elif data in _WORDS or _NUMBER.match(data):
        style = '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", data, style=style)


def _float(dumper: yaml.CSafeDumper, data: float) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:float", repr(data))


_Dumper.add_representer(str, _text)
_Dumper.add_representer(float, _float)


def dump(resources: Iterable[Resource]) -> str:
    """A stream of documents, each but the first after ``---``; keys are sorted as sigs.k8s.io/yaml does."""
    return "---\n".join(dump_data(resource.data) for resource in resources)


def dump_data(data: Any) -> str:
    """One document."""
    return yaml.dump(
        data, Dumper=_Dumper, default_flow_style=False, sort_keys=True, allow_unicode=True, width=2**31 - 1, indent=2
    )
