"""Make the bundled schemas again from the CRDs in published Go modules.

Needs Go; the modules come through the Go module proxy. Run after raising a version below:

    python tools/schemas/generate.py
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from presync.base import goyaml
from presync.platform.schemas.bundled import file_name
from presync.platform.schemas.crd import Declared, declared
from presync.platform.schemas.structural import DRAFT, strict

OUT = Path(__file__).resolve().parent.parent / "presync" / "platform" / "schemas" / "bundled"
MIN_SHARED = 120  # characters of JSON from which a repeated part is worth a definition of its own
DEPTH = 2000  # of recursion while texts are made; the CRDs of Argo CD are deep


@dataclass(frozen=True)
class Source:
    """A Go module and the files in it that hold CRDs."""

    product: str
    module: str
    version: str
    patterns: tuple[str, ...]


SOURCES = (
    Source("Argo CD", "github.com/argoproj/argo-cd/v3", "v3.5.7", ("manifests/crds/*-crd.yaml",)),
    Source(
        "prometheus-operator",
        "github.com/prometheus-operator/prometheus-operator",
        "v0.92.1",
        ("example/prometheus-operator-crd/*.yaml",),
    ),
    Source("Sealed Secrets", "github.com/bitnami-labs/sealed-secrets", "v0.40.0", ("helm/sealed-secrets/crds/*.yaml",)),
    Source("cert-manager", "github.com/cert-manager/cert-manager", "v1.21.2", ("deploy/crds/*.yaml",)),
    Source("Gatekeeper", "github.com/open-policy-agent/gatekeeper/v3", "v3.23.1", ("deploy/gatekeeper.yaml",)),
    Source("MetalLB", "go.universe.tf/metallb", "v0.16.2", ("config/crd/bases/*.yaml",)),
)
MATCH = "config/crd/bases/match.gatekeeper.sh_matchcrd.yaml"  # of Gatekeeper: spec.match of every constraint
# Written by controllers, never by people.
SKIPPED_GROUPS = frozenset({"status.gatekeeper.sh"})


def main() -> None:
    """Write every schema and the list of where they come from."""
    sys.setrecursionlimit(max(DEPTH, sys.getrecursionlimit()))
    OUT.mkdir(exist_ok=True)
    for stale in OUT.glob("*.json*"):
        stale.unlink()
    sources: list[dict[str, Any]] = []
    total = 0
    for source in SOURCES:
        folder, checksum = download(source)
        kinds = []
        for one in crds(source, folder):
            total += write(OUT / file_name(one.group, one.version, one.kind), bundle(one))
            kinds.append([one.group, one.version, one.kind])
        if source.product == "Gatekeeper":
            total += write(OUT / "constraint-match.json.gz", match(folder))
        sources.append(
            {
                "product": source.product,
                "module": source.module,
                "version": source.version,
                "sum": checksum,
                "kinds": sorted(kinds),
            }
        )
    (OUT / "versions.json").write_text(json.dumps({"sources": sources}, indent=1) + "\n", "utf-8")
    print(f"{sum(len(source['kinds']) for source in sources)} kinds, {total / 1024:.0f} KiB")


def download(source: Source) -> tuple[Path, str]:
    """The folder of the module in Go's cache, and its checksum as the checksum database has it."""
    command = ["go", "mod", "download", "-json", f"{source.module}@{source.version}"]
    answer = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    return Path(answer["Dir"]), answer["Sum"]


def crds(source: Source, folder: Path) -> Iterator[Declared]:
    """Every served version of every CRD."""
    for pattern in source.patterns:
        for path in sorted(folder.glob(pattern)):
            for document in goyaml.documents(path.read_text("utf-8")):
                if isinstance(document.data, dict) and document.data.get("kind") == "CustomResourceDefinition":
                    found = declared(document.data, f"{source.product} {source.version}")
                    yield from (one for one in found if one.served and one.group not in SKIPPED_GROUPS)


def bundle(one: Declared) -> dict[str, Any]:
    """What a file of the bundle holds."""
    return {"origin": one.origin, "namespaced": one.namespaced, "schema": compact(one.schema())}


def match(folder: Path) -> dict[str, Any]:
    """The part of Gatekeeper's helper CRD that every constraint has as ``spec.match``."""
    data = goyaml.load((folder / MATCH).read_text("utf-8"))
    properties = data["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
    whole = strict({"type": "object", "properties": {"match": properties["embeddedMatch"]}})
    return whole["properties"]["match"]  # type: ignore[no-any-return]


def compact(schema: dict[str, Any]) -> dict[str, Any]:
    """The same schema with every repeated part written once, under ``$defs``."""
    counts: Counter[str] = Counter()
    _count(schema, counts, root=True)
    shared = {text for text, count in counts.items() if count > 1 and len(text) >= MIN_SHARED}
    names: dict[str, str] = {}
    definitions: dict[str, Any] = dict(schema["$defs"])
    body = {key: value for key, value in schema.items() if key not in ("$schema", "$defs")}
    replaced = _replace(body, shared, names, definitions, root=True)
    return {"$schema": DRAFT, "$defs": definitions, **replaced}


def _is_schema(node: Any) -> bool:
    return isinstance(node, dict) and ("type" in node or "properties" in node or "items" in node)


def _children(node: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in node.items():
        if key == "properties":
            yield from value.items()
        elif key in ("items", "additionalProperties", "not") and isinstance(value, dict):
            yield key, value
        elif key in ("allOf", "anyOf", "oneOf"):
            yield from ((key, branch) for branch in value)


def _count(node: dict[str, Any], counts: Counter[str], root: bool = False) -> None:
    if not root and _is_schema(node):
        text = json.dumps(node, sort_keys=True)
        counts[text] += 1
        if counts[text] > 1:
            return  # what is inside is shared with the first one already
    for _, child in _children(node):
        if isinstance(child, dict):
            _count(child, counts)


def _replace(
    node: Any, shared: set[str], names: dict[str, str], definitions: dict[str, Any], root: bool = False
) -> Any:
    if not isinstance(node, dict):
        return node
    text = "" if root or not _is_schema(node) else json.dumps(node, sort_keys=True)
    if text in names:
        return {"$ref": f"#/$defs/{names[text]}"}
    out = dict(node)
    for key, value in node.items():
        if key == "properties":
            out[key] = {name: _replace(child, shared, names, definitions) for name, child in value.items()}
        elif key in ("items", "additionalProperties", "not"):
            out[key] = _replace(value, shared, names, definitions)
        elif key in ("allOf", "anyOf", "oneOf"):
            out[key] = [_replace(branch, shared, names, definitions) for branch in value]
    if text in shared:
        names[text] = f"d{len(names)}"
        definitions[names[text]] = out
        return {"$ref": f"#/$defs/{names[text]}"}
    return out


def write(path: Path, data: Any) -> int:
    """Packed, the same bytes each time; the size."""
    packed = gzip.compress(json.dumps(data, separators=(",", ":"), sort_keys=True).encode(), 9, mtime=0)
    path.write_bytes(packed)
    return len(packed)


if __name__ == "__main__":
    main()
