"""Resources as text: YAML that is the same for the same data, on every machine."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml

from presync.render.model import Resource

_WORDS = frozenset(
    "y Y yes Yes YES n N no No NO true True TRUE false False FALSE on On ON off Off OFF ~ null Null NULL".split()  # noqa: SIM905
)


class _Dumper(yaml.CSafeDumper):
    """Block style, keys sorted, no aliases, and quotes round text that some reader takes for something else."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.CSafeDumper, data: str) -> yaml.ScalarNode:
    style = None
    if "\n" in data.rstrip("\n"):
        style = "|"
    elif data in _WORDS or _like_a_number(data):
        style = '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", data, style=style)


def _like_a_number(text: str) -> bool:
    return (
        bool(text)
        and (text[0].isdigit() or text[0] in "+-.=<")
        and (text[0] in "=<" or any(char.isdigit() for char in text) or text.lower().lstrip("+-") in (".inf", ".nan"))
    )


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
