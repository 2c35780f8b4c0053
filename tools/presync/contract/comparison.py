"""Two platforms' contracts side by side, environment by environment."""

from __future__ import annotations

from dataclasses import dataclass

from presync.contract.compatibility import Change, Level, compare, level
from presync.contract.model import contracts
from presync.contract.parts import parts
from presync.contract.readers import Reading, readers
from presync.platform.model import Platform


@dataclass(frozen=True)
class Comparison:
    """What changed for some environments, and who reads it there."""

    environments: tuple[str, ...]
    old: str  # hash; empty: there was no contract
    new: str
    changes: tuple[Change, ...]
    readers: tuple[Reading, ...]

    @property
    def one_sided(self) -> bool:
        """Whether there is a contract before only, or after only."""
        return not self.old or not self.new

    @property
    def level(self) -> Level:
        return level(self.changes)


def comparisons(old: Platform, new: Platform) -> list[Comparison]:
    """One for each pair of contracts; environments with the same pair share it. Equal ones are left out.

    Readers are those of both sides: who reads it before the change meets it too.
    """
    before, after = contracts(old), contracts(new)
    pairs: dict[tuple[str, str], list[str]] = {}
    for environment in dict.fromkeys([*before, *after]):
        one, other = before.get(environment), after.get(environment)
        pair = (one.hash if one else "", other.hash if other else "")
        if pair[0] != pair[1]:
            pairs.setdefault(pair, []).append(environment)
    found = []
    for (one_hash, other_hash), environments in pairs.items():
        one, other = before.get(environments[0]), after.get(environments[0])
        if one and other:
            changes = compare(one, other)
        elif one:
            changes = [Change(Level.BREAKING, "", "", "the contract is gone", "nobody finds a feature")]
        else:
            changes = [Change(Level.COMPATIBLE, "", "", "the first contract")]
        reading = {
            (each.application, each.part): each
            for platform in (old, new)
            for environment in environments
            for each in readers(parts(platform), environment)
        }
        readings = tuple(reading[key] for key in sorted(reading))
        found.append(Comparison(tuple(environments), one_hash, other_hash, tuple(changes), readings))
    return found
