"""The worker process: reads requests from standard input, answers on standard output, ends with its input.

Only this module loads the Go library; it imports nothing else of presync but the wire format, to start fast.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from collections.abc import Callable
from typing import Any

import helm_python
from helm_python import _native

from presync.engine import wire
from presync.engine.limits import limit_memory

# Helm's releaseutil.SplitManifests uses this separator
# (https://github.com/helm/helm/blob/main/pkg/release/v1/util/manifest.go).
_SEPARATOR = re.compile(r"(?:^|\s*\n)---\s*")
_BIG_INTEGER = re.compile(r"\d{16}")

_STEPS = {
    "HelmChartLoadError": "load",
    "HelmChartInvalidError": "load",
    "HelmValuesError": "values",
    "HelmRenderError": "render",
}


def render(header: dict[str, Any], blobs: list[bytes]) -> wire.Reply:
    """One chart: every template's documents, each as text and, where Go can, as JSON; the CRDs of crds/ first."""
    options = {
        "name": header["name"],
        "namespace": header["namespace"],
        "kube_version": header["kube_version"],
        "api_versions": header["api_versions"],
    }
    files: list[tuple[str, str, bool]] = []
    with helm_python.Chart.load_archive(blobs[0]) as chart:
        handle = chart._raw()
        rendered = json.loads(_native.call_string("helm_render", handle, header["values"], json.dumps(options)))
        if header["include_crds"]:
            # After rendering, which has taken the disabled subcharts out of the loaded chart.
            crds = json.loads(_native.call_string("helm_chart_crds", handle)) or []
            files += [(crd["filename"], crd["data"], True) for crd in crds]
    files += [
        (path, rendered[path], False)
        for path in sorted(rendered)
        if not path.endswith("NOTES.txt") and not path.rsplit("/", 1)[-1].startswith("_")
    ]
    documents: list[dict[str, Any]] = []
    texts: list[bytes] = []
    for path, text, crd in files:
        for part in _SEPARATOR.split(text.lstrip()):
            if not part.strip():
                continue
            # The CLI ends every document with a newline; without it a last block scalar would lose its own.
            document = part.lstrip() + "\n"
            data, error = _as_json(document)
            documents.append({"source": path, "crd": crd, "error": error})
            texts += [document.encode(), data]
    return {"documents": documents}, texts


def variants(header: dict[str, Any], blobs: list[bytes]) -> wire.Reply:
    """One chart with slightly different values each time: what every template gives where it differs from the first.

    ``variants`` are lists of ``[path, value]``; the path is one of keys, and an empty one stands for all values.
    Answers one JSON object for the unchanged values and one for each variant: ``{"files": {template: text or null}}``
    or ``{"error": message}``.
    """
    options = json.dumps(
        {
            "name": header["name"],
            "namespace": header["namespace"],
            "kube_version": header["kube_version"],
            "api_versions": header["api_versions"],
        }
    )

    def one(changes: list[tuple[list[str], Any]]) -> dict[str, str]:
        values = json.loads(header["values"])
        for path, value in changes:
            if not path:
                values = value
                continue
            below = values
            for key in path[:-1]:
                if not isinstance(below.get(key), dict):
                    below[key] = {}
                below = below[key]
            below[path[-1]] = value
        # Rendering changes a loaded chart (disabled subcharts leave it), so each variant loads it again.
        with helm_python.Chart.load_archive(blobs[0]) as chart:
            rendered: dict[str, str] = json.loads(
                _native.call_string("helm_render", chart._raw(), json.dumps(values), options)
            )
        return rendered

    out: list[dict[str, Any]] = []
    base: dict[str, str] = {}
    for number, changes in enumerate([[], *header["variants"]]):
        try:
            rendered = one(changes)
        except helm_python.HelmError as error:
            out.append({"error": str(error)})
            continue
        if number == 0:
            base = rendered
            out.append({"files": rendered})
        else:
            changed: dict[str, str | None] = {path: text for path, text in rendered.items() if base.get(path) != text}
            changed.update({path: None for path in base if path not in rendered})
            out.append({"files": changed})
    return {}, [json.dumps(one).encode() for one in out]


def _as_json(document: str) -> tuple[bytes, str]:
    """The document as Go's YAML reads it, or why it is no mapping; neither where the caller must parse it."""
    try:
        text: str = _native.call_string("helm_values_from_yaml", document)
    except helm_python.HelmError as error:
        return b"", str(error)
    if text == "{}" or _BIG_INTEGER.search(document):
        # Nothing but comments or an empty mapping look alike here; and this path carries numbers as float64, where
        # Argo CD keeps integers of 64 bits.
        return b"", ""
    return text.encode(), ""


def values(header: dict[str, Any], blobs: list[bytes]) -> wire.Reply:
    """YAML documents as Helm reads values, each as JSON."""
    return {}, [_native.call_string("helm_values_from_yaml", blob.decode()).encode() for blob in blobs]


def parameters(header: dict[str, Any], blobs: list[bytes]) -> wire.Reply:
    """``--set`` style assignments as Helm's strvals reads them; ``kind`` is set, string, json or literal."""
    suffix = {"set": "", "string": "_string", "json": "_json", "literal": "_literal"}[header["kind"]]
    return {}, [_native.call_string(f"helm_strvals_parse{suffix}", blobs[0].decode()).encode()]


def templates(header: dict[str, Any], blobs: list[bytes]) -> wire.Reply:
    """A throw-away chart of named templates, rendered with ``values``; missing keys are errors when ``strict``."""
    with helm_python.Chart.load_archive(blobs[0]) as chart:
        options = json.dumps({"strict": header["strict"]})
        text = _native.call_string("helm_render", chart._raw(), header["values"], options)
    return {}, [text.encode()]


OPERATIONS: dict[str, Callable[[dict[str, Any], list[bytes]], wire.Reply]] = {
    "render": render,
    "variants": variants,
    "values": values,
    "parameters": parameters,
    "templates": templates,
}


def answer(header: dict[str, Any], blobs: list[bytes]) -> wire.Reply:
    """What Helm says; its refusals are answers."""
    try:
        return OPERATIONS[header["operation"]](header, blobs)
    except (helm_python.HelmError, UnicodeDecodeError) as error:
        return {"error": str(error), "step": _STEPS.get(type(error).__name__, "")}, []


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business; it closes the pipe
    limit_memory(int(sys.argv[1]))
    # Nothing but replies may reach the pipe, whatever the library prints.
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    wire.serve(sys.stdin.buffer, replies, answer)


if __name__ == "__main__":
    main()
