"""What is wrong with a ``presync.yaml``, in words: where, what the key wants, and how that is written."""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from presync.base import goyaml

Path = Sequence[str | int]
Place = tuple[int, int]  # line and column
_NAMES = {"array": "a list", "object": "a mapping (key: value)", "string": "a text", "boolean": "true or false"}
# What a pattern asks for, by the last key of its path.
_FORMS = {
    "kubernetes": 'a version with two numbers in quotes, such as "1.36"',
    "rule": "the id of a rule, such as K8S003",
    "until": 'a date in quotes, such as "2027-01-31"',
}
EXAMPLES = {
    "alertmanager": "alertmanager:\n  - file: envs/prod/alertmanager.yaml\n    environment: prod",
    "argocd": 'argocd: "3.5"',
    "branch": "branch: main",
    "contract": "contract:\n  hash: features.example.com/contract-hash",
    "crds": "crds:\n  - crds/",
    "differences": "differences:\n  - application: web\n    values: [replicaCount]\n    why: prod carries the load",
    "environments": "environments:\n  dev: {}\n  prod: {}",
    "exclude": "exclude:\n  - tests/*",
    "externals": "externals:\n  - repoURL: https://charts.example.com\n    why: upstream's chart, pinned",
    "kubernetes": 'kubernetes:\n  - "1.36"',
    "metrics": "metrics:\n  - names: [job_last_success_seconds]\n    why: pushed by the job itself",
    "objects": "objects:\n  - kind: Secret\n    namespace: web\n    name: web-token\n    why: made by hand",
    "apiVersions": "apiVersions:\n  - monitoring.coreos.com/v1",
    "newGitFileGlobbing": "newGitFileGlobbing: true",
    "repository": "repository:\n  - https://git.example.com/team/deploy.git",
    "roots": "roots:\n  - apps",
    "vendor": "vendor:\n  folder: .cache/charts",
    "waivers": 'waivers:\n  - rule: K8S003\n    until: "2027-01-31"\n    why: the CRD is not public yet',
}


def mistakes(node: yaml.Node, data: Any, schema: dict[str, Any]) -> list[tuple[Place, str, str]]:
    """Everything wrong: the place, what it is, and the example that shows it right; by line.

    Args:
        node: The document.
        data: The same as data.
        schema: The JSON Schema of the settings.
    """
    import jsonschema_rs  # noqa: PLC0415 - 20 ms, and many verbs need it later or not at all

    found = list(_repeated(node))
    if not isinstance(data, dict):
        return [((1, 1), f"the file is a mapping (key: value); here it is {_shown(data)}", EXAMPLES["branch"])]
    for error in jsonschema_rs.validator_for(schema).iter_errors(data):
        path: Path = list(error.instance_path)
        keyword = str(error.schema_path[-1])
        found += _of_schema(node, data, path, keyword, _at(schema, error.schema_path[:-1]))
    found += _of_dates(node, data)
    found += _of_environments(node, data)
    return sorted(dict.fromkeys(found))


def _of_schema(
    node: yaml.Node, data: Any, path: Path, keyword: str, wanted: Mapping[str, Any]
) -> Iterator[tuple[Place, str, str]]:
    """An error of the schema; one for each key that is unknown or missing."""
    value = _at(data, path)
    name, example = dotted(path), EXAMPLES.get(str(path[0]), "") if path else ""
    if keyword == "additionalProperties":
        known = list(wanted["properties"])
        for key in (one for one in value if one not in known):
            close = difflib.get_close_matches(key, known, 1, 0.6)
            hint = f"did you mean {close[0]}?" if close else f"keys there are: {', '.join(known)}"
            unknown = f"there is no key {key}{f' below {name}' if name else ''}; {hint}"
            yield _place(node, [*path, key]), unknown, EXAMPLES.get(close[0], "") if close and not path else example
        return
    if keyword == "required":
        words = [f"{name} has no {key}" for key in wanted["required"] if key not in value]
    elif keyword == "dependentRequired":
        words = [f"{name} has a field, and no resource whose field that is"]
    elif keyword == "oneOf":
        choices = [one["required"][0] for one in wanted["oneOf"]]
        there = [one for one in choices if one in value]
        has = f"has {' and '.join(there)}" if there else "has none"
        words = [f"{name} says what differs with one of {', '.join(choices)}; it {has}"]
    elif keyword == "enum":
        words = [f"{name} is one of {', '.join(wanted['enum'])}, in quotes; here it is {_shown(value, node, path)}"]
    elif keyword == "pattern":
        key = next(step for step in reversed(path) if isinstance(step, str))
        words = [f"{name} is {_FORMS.get(key, 'a text of another form')}; here it is {_shown(value, node, path)}"]
    elif keyword in ("minLength", "minItems", "maxItems"):
        words = [f"{name} {_too_little(keyword, wanted)}"]
    else:
        words = [f"{name} is {_wanted(wanted)}; here it is {_shown(value, node, path)}"]
    for one in words:
        yield _place(node, path), one, example


def _too_little(keyword: str, wanted: Mapping[str, Any]) -> str:
    if keyword == "minLength":
        return f"tells others the reason: {wanted[keyword]} characters or more"
    number = wanted[keyword]
    least = keyword == "minItems"
    return f"has {'at least' if least else 'at most'} {number} entr{'y' if number == 1 else 'ies'}"


def _of_dates(node: yaml.Node, data: Mapping[str, Any]) -> Iterator[tuple[Place, str, str]]:
    """Dates that have the form of one and are none."""
    waivers = data.get("waivers")
    for at, waiver in enumerate(waivers if isinstance(waivers, list) else ()):
        until = waiver.get("until") if isinstance(waiver, dict) else None
        if isinstance(until, str) and len(until) == len("2027-01-31"):
            try:
                datetime.date.fromisoformat(until)
            except ValueError as error:
                if until.replace("-", "").isdigit():
                    yield _place(node, ["waivers", at, "until"]), f"{until} is no date: {error}", EXAMPLES["waivers"]


def _of_environments(node: yaml.Node, data: Mapping[str, Any]) -> Iterator[tuple[Place, str, str]]:
    """Environments that ``environments`` does not name, where it names any."""
    known = data.get("environments")
    if not isinstance(known, dict) or not known:
        return
    for path, name in _named_environments(data):
        if name not in known:
            close = difflib.get_close_matches(name, known, 1, 0.6)
            hint = f"did you mean {close[0]}?" if close else f"there are: {', '.join(known)}"
            yield _place(node, path), f"{dotted(path)} names environment {name}, which there is not; {hint}", ""


def _named_environments(data: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    for list_name, keys in (("alertmanager", ("environment",)), ("differences", ("only", "between"))):
        listed = data.get(list_name)
        for at, item in enumerate(listed if isinstance(listed, list) else ()):
            for key in keys if isinstance(item, dict) else ():
                value = item.get(key)
                if isinstance(value, str):
                    yield (list_name, at, key), value
                for number, one in enumerate(value if isinstance(value, list) else ()):
                    if isinstance(one, str):
                        yield (list_name, at, key, number), one


def _repeated(node: yaml.Node) -> Iterator[tuple[Place, str, str]]:
    """Keys that stand twice in one mapping: the last one would count, and nobody sees that."""
    if isinstance(node, yaml.SequenceNode):
        for child in node.value:
            yield from _repeated(child)
    if not isinstance(node, yaml.MappingNode):
        return
    lines: dict[str, int] = {}
    for key, value in node.value:
        place = (key.start_mark.line + 1, key.start_mark.column + 1)
        if isinstance(key, yaml.ScalarNode) and key.value in lines:
            yield place, f"{key.value} stands in line {lines[key.value]} already; put both together", ""
        elif isinstance(key, yaml.ScalarNode):
            lines[key.value] = place[0]
        yield from _repeated(value)


def dotted(path: Path) -> str:
    """A path as people write it: ``waivers[0].until``."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def _wanted(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type", "")
    inner = schema.get("items", {}).get("type")
    if kind == "array" and inner:
        return f"a list of {'texts' if inner == 'string' else 'entries with keys'}"
    return _NAMES.get(kind, "something else")


def _shown(value: Any, node: yaml.Node | None = None, path: Path = ()) -> str:
    """The value, and what it is."""
    if value is None:
        return "empty"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool):
        return f"{'true' if value else 'false'}"
    if isinstance(value, str):
        return f'the text "{value}"'
    return f"the number {_written(node, path) or value}"


def _written(node: yaml.Node | None, path: Path) -> str:
    """The scalar as it stands in the file: 1.30 is the number 1.3."""
    for step in path:
        if isinstance(node, yaml.MappingNode):
            node = next((value for key, value in node.value if key.value == step), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step]
    return str(node.value) if isinstance(node, yaml.ScalarNode) else ""


def _place(node: yaml.Node, path: Path) -> Place:
    found = goyaml.locate(node, path)
    return found.line, found.column


def _at(data: Any, path: Path) -> Any:
    for step in path:
        data = data[step]
    return data
