"""The merge generator: the sets of one generator, overridden by those of others that agree on the merge keys.

After https://github.com/argoproj/argo-cd/blob/v3.5.7/applicationset/generators/merge.go.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

from presync.argocd.appset import govalues
from presync.argocd.appset.children import Transform, child_of, child_sets
from presync.argocd.appset.generation import Generator, Outcome, Panicked, ParamSet, Refused, Run, Undetermined
from presync.argocd.appset.gotypes import Path
from presync.argocd.appset.govalues import GoPanic


def merge_sets(run: Run, transform: Transform, generators: Sequence[Generator], path: Path) -> list[Outcome]:
    """The sets of the first child, each overridden by the sets of the others that agree on the merge keys."""
    out: list[Outcome] = []
    for generator in generators:
        children = generator.get("generators") or ()
        if len(children) < 2:
            out.append(Refused("found less than two generators, Merge requires two or more", (*path, "generators")))
            continue
        groups: list[list[ParamSet]] = []
        reason: Refused | Undetermined | None = None
        for index in range(len(children)):
            place = (*path, "generators", index)
            found = child_sets(run, transform, [(child_of(generator, index), None)], place)[0]
            if isinstance(found, Refused):
                words = f"error getting params from generator {index + 1} of {len(children)}: "
                reason = found.within(f"error getting param sets from generators: {words}")
            elif isinstance(found, Undetermined):
                reason = found
            else:
                groups.append(found)
            if reason:
                break
        try:
            out.append(reason or _merged(run, generator.get("mergeKeys") or (), groups))
        except GoPanic as error:
            out.append(Panicked(str(error), path))
        except ValueError as error:
            out.append(Refused(f"error getting param sets by merge key: {error}", (*path, "mergeKeys")))
    return out


def _merged(run: Run, keys: Sequence[str], groups: Sequence[Sequence[ParamSet]]) -> list[ParamSet]:
    # One copy of all: maps that several sets share are changed for all of them, as in Argo CD.
    base = _by_key(keys, copy.deepcopy(list(groups[0])))
    for group in groups[1:]:
        others = _by_key(keys, group)
        for key, one in base.items():
            other = others.get(key)
            if other is None:
                continue
            if run.go:
                govalues.merge_override(one.params, govalues.copy(other.params))
            else:
                one.params.update(other.params)
            base[key] = ParamSet(one.params, (*one.origins, *other.origins))
    return list(base.values())


def _by_key(keys: Sequence[str], sets: Sequence[ParamSet]) -> dict[str, ParamSet]:
    if not keys:
        raise ValueError("no merge keys were specified, Merge requires at least one")
    found: dict[str, ParamSet] = {}
    for one in sets:
        key = govalues.to_json({name: one.params.get(name) for name in keys})
        if key in found:
            raise ValueError(
                "the parameters from a generator were not unique by the given mergeKeys, Merge requires all param sets "
                f"to be unique. Duplicate key was {key}"
            )
        found[key] = one
    return found
