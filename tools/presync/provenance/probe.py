"""Whether a value does anything at all."""

from __future__ import annotations

from presync.provenance.influence import Prober
from presync.render.trace import HelmTrace, KeyPath


def prober(trace: HelmTrace) -> Prober:
    """The prober of a source; what it found out is shared by everybody who asks."""
    if "prober" not in trace.memo:
        trace.memo["prober"] = Prober(trace)
    found: Prober = trace.memo["prober"]
    return found


def inert(trace: HelmTrace, path: KeyPath) -> bool:
    """Whether changing the value changes nothing; False where that could not be tried."""
    one = prober(trace)
    one.effect([(path,)])
    return one.effects.get((path,)) == {}
