"""In-process Helm against the Helm CLI on charts of other repositories, each with its defaults and its ci/ values.

    python tools/bench/upstream.py --helm PROGRAM CHECKOUT...

A checkout is a work tree or a bare git repository. Charts are copied to a temporary folder; a dependency on another
chart of the same checkouts is put in place from there, a chart with any other missing dependency is passed over.
What differs between two runs of the CLI itself (generated passwords) is not compared.
"""

from __future__ import annotations

import argparse
import collections
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from presync.base import goyaml
from presync.engine import Engine
from presync.render import apis
from presync.render.render import render
from presync.render.semver import VersionError, Versions
from presync.tree import TreeError, open_repository
from tests.render.support import HelmResult, Repo, application, helm_template


def main() -> int:
    """Print one line per difference and the numbers at the end."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--helm", required=True)
    parser.add_argument("checkouts", nargs="+", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="upstream-") as scratch, Engine(2) as engine:
        return Comparison(Path(scratch), engine, options.helm).run(options.checkouts)


class Comparison:
    """All charts of all checkouts."""

    def __init__(self, root: Path, engine: Engine, helm: str) -> None:
        self.root = root
        self.engine = engine
        self.helm = helm
        self.versions = Versions(engine)
        self.count: collections.Counter[str] = collections.Counter()
        self.seconds = {"cli": 0.0, "presync": 0.0}

    def run(self, checkouts: list[Path]) -> int:
        for checkout in checkouts:
            _export(checkout, self.root / checkout.parent.name)
        charts = sorted(path.parent for path in self.root.rglob("Chart.yaml") if _is_chart(path))
        known = {_metadata(chart)["name"]: chart for chart in charts}
        filled = []
        for chart in charts:
            if _metadata(chart).get("type") == "library":
                self.count["libraries"] += 1
            elif not self._fill(chart, known):
                self.count["charts with dependencies that are not here"] += 1
            else:
                filled.append(chart)
        self.count["charts"] = len(filled)
        self.context = Repo(self.root, self.engine).context()
        for chart in filled:
            for values in (None, *sorted(chart.glob("ci/*.y*ml"))):
                self._one(chart, values)
        for name, number in sorted(self.count.items()):
            print(f"{number:5} {name}")
        print(f"CLI {self.seconds['cli']:.1f} s, presync {self.seconds['presync']:.1f} s")
        return 1 if self.count["different"] else 0

    def _fill(self, chart: Path, known: dict[str, Path]) -> bool:
        """Put dependencies from the checkouts into charts/; False where one is nowhere."""
        for one in _metadata(chart).get("dependencies") or ():
            if str(one.get("repository", "")).startswith("file://") or not one.get("repository"):
                continue
            name = one["name"]
            if (chart / "charts" / name).exists() or list((chart / "charts").glob(f"{name}-*.tgz")):
                continue
            other = known.get(name)
            try:
                if not other or not self.versions.satisfies(one["version"], str(_metadata(other)["version"])):
                    return False
            except VersionError:
                return False
            if not self._fill(other, known):
                return False
            shutil.copytree(other, chart / "charts" / name, dirs_exist_ok=True)
        return True

    def _one(self, chart: Path, values: Path | None) -> None:
        self.count["renders"] += 1
        name = f"{chart.relative_to(self.root)}{f' {values.name}' if values else ''}"
        block = {"valueFiles": [values.relative_to(chart).as_posix()]} if values else {}
        app = application("test", "apps", path=chart.relative_to(self.root).as_posix(), helm=block)
        start = time.perf_counter()
        mine = render(app, self.context)
        middle = time.perf_counter()
        arguments = ["--values", str(values)] if values else []
        apis_ = apis.for_application("1.36", app, ())
        real = helm_template(self.helm, chart, "test", "apps", arguments=arguments, api_versions=apis_)
        self.seconds["presync"] += middle - start
        self.seconds["cli"] += time.perf_counter() - middle
        if real.error:
            reason = mine.error or mine.unavailable
            self.count["both refuse" if reason else "different"] += 1
            if not reason:
                print(f"DIFFERENT {name}: Helm refuses: {real.error[:300]}")
            elif mine.error and _words(mine.error) not in _words(real.error):
                self.count["refusals in other words"] += 1
                print(f"WORDS {name}:\n  {mine.error[:300]}\n  {real.error[:300]}")
            return
        if mine.error or mine.unavailable:
            self.count["different"] += 1
            print(f"DIFFERENT {name}: presync refuses: {(mine.error or mine.unavailable)[:300]}")
            return
        ours = [dict(one.data) for one in mine.resources]
        theirs = _last(real)
        if _lines(ours) == _lines(theirs):
            self.count["equal"] += 1
            return
        again = _last(helm_template(self.helm, chart, "test", "apps", arguments=arguments, api_versions=apis_))
        if len(ours) == len(theirs) == len(again):
            masked = [_mask(one, first, second) for one, first, second in zip(ours, theirs, again, strict=True)]
            if _lines(masked) == _lines([_mask(a, a, b) for a, b in zip(theirs, again, strict=True)]):
                self.count["equal but for random values"] += 1
                return
        self.count["different"] += 1
        print(f"DIFFERENT {name}: {_first(ours, theirs)}")


def _export(checkout: Path, target: Path) -> None:
    """The files of HEAD; those whose content is not in the checkout are left out."""
    tree = open_repository(checkout).at("HEAD")
    for path in tree.paths:
        try:
            data = tree.read(path)
        except TreeError:
            continue
        file = target / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)


def _is_chart(path: Path) -> bool:
    return "charts" not in path.parent.parent.parts[-1:] or "templates" in {one.name for one in path.parent.iterdir()}


def _metadata(chart: Path) -> dict[str, Any]:
    try:
        data = goyaml.load((chart / "Chart.yaml").read_text())
    except goyaml.GoYamlError:
        data = {}
    return {"name": "", **(data if isinstance(data, dict) else {})}


def _last(result: HelmResult) -> list[dict[str, Any]]:
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for one in result.objects:
        metadata = one.get("metadata") or {}
        api = str(one.get("apiVersion")).rpartition("/")[0]
        key = (api, str(one.get("kind")), str(metadata.get("namespace") or "apps"), str(metadata.get("name")))
        found.pop(key, None)
        found[key] = one
    return list(found.values())


def _lines(objects: list[Any]) -> list[str]:
    return [json.dumps(one, sort_keys=True) for one in objects]


def _mask(value: Any, first: Any, second: Any) -> Any:
    """``value`` without what differs between the other two."""
    if isinstance(first, dict) and isinstance(second, dict) and isinstance(value, dict):
        return {key: _mask(child, first.get(key), second.get(key)) for key, child in value.items()}
    if isinstance(first, list) and isinstance(second, list) and isinstance(value, list) and len(first) == len(second):
        return [_mask(*three) for three in zip(value, first, second, strict=False)]
    return value if first == second else "(random)"


def _first(ours: list[Any], theirs: list[Any]) -> str:
    for index, (mine, real) in enumerate(_pairs(ours, theirs)):
        if json.dumps(mine, sort_keys=True) != json.dumps(real, sort_keys=True):
            return f"object {index} of {len(ours)}/{len(theirs)}:\n  {_short(mine, real)}"
    return "order"


def _pairs(ours: list[Any], theirs: list[Any]) -> Iterator[tuple[Any, Any]]:
    for index in range(max(len(ours), len(theirs))):
        yield (ours[index] if index < len(ours) else None, theirs[index] if index < len(theirs) else None)


def _short(mine: Any, real: Any, path: str = "") -> str:
    if isinstance(mine, dict) and isinstance(real, dict):
        for key in sorted({*mine, *real}, key=str):
            if json.dumps(mine.get(key), sort_keys=True) != json.dumps(real.get(key), sort_keys=True):
                return _short(mine.get(key), real.get(key), f"{path}.{key}")
    if isinstance(mine, list) and isinstance(real, list) and len(mine) == len(real):
        for index, (left, right) in enumerate(zip(mine, real, strict=True)):
            if left != right:
                return _short(left, right, f"{path}[{index}]")
    return f"{path}: presync {json.dumps(mine)[:200]} Helm {json.dumps(real)[:200]}"


def _words(text: str) -> str:
    return " ".join(word.rsplit("/", 1)[-1] for word in text.split())


if __name__ == "__main__":
    sys.exit(main())
