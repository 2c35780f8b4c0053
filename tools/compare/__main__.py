"""Gives mistakes to presync and to the other tools and writes what they say: a table and all their words.

    cd tools && ../.venv/bin/python -m compare --bin DIR --library DIR --api-server --crds DIR --out DIR

The mistakes are those of ``tests/mutations`` and those of ``compare/cases``, which the other tools are made for.
``--bin`` holds kubeconform, kube-linter and gator; what is not there is left out. ``--library`` is the folder
``library`` of gatekeeper-library. ``--crds`` are folders with the CustomResourceDefinitions for the API server.
``--shard 1/2`` takes every second case, for two processes with the same ``--out``. ``--clean`` takes no case, and
notes what is said of the tree as it is and how long it took. A second run with other tools and ``--again`` takes the
rendered objects of the first and adds its columns. Writes ``cells/<case>.json`` to ``--out``; ``--document FILE``
then writes the tables into docs/comparison.md, which says what the cells mean.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import resource
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from compare import gatekeeper, mutants, peers, report, theirs
from compare.gatekeeper import Gator
from compare.mutants import Copy, Difference, Mutant
from compare.peers import Said
from compare.report import LINE, MISSED, NAMED, NOTHING, VAGUE
from controlplane.driver import ControlPlane
from presync.base.finding import Finding
from tests.mutations.support import ROOT, Case, Remembering, cases

_WORD = re.compile(r"[A-Za-z0-9_.\-/]{4,}")
_FOLDER = re.compile(r"/[^\s:]*/(?=charts/|envs/|objects/)")


@dataclass
class Tools:
    """Those that are there, by the heading of their column."""

    each: dict[str, Any] = field(default_factory=dict)  # asked about the changed objects
    whole: dict[str, Any] = field(default_factory=dict)  # asked about whole environments
    gators: dict[str, Gator] = field(default_factory=dict)  # asked about all cases together
    helm: peers.Helm | None = None


@dataclass
class Comparison:
    """One run over all cases."""

    out: Path
    engine: Remembering
    tools: Tools
    copy: Copy
    again: bool
    base: Mutant = field(init=False)
    before: dict[str, dict[str, set[Said]]] = field(default_factory=dict)
    took: dict[str, dict[str, float]] = field(default_factory=dict)

    def clean(self) -> None:
        """The tree as it is: what is said of it is not said of a mistake."""
        self.base = mutants.read(self.engine, {})
        every = {f"{name} {key}": data for name, one in self.base.objects.items() for key, data in one.items()}
        for name, tool in self.tools.each.items():
            objects = {key: data for key, data in every.items() if tool.reads(data)}
            with self._timed(name):
                self.before[name] = {"": tool.ask(objects)}
        for name, tool in self.tools.whole.items():
            with self._timed(name):
                self.before[name] = {one: tool.ask(objects) for one, objects in self.base.objects.items()}
        for name, gator in self.tools.gators.items():
            with self._timed(name):
                environments = gator.environments(self.base.objects)
                self.before[name] = {one: gator.ask(self.base.objects, one) for one in environments}

    def note_clean(self) -> None:
        """The words and the times of all of them, also of presync and of Helm for every chart."""
        with self._timed("presync"):
            said = peers.run(sys.executable, "-m", "presync", "check", folder=ROOT).stdout
        self.before["presync"] = {"": {Said("", line) for line in said.strip().split("\n")[-3:]}}
        if self.tools.helm:
            with self._timed("helm"):
                self.before["helm"] = {"": self.tools.helm.ask(self.base.calls)}
        words = {name: _plain(set().union(*one.values())) for name, one in self.before.items()}
        self._note("clean", {name: {**took, "words": words[name]} for name, took in self.took.items()})

    @contextlib.contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        """By the clock, and of the processors: on a machine that does other things too only that compares."""
        start, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
        yield
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        self.took[name] = {"seconds": round(time.monotonic() - start, 2), "cpu": round(cpu, 2)}

    def run(self, wanted: list[Case]) -> None:
        """Every case, each written when it is done."""
        differences = {}
        for case in wanted:
            told, differences[case.name] = self._case(case)
            print(case.name, {name: one["cell"] for name, one in told.items()}, file=sys.stderr, flush=True)
        for name, gator in self.tools.gators.items():
            said = gator.cases(self.base.objects, self.before[name], differences)
            for case in wanted:
                told = json.loads((self.out / "cells" / f"{case.name}.json").read_text())
                asked = any(differences[case.name].changed.values())
                told[name] = _cell(said[case.name], asked, case, told["presync"])
                self._note(case.name, told)

    def _case(self, case: Case) -> tuple[dict[str, Any], Difference]:
        file = self.out / "objects" / f"{case.name}.json"
        known = self.out / "cells" / f"{case.name}.json"
        if self.again and file.is_file():
            told = json.loads(known.read_text())
            difference = Difference.stored(file)
        else:
            told, difference = self._render(case)
            difference.save(file)
        for name, tool in self.tools.each.items():
            objects = {key: data for one in difference.changed.values() for key, data in one.items()}
            objects = {key: data for key, data in objects.items() if tool.reads(data)}
            said = tool.ask(objects) - self.before[name][""] if objects else set()
            told[name] = _cell(said, bool(objects), case, told["presync"])
        after = {name: difference.applied(self.base.objects, name) for name in self.base.objects}
        for name, tool in self.tools.whole.items():
            said = set()
            for environment, known_there in self.before[name].items():
                if difference.touches(environment):
                    said |= tool.ask(after[environment]) - known_there
            told[name] = _cell(said, any(difference.changed.values()), case, told["presync"])
        self._note(case.name, told)
        return told, difference

    def _render(self, case: Case) -> tuple[dict[str, Any], Difference]:
        files = case.files(self.engine)
        mutant = mutants.read(self.engine, files)
        on_line = True
        if "rule" in case.expect:
            found = mutants.expected(case, mutant, files)
        else:
            found, on_line = theirs.said(case, self.base, mutant, files)
        own = {"cell": f"{found.rule} `{_line(found)}`" if found else "**missed**"}
        if found and not on_line:
            own["cell"] = f"**vague** {own['cell']}"
        if found:
            own |= {
                "resource": found.resource.rpartition("/")[2] or found.resource.rpartition(" ")[2],
                "field": found.field.rpartition(".")[2].partition("[")[0],
                "place": _line(found).partition("/")[2],
                "message": found.message,
            }
        told: dict[str, Any] = {"presync": own}
        if self.tools.helm:
            calls = mutants.affected(mutant.calls, files)
            self.copy.apply(files)
            said = self.tools.helm.ask(calls)
            self.copy.restore(files)
            said -= self.tools.helm.ask(calls) if said else set()
            told["helm"] = _cell(said, bool(calls), case, own)
        return told, Difference.between(self.base.objects, mutant.objects)

    def _note(self, name: str, told: Mapping[str, Any]) -> None:
        file = self.out / "cells" / f"{name}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n")


def main() -> int:
    """All cases, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path)
    parser.add_argument("--library", type=Path)
    parser.add_argument("--crds", type=Path, nargs="*", default=[])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", nargs="*", default=[], help="names of cases")
    parser.add_argument("--shard", default="1/1", help="which part of the cases, of how many")
    parser.add_argument("--tools", nargs="*", default=[], help="headings of columns; all by default")
    parser.add_argument("--again", action="store_true", help="take the rendered objects of an earlier run")
    parser.add_argument("--api-server", action="store_true", help="needs `make controlplane`")
    parser.add_argument("--clean", action="store_true", help="only the tree as it is")
    parser.add_argument("--document", type=Path, help="write the tables of --out there, and ask no tool")
    arguments = parser.parse_args()
    if arguments.document:
        report.write(arguments.document, arguments.out / "cells")
        return 0
    if not arguments.bin:
        parser.error("--bin is needed")
    work = arguments.out / arguments.shard.replace("/", "-")
    work.mkdir(parents=True, exist_ok=True)
    number, parts = map(int, arguments.shard.split("/"))
    # Where only a package of presync's is missing there is nothing for the others to find.
    every = [one for one in theirs.theirs() + cases("mistakes") if not one.without]
    every = [one for one in every if not arguments.only or one.name in arguments.only]
    with contextlib.ExitStack() as stack:
        engine = stack.enter_context(Remembering())
        copy = Copy(work / "tree")
        comparison = Comparison(arguments.out, engine, _tools(arguments, stack, copy, work), copy, arguments.again)
        comparison.clean()
        if arguments.clean:
            comparison.note_clean()
        else:
            comparison.run(every[number - 1 :: parts])
    return 0


def _tools(arguments: argparse.Namespace, stack: contextlib.ExitStack, copy: Copy, work: Path) -> Tools:
    tools, programs = Tools(), arguments.bin
    cache = ROOT / ".cache" / "tools"

    def wanted(name: str, *needed: Path) -> bool:
        return (not arguments.tools or name in arguments.tools) and all(one.exists() for one in needed)

    if wanted("helm", cache / "helm"):
        tools.helm = peers.Helm(cache / "helm", copy.folder)
    if wanted("kubeconform", programs / "kubeconform"):
        tools.each["kubeconform"] = peers.Kubeconform(programs / "kubeconform", work / "kubeconform", "1.36")
    if arguments.api_server and wanted("API server"):
        plane = stack.enter_context(ControlPlane())
        tools.each["API server"] = peers.ApiServer(plane.start(kube_only=True), arguments.crds)
    folder = cache / "prometheus"
    if wanted("promtool, amtool", folder / "promtool", folder / "amtool"):
        tools.each["promtool, amtool"] = peers.Prometheus(folder / "promtool", folder / "amtool", work / "prometheus")
    if wanted("kube-linter", programs / "kube-linter"):
        linter = peers.KubeLinter(programs / "kube-linter", work / "kube-linter")
        tools.whole["kube-linter, all checks"] = linter
        tools.whole["kube-linter"] = peers.KubeLinterDefault(linter)
    if arguments.library and wanted("gator, library", programs / "gator"):
        classes = [
            {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": name}, "provisioner": "x"}
            for name in ("local-path", "nfs-client")
        ]
        policies = gatekeeper.library(arguments.library)
        tools.gators["gator, library"] = Gator(programs / "gator", work / "gator", policies, classes)
    if wanted("gator, our policies", programs / "gator"):
        tools.gators["gator, our policies"] = Gator(programs / "gator", work / "gator-own")
    return tools


def _line(found: Finding) -> str:
    """The place without its column, which others do not tell."""
    place = found.location
    return f"{place.file}:{place.line}" if place.line else place.file


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


if __name__ == "__main__":
    sys.exit(main())
