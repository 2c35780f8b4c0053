"""Whether a value does anything at all."""

from __future__ import annotations

from presync.provenance.influence import Prober
from presync.render.trace import HelmTrace, KeyPath


def prober(trace: HelmTrace, template: str = "") -> Prober:
    """The prober of a source, or of one of its templates; what it found out is shared by everybody who asks."""
    key = f"prober {template}"
    if key not in trace.memo:
        made = Prober(trace, template)
        if template and template not in made.base:
            made = prober(trace)  # it needs what another template leaves behind
        trace.memo[key] = made
    found: Prober = trace.memo[key]
    return found


def inert(trace: HelmTrace, path: KeyPath) -> bool:
    """Whether changing the value changes nothing; False where that could not be tried."""
    one = prober(trace)
    one.effect([(path,)])
    return one.effects.get((path,)) == {}
