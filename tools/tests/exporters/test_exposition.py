"""Reading a scrape."""

from __future__ import annotations

from exporters.exposition import Family, merge, read

TEXT = """# HELP a_total A.
# TYPE a_total counter
a_total{code="200",path="/x{y}\\"z"} 1
a_total{code="500",method="GET"} 2
# TYPE b_seconds histogram
b_seconds_bucket{op="read",le="0.1"} 1
b_seconds_sum{op="read"} 1
b_seconds_count{op="read"} 1
# TYPE c gauge
d 1 1700000000
"""


def test_types_and_labels() -> None:
    found = read(TEXT)
    assert found["a_total"] == Family("counter", {"code", "path", "method"}, True)
    assert found["b_seconds"] == Family("histogram", {"op"}, True)
    assert found["c"].labels is None  # named, but without a sample nobody knows its labels
    assert found["d"] == Family("untyped", set(), True)
    assert set(found) == {"a_total", "b_seconds", "c", "d"}


def test_merging_keeps_what_one_side_knows() -> None:
    found = merge(
        read(TEXT), {"c": Family("gauge", {"x"}), "a_total": Family("counter", None), "e": Family("gauge", None)}
    )
    assert found["c"].labels == {"x"}
    assert found["a_total"].labels == {"code", "path", "method"}
    assert found["e"].labels is None
