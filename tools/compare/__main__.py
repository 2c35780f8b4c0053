"""Gives every mistake of ``tests/mutations`` to the other tools and writes what they say: a table and all their words.

    cd tools && ../.venv/bin/python -m compare --bin DIR --library DIR --api-server --crds DIR --out DIR

``--bin`` holds kubeconform, kube-linter and gator; what is not there is left out. ``--library`` is the folder
``library`` of gatekeeper-library. ``--crds`` are folders with the CustomResourceDefinitions for the API server.
A second run with other tools and ``--again`` takes the rendered objects of the first and adds its columns.
Writes ``table.md`` and ``cells/<case>.json`` to ``--out``. See docs/comparison.md for what the cells mean.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import sys
import sysconfig
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from compare import mutants, peers
from compare.mutants import Copy, Difference, Mutant
from compare.peers import Said
from controlplane.driver import ControlPlane
from tests.mutations.support import ROOT, Case, Remembering, cases

LINE, NAMED, VAGUE, MISSED, NOTHING = "line", "yes", "vague", "no", "–"
_WORD = re.compile(r"[A-Za-z0-9_.\-/]{4,}")
_FOLDER = re.compile(r"/[^\s:]*/(?=charts/|envs/|objects/)")


@dataclass
class Tools:
    """Those that are there, by the heading of their column."""

    each: dict[str, Any] = field(default_factory=dict)  # asked about the changed objects
    whole: dict[str, Any] = field(default_factory=dict)  # asked about whole environments
    helm: peers.Helm | None = None


@dataclass
class Comparison:
    """One run over all cases."""

    out: Path
    engine: Remembering
    tools: Tools
    copy: Copy
    again: bool

    def run(self, wanted: list[str]) -> None:
        """Every case, each written when it is done."""
        base = mutants.read(self.engine, {})
        before = {
            name: {environment: tool.ask(objects) for environment, objects in base.objects.items()}
            for name, tool in self.tools.whole.items()
        }
        self._note("clean", {name: {"words": _plain(set().union(*said.values()))} for name, said in before.items()})
        for case in cases("mistakes"):
            if not wanted or case.name in wanted:
                print(case.name, self._case(case, base, before), file=sys.stderr, flush=True)

    def _case(self, case: Case, base: Mutant, before: Mapping[str, Mapping[str, set[Said]]]) -> dict[str, str]:
        file = self.out / "objects" / f"{case.name}.json"
        known = self.out / "cells" / f"{case.name}.json"
        if self.again and file.is_file():
            told = json.loads(known.read_text())
            difference = Difference.stored(file)
        else:
            told, difference = self._render(case, base)
            difference.save(file)
        for name, tool in self.tools.each.items():
            objects = {key: data for one in difference.changed.values() for key, data in one.items()}
            objects = {key: data for key, data in objects.items() if tool.reads(data)}
            told[name] = _cell(tool.ask(objects) if objects else set(), bool(objects), case, told["presync"])
        for name, tool in self.tools.whole.items():
            said: set[Said] = set()
            touched = [environment for environment in difference.changed if difference.touches(environment)]
            for environment in touched:
                said |= tool.ask(difference.applied(base.objects, environment)) - before[name].get(environment, set())
            told[name] = _cell(said, any(difference.changed.values()), case, told["presync"])
        self._note(case.name, told)
        return {name: one["cell"] for name, one in told.items()}

    def _render(self, case: Case, base: Mutant) -> tuple[dict[str, Any], Difference]:
        files = case.files(self.engine)
        mutant = mutants.read(self.engine, files)
        found = mutants.expected(case, mutant, files)
        own = {"cell": f"{found.rule} `{found.location.file}:{found.location.line}`" if found else "**missed**"}
        if found:
            own |= {
                "resource": found.resource.rpartition("/")[2] or found.resource.rpartition(" ")[2],
                "field": found.field.rpartition(".")[2].partition("[")[0],
                "place": f"{found.location.file.partition('/')[2]}:{found.location.line}",
            }
        told: dict[str, Any] = {"presync": own}
        if self.tools.helm:
            calls = mutants.affected(mutant.calls, files)
            self.copy.apply(files)
            said = self.tools.helm.ask(calls)
            self.copy.restore(files)
            said -= self.tools.helm.ask(calls) if said else set()
            told["helm"] = _cell(said, bool(calls), case, own)
        return told, Difference.between(base.objects, mutant.objects)

    def _note(self, name: str, told: Mapping[str, Any]) -> None:
        file = self.out / "cells" / f"{name}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n")


def main() -> int:
    """All cases, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, required=True)
    parser.add_argument("--library", type=Path)
    parser.add_argument("--crds", type=Path, nargs="*", default=[])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", nargs="*", default=[], help="names of cases")
    parser.add_argument("--tools", nargs="*", default=[], help="headings of columns; all by default")
    parser.add_argument("--again", action="store_true", help="take the rendered objects of an earlier run")
    parser.add_argument("--api-server", action="store_true", help="needs `make controlplane`")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        engine = stack.enter_context(Remembering())
        copy = Copy(arguments.out / "tree")
        tools = _tools(arguments, stack, copy)
        Comparison(arguments.out, engine, tools, copy, arguments.again).run(arguments.only)
    (arguments.out / "table.md").write_text(_table(arguments.out / "cells"))
    return 0


def _tools(arguments: argparse.Namespace, stack: contextlib.ExitStack, copy: Copy) -> Tools:
    tools, programs, work = Tools(), arguments.bin, arguments.out / "work"
    cache = ROOT / ".cache" / "tools"

    def wanted(name: str, *needed: Path) -> bool:
        return (not arguments.tools or name in arguments.tools) and all(one.exists() for one in needed)

    if wanted("helm", cache / "helm"):
        tools.helm = peers.Helm(cache / "helm", copy.folder)
    if wanted("kubeconform", programs / "kubeconform"):
        site = Path(sysconfig.get_path("purelib"))
        tools.each["kubeconform"] = peers.Kubeconform(programs / "kubeconform", work / "kubeconform", site, "1.36")
    if arguments.api_server and wanted("API server"):
        plane = stack.enter_context(ControlPlane())
        tools.each["API server"] = peers.ApiServer(plane.start(kube_only=True), arguments.crds)
    folder = cache / "prometheus"
    if wanted("promtool, amtool", folder / "promtool", folder / "amtool"):
        tools.each["promtool, amtool"] = peers.Prometheus(folder / "promtool", folder / "amtool", work / "prometheus")
    for name, every in (("kube-linter", False), ("kube-linter, all checks", True)):
        if wanted(name, programs / "kube-linter"):
            tools.whole[name] = peers.KubeLinter(programs / "kube-linter", work / "kube-linter", every)
    if arguments.library and wanted("gator", programs / "gator"):
        classes = [
            {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": name}, "provisioner": "x"}
            for name in ("local-path", "nfs-client")
        ]
        tools.whole["gator"] = peers.Gator(programs / "gator", work / "gator", arguments.library, classes)
    return tools


def _cell(said: set[Said], asked: bool, case: Case, own: Mapping[str, str]) -> dict[str, Any]:
    cell = _verdict(said, case, own) if asked or said else NOTHING
    return {"cell": cell, "words": _plain(said)}


def _verdict(said: set[Said], case: Case, own: Mapping[str, str]) -> str:
    """How well the words tell what presync tells: by line, by object or value, or only that something is wrong."""
    if not said:
        return MISSED
    if any(own.get("place", "?") in one.words for one in said):
        return LINE
    name, last = own.get("resource", ""), own.get("field", "")
    clues = set(_WORD.findall(f"{case.expect.get('line', '')} {case.expect.get('message', '')}"))
    for one in said:
        text = f"{one.about} {one.words}"
        if (name and one.about.endswith(f" {name}")) or (last and last in text) or any(word in text for word in clues):
            return NAMED
    return VAGUE


def _plain(said: set[Said]) -> list[str]:
    return sorted(f"{one.about}: {_FOLDER.sub('', one.words)}" for one in said)


def _table(folder: Path) -> str:
    told = {case.name: json.loads((folder / f"{case.name}.json").read_text()) for case in _done(folder)}
    names = list(dict.fromkeys(name for one in told.values() for name in one))
    lines = ["| Mistake | " + " | ".join(names) + " |", "|" + "---|" * (len(names) + 1)]
    for case in _done(folder):
        cells = [told[case.name].get(name, {}).get("cell", "") for name in names]
        lines.append(f"| {case.what} | " + " | ".join(cells) + " |")
    sums = []
    for name in names[1:]:
        count = Counter(one.get(name, {}).get("cell", "") for one in told.values())
        sums.append(" / ".join(str(count[kind]) for kind in (LINE, NAMED, VAGUE, MISSED, NOTHING)))
    own = sum("missed" not in one["presync"]["cell"] for one in told.values())
    lines.append(f"| line / yes / vague / no / – | {own} | " + " | ".join(sums) + " |")
    return "\n".join(lines) + "\n"


def _done(folder: Path) -> list[Case]:
    return [case for case in cases("mistakes") if (folder / f"{case.name}.json").is_file()]


if __name__ == "__main__":
    sys.exit(main())
