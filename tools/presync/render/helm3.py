"""Helm 3.19, which Argo CD 3.3 and 3.4 run, by way of the engine, which is Helm 4.

What differs for a chart was read in the sources of v3.19.4 and v4.2.1. Values come out otherwise where there is a null
in them: Helm 4 drops nulls of a chart's defaults, Helm 3 keeps them, and a null over a null deletes the key. So the
defaults are freed of nulls, and the values get those that Helm 3 would have left. Where the chart asks for something
else that differs, a problem says so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from presync.base.finding import Location, Problem
from presync.render.chart import ChartFiles
from presync.render.failure import Refused
from presync.render.layers import Values, merge

_MARK = re.compile(r"(---|\.\.\.)(\s|$)")
_CONTENT = re.compile(r"\s*[^\s#]")
_VALUES = "values.yaml"
# Fields of chart.Metadata, a struct in Helm 3 and a map in Helm 4, which has no error for what is not there.
_METADATA = frozenset(
    (  # noqa: SIM905 - reads better
        "APIVersion Annotations AppVersion Condition Dependencies Deprecated Description Home Icon IsRoot Keywords "
        "KubeVersion Maintainers Name Sources Tags Type Validate Version"
    ).split()
)
_ACTION = re.compile(rb"\{\{(?!-?\s*/\*)(.*?)\}\}", re.DOTALL)
_QUOTED = re.compile(rb'"(?:[^"\\]|\\.)*"|`[^`]*`')
_OPEN = re.compile(r"(?<!\\)\[[^\]]*$")
_TOML = re.compile(rb"\bmustToToml\b")
_VERSION = re.compile(rb"\.Capabilities\.HelmVersion\b")
_CHART = re.compile(rb"\.Chart\.(\w+)")
_WORD = rb"(?:dig|get|hasKey|index|keys|mustToJson|mustToYaml|omit|pick|pluck|range|toJson|toRawJson|toToml|toYaml)"
_WHOLE = re.compile(rb"\b" + _WORD + rb"\b[^|]*\.Chart(?![.\w])|\.Chart\s*\|\s*" + _WORD)


def first_document(text: str) -> str:
    """The first YAML document: Helm 3 reads no other of a value file."""
    lines: list[str] = []
    begun = False
    for line in text.splitlines(keepends=True):
        if _MARK.match(line):
            if begun:
                break
            begun = True
            line = line[3:]  # noqa: PLW2901 - what may stand behind the mark
        elif _CONTENT.match(line) and not line.startswith("%"):
            begun = True
        lines.append(line)
    return "".join(lines)


def adapted(chart: ChartFiles, values: Values) -> tuple[ChartFiles, Values]:
    """A chart and values from which Helm 4 makes what Helm 3 makes of the given ones."""
    files = _single(chart)
    if not (_has_null(values) or any(_has_null(defaults) for defaults in _all_defaults(files))):
        return files, values
    own = _copied(values)
    return _emptied(files, own), own


def problems(chart: ChartFiles, values: Values, place: Callable[[str], Location]) -> Iterator[Problem]:
    """What presync cannot answer as Helm 3 does; ``place`` gives the file for a path of the chart.

    Raises:
        Refused: a template calls a function that Helm 3 does not have.
    """
    yield from _unclear_nulls(chart, values, place)
    for name, path, data in _templates(chart):
        what, line = "", 0
        for found in _ACTION.finditer(data):
            action = _QUOTED.sub(b'""', found[1])
            if _TOML.search(action):
                line = data.count(b"\n", 0, found.start()) + 1
                raise Refused(f'parse error at ({name}/{path}:{line}): function "mustToToml" not defined')
            unknown = [field.decode() for field in _CHART.findall(action) if field.decode() not in _METADATA]
            if _VERSION.search(action):
                what = "asks for the version of Helm"
            elif unknown:
                what = f"uses .Chart.{unknown[0]}"
            elif _WHOLE.search(action):
                what = "looks into .Chart as a map"
            if what:
                line = data.count(b"\n", 0, found.start()) + 1
                break
        if what:
            yield Problem(
                "helm-version",
                f"{path} of {name} {what}, which Helm 3.19 and the Helm 4 that presync renders with answer differently",
                "Take the value from values.yaml; docs/fidelity.md says what differs.",
                location=replace(place(path), line=line),
                cause=f"{name}/{path}",
            )
    for folder, one in _charts(chart, ""):
        names = [str(dependency.get("name")) for dependency in one.dependencies]
        for inner in one.subcharts.values():
            if names.count(inner.name) > 1 and inner.dependencies:
                yield Problem(
                    "helm-version",
                    f"{inner.name}, which has dependencies of its own, is there under several names; Helm 3.19 mixes "
                    "up whose they are",
                    "Use the chart once.",
                    location=place(f"{folder}Chart.yaml"),
                )


def check_parameters(helm: Mapping[str, Any]) -> None:
    """A bracket that is never closed; Helm 4 takes the end of the name for the end of everything.

    Raises:
        Refused: there is one.
    """
    for one in helm.get("parameters") or ():
        if isinstance(one, Mapping) and _OPEN.search(str(one.get("name") or "")):
            flag = "--set-string" if one.get("forceString") is True else "--set"
            raise Refused(f"failed parsing {flag} data: error parsing index: EOF")


def _unclear_nulls(chart: ChartFiles, values: Values, place: Callable[[str], Location]) -> Iterator[Problem]:
    every = [one for _, one in _charts(chart, "")]
    nulls = _has_null(values) or any(_has_null(one.values) for one in every)
    inner = any(_has_null(_mapping(one.values.get("global"))) for one in every[1:])
    why = ""
    if nulls and any(_imports(one) for one in every):
        why = "nulls in values meet import-values"
    elif inner and _has_null(_mapping(values.get("global"))):
        why = "nulls in `global` meet nulls in the `global` of a subchart's defaults"
    if why:
        yield Problem(
            "helm-version",
            f"{chart.name}: {why}, where presync does not follow Helm 3.19",
            "Leave the keys out instead of setting them to null.",
            location=place(_VALUES),
        )


def _templates(chart: ChartFiles) -> Iterator[tuple[str, str, bytes]]:
    """Each template: the chart it belongs to, its path in the outermost chart, and its text."""
    for folder, one in _charts(chart, ""):
        for path, data in one.files.items():
            if path.startswith("templates/"):
                yield one.name, f"{folder}{path}", data


def _charts(chart: ChartFiles, folder: str) -> Iterator[tuple[str, ChartFiles]]:
    yield folder, chart
    for name, one in chart.subcharts.items():
        yield from _charts(one, f"{folder}charts/{name.removesuffix('.tgz')}/")


def _all_defaults(chart: ChartFiles) -> Iterator[Mapping[str, Any]]:
    for _, one in _charts(chart, ""):
        yield one.values


def _single(chart: ChartFiles) -> ChartFiles:
    """The chart with the first document of its values.yaml, where there are several."""
    text = chart.files.get(_VALUES, b"").decode("utf-8", "replace")
    if not re.search(r"(?m)^(---|\.\.\.)(\s|$)", text):
        return chart
    return chart.with_files({**chart.files, _VALUES: first_document(text).encode()}, chart.origins)


def _emptied(chart: ChartFiles, own: Values) -> ChartFiles:
    """The chart and everything in it without nulls in defaults; ``own`` gets and loses what Helm 3 sets and deletes."""
    defaults = _defaults(chart, own)
    names = _names(chart)
    _settle(own, defaults, {name for listed in names.values() for name in listed})
    files, origins = dict(chart.files), dict(chart.origins)
    kept = dict(chart.values)
    shared = merge(_mapping(defaults.get("global")), _left(own.get("global"), defaults.get("global")))
    for entry, one in chart.subcharts.items():
        inner = one
        for name in names[entry]:
            given = own.get(name)
            if (given is not None and not isinstance(given, dict)) or not _enabled(chart, name, defaults, own):
                continue
            below = defaults.get(name)
            over = merge(below if isinstance(below, Mapping) else {}, given or {})
            over["global"] = merge(_mapping(over.get("global")), shared)
            inner = _emptied(one, over)
            own[name] = over
            if not _imports(chart):
                kept.pop(name, None)  # all of it is in the values now
        _replace(files, origins, entry, inner, chart.origins)
    if _VALUES in files:
        files[_VALUES] = json.dumps(without_nulls(kept), ensure_ascii=False).encode()
    return chart.with_files(files, origins)


def _defaults(chart: ChartFiles, own: Mapping[str, Any]) -> Values:
    """The defaults of a chart as Helm 3 has them after it has looked at the dependencies that are declared.

    For the sake of ``import-values`` it puts the defaults of every subchart into those of its parent.
    """
    defaults = _copied(chart.values)
    if "dependencies" not in chart.metadata:
        return defaults  # type: ignore[no-any-return]
    for entry, listed in _names(chart).items():
        for name in listed:
            given = defaults.get(name, {})
            if isinstance(given, dict) and _enabled(chart, name, defaults, own):
                inner = _defaults(chart.subcharts[entry], _mapping(own.get(name)))
                merged = merge(inner, given)
                merged["global"] = merge(_mapping(merged.get("global")), _mapping(defaults.get("global")))
                defaults[name] = merged
    return defaults  # type: ignore[no-any-return]


def _names(chart: ChartFiles) -> dict[str, list[str]]:
    """Each subchart with the names under which it finds its values."""
    found: dict[str, list[str]] = {}
    for entry, one in chart.subcharts.items():
        aliases = [str(item.get("alias") or one.name) for item in chart.dependencies if item.get("name") == one.name]
        found[entry] = list(dict.fromkeys(aliases or [one.name]))
    return found


def _enabled(chart: ChartFiles, name: str, defaults: Mapping[str, Any], own: Mapping[str, Any]) -> bool:
    """What tags and conditions say of a dependency; the first condition that is a truth value decides."""
    values = merge(defaults, own)
    for one in chart.dependencies:
        if (one.get("alias") or one.get("name")) != name:
            continue
        for condition in str(one.get("condition") or "").strip().split(","):
            found: Any = values
            for step in condition.split("."):
                found = found.get(step) if isinstance(found, Mapping) else None
            if isinstance(found, bool):
                return found
        tags = [_mapping(values.get("tags")).get(str(tag)) for tag in one.get("tags") or ()]
        return True in tags or False not in tags
    return True


def _imports(chart: ChartFiles) -> bool:
    return any(one.get("import-values") for one in chart.dependencies)


def _left(given: Any, defaults: Any) -> Values:
    """What is given without the nulls that delete a default, and are gone with it."""
    below = _mapping(defaults)
    out: Values = {}
    for key, value in _mapping(given).items():
        if isinstance(value, Mapping):
            out[key] = _left(value, below.get(key))
        elif value is not None or below.get(key) is None:
            out[key] = value
    return out


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _replace(
    files: dict[str, bytes], origins: dict[str, str], entry: str, inner: ChartFiles, known: Mapping[str, str]
) -> None:
    """Put a subchart in the place of what was packed or laid out there."""
    folder = f"charts/{entry.removesuffix('.tgz')}"
    packed = known.get(f"charts/{entry}", "")
    for path in [path for path in files if path == f"charts/{entry}" or path.startswith(f"charts/{entry}/")]:
        del files[path], origins[path]
    for path, data in inner.files.items():
        files[f"{folder}/{path}"] = data
        origins[f"{folder}/{path}"] = packed or inner.origins[path]


def _settle(own: Values, defaults: Mapping[str, Any], below: set[str]) -> None:
    for key, value in defaults.items():
        if key in own:
            if own[key] is None and value is None:
                del own[key]
            elif isinstance(own[key], dict) and isinstance(value, Mapping):
                _settle_table(own[key], value, key in below)
        else:
            _add(own, key, value)


def _settle_table(own: Values, defaults: Mapping[str, Any], merging: bool) -> None:
    for key, value in defaults.items():
        if key not in own:
            _add(own, key, value)
        elif own[key] is None and value is None and not merging:
            del own[key]
        elif isinstance(own[key], dict) and isinstance(value, Mapping):
            _settle_table(own[key], value, merging)


def _add(own: Values, key: str, value: Any) -> None:
    if value is None:
        own[key] = None
    elif isinstance(value, Mapping) and _has_null(value):
        own[key] = _nulls(value)


def _nulls(value: Mapping[str, Any]) -> Values:
    """Only the nulls of a map, at their places."""
    out: Values = {}
    for key, inner in value.items():
        _add(out, key, inner)
    return out


def without_nulls(value: Any) -> Any:
    """The value without the keys of maps that are null."""
    if isinstance(value, Mapping):
        return {key: without_nulls(inner) for key, inner in value.items() if inner is not None}
    return value


def _has_null(value: Any) -> bool:
    return value is None or (isinstance(value, Mapping) and any(_has_null(inner) for inner in value.values()))


def _copied(value: Any) -> Any:
    return {key: _copied(inner) for key, inner in value.items()} if isinstance(value, Mapping) else value
