"""What a comparison of one case amounts to."""

from __future__ import annotations

from dataclasses import dataclass, field

from parity import compare
from parity.compare import NOTHING
from parity.model import Case, Difference, Outcome

EQUAL, DIFFERS, UNSUPPORTED = "equal", "differs", "unsupported"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Equal, differs (in what), or reported as unsupported."""

    case: Case
    result: str
    differences: list[Difference] = field(default_factory=list)


def judge(case: Case, argocd: Outcome, presync: Outcome) -> Verdict:
    """Compare a case.

    What presync reports as unsupported must be reported by the rules that the case names, and nothing else may differ:
    less than Argo CD shows, but nothing of its own. Only a case that says why (`differs`) may show something else.
    """
    found = compare.differences(argocd, presync)
    if not case.unsupported:
        return Verdict(case, DIFFERS if found else EQUAL, found)
    fired = set().union(*presync.rules.values()) if presync.rules else set()
    missing = [rule for rule in case.unsupported if rule not in fired]
    if missing:
        shown = ", ".join(sorted(fired)) or NOTHING
        found.append(
            Difference("rules", "cannot be told by presync", f"{', '.join(missing)} not reported, but {shown}")
        )
        return Verdict(case, DIFFERS, found)
    if case.differs:
        return Verdict(case, UNSUPPORTED)
    wrong = [one for one in found if one.presync != NOTHING and not one.presync.startswith("cannot tell: ")]
    return Verdict(case, DIFFERS if wrong else UNSUPPORTED, wrong)
