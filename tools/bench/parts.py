"""What two things cost that no other tool does: finding values that nothing reads, and the line that sets a field.

Both render charts again with a value changed, so both are paid for in renders. Measured in this process and its
workers, without the cache, on a tree that is loaded already.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from presync.engine import Engine
from presync.platform.load import load
from presync.platform.model import Platform
from presync.provenance import explain
from presync.provenance.leaves import leaves
from presync.render.model import Resource
from presync.rules import hlm010_value_not_read, hlm011_default_not_read
from presync.tree.repository import open_repository

Field = tuple[Resource, tuple[str | int, ...]]


def main(folder: Path, fields: int = 120) -> Iterator[str]:
    """One line for each part."""
    with Engine() as engine:
        start = time.perf_counter()
        platform = load(open_repository(folder), engine)
        yield f"load (render all): {time.perf_counter() - start:.2f} s"
        start = time.perf_counter()
        found = [
            *hlm010_value_not_read.check(platform),
            *hlm011_default_not_read.check(platform),
        ]
        keys = sum(1 for one in _values(platform) for _ in leaves(one))
        seconds = time.perf_counter() - start
        yield f"dead keys: {seconds:.2f} s for {keys} keys of {_charts(platform)} charts, {len(found)} found"
    with Engine() as engine:  # nothing is known of this one yet
        platform = load(open_repository(folder), engine)
        taken = []
        for resource, path in _sample(platform, fields):
            start = time.perf_counter()
            explain(resource, path)
            taken.append(time.perf_counter() - start)
        taken.sort()
        yield (
            f"explain: {len(taken)} fields, {1000 * statistics.median(taken):.0f} ms in the median, "
            f"{1000 * taken[len(taken) * 9 // 10]:.0f} ms at the 90th percentile, {sum(taken):.1f} s in all"
        )


def _values(platform: Platform) -> Iterator[object]:
    for entry in platform.entries:
        for trace in entry.rendered.traces:
            for scoped in trace.all_layers:
                yield scoped.layer.data


def _charts(platform: Platform) -> int:
    return len({trace.chart.folder for entry in platform.entries for trace in entry.rendered.traces})


def _sample(platform: Platform, wanted: int) -> list[Field]:
    """Fields spread evenly over everything Helm rendered."""
    found: list[Field] = []
    for entry in platform.entries:
        for resource in entry.rendered.resources:
            if resource.trace is not None:
                found += [(resource, path) for path, _ in leaves(resource.data)]
    return found[:: max(1, len(found) // wanted)][:wanted]


if __name__ == "__main__":
    os.environ["PRESYNC_CACHE"] = "off"
    for line in main(Path(__file__).resolve().parent.parent.parent):
        print(line, flush=True)
