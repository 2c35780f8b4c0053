"""Generators that ask a service: their parameters from a file in the repository.

Pull requests, SCM providers, cluster decisions and plugins are answered by somebody else. ``generators`` in
presync.yaml names a file that records the answers: by ApplicationSet, then by the place or the kind of the generator, a
list of the parameter sets that Argo CD would get:

    previews:                    # the ApplicationSet
      pullRequest:               # every generator of this kind in it, or its place, for example "0" or "1.matrix.0"
        - number: "12"
          branch: add-redis
          branch_slug: add-redis
          head_sha: 1a2b3c4d5e6f
          labels: [preview]
      "1.matrix.0":
        - {repository: shop, branch: main, url: https://git.example.com/shop.git}

The generator's own ``values`` are added to them, as Argo CD does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from presync.argocd.appset import govalues
from presync.argocd.appset.generation import Generator, Outcome, ParamSet, Run, Undetermined
from presync.argocd.appset.gotypes import Path
from presync.argocd.appset.govalues import Params, StrList
from presync.base import goyaml
from presync.base.finding import Location
from presync.tree import TreeError

KINDS = {
    "pullRequest": "pull requests",
    "scmProvider": "the repositories of an SCM provider",
    "clusterDecisionResource": "a cluster decision",
    "plugin": "a plugin",
}


def recorded_sets(run: Run, kind: str, generators: Sequence[Generator], path: Path) -> list[Outcome]:
    """The recorded parameter sets of a generator of this kind."""
    try:
        found = _recorded(run, kind, path)
    except Undetermined as reason:
        return [reason] * len(generators)
    requests = [(generator, [_params(run, kind, generator, one.params) for one in found]) for generator in generators]
    outcomes: list[Outcome] = []
    for (_, sets), failure in zip(requests, run.add_values(requests, path), strict=True):
        if failure:
            words = "error generating params: " if kind == "plugin" else "failed to append templated values: "
            outcomes.append(failure[1].within(words))
        else:
            outcomes.append([ParamSet(params, one.origins) for params, one in zip(sets, found, strict=True)])
    return outcomes


def _params(run: Run, kind: str, generator: Generator, recorded: Params) -> Params:
    params: Params = govalues.copy(recorded)
    if kind == "plugin":
        if not run.go:
            params = dict(govalues.flatten(params))
        inputs = (generator.get("input") or {}).get("parameters") or {}
        params["generator"] = {"input": {"parameters": inputs}}
    elif kind == "pullRequest" and isinstance(params.get("labels"), list):
        params["labels"] = StrList(params["labels"])
        if not run.go:
            del params["labels"]
    elif kind == "clusterDecisionResource":
        params = {key: govalues.text(value) for key, value in params.items()}
    return params


def _recorded(run: Run, kind: str, path: Path) -> Sequence[ParamSet]:
    """The entry for this generator: by place, else by kind.

    Raises:
        Undetermined: nothing is recorded, or the file cannot be read.
    """
    file = run.context.settings.generators
    place = _place(path)
    missing = Undetermined(
        "generator-unsupported",
        f"{KINDS[kind]} cannot be asked for offline",
        f"Record what it yields in a file named by `generators:` in presync.yaml: {run.name}: {{{kind}: [...]}}.",
        path,
    )
    if not file:
        raise missing
    try:
        text = goyaml.decode(run.context.repositories.head.read(file))
        document = next(goyaml.documents(text), None)
    except (TreeError, goyaml.GoYamlError) as error:
        raise Undetermined(
            "generator-unsupported", f"{file}: {error}", "Correct the file named by `generators:`.", path
        ) from None
    entry = document.data.get(run.name) if document and isinstance(document.data, dict) else None
    if not isinstance(entry, Mapping) or not (place in entry or kind in entry):
        raise missing
    key = place if place in entry else kind
    sets = entry[key]
    if not isinstance(sets, list) or not all(isinstance(one, dict) for one in sets):
        raise Undetermined(
            "generator-unsupported",
            f"{file}: {run.name}.{key} must be a list of mappings",
            "Correct the file named by `generators:`.",
            path,
        )
    assert document is not None  # noqa: S101 - an entry was found in it
    return [ParamSet(one, (_line(document.node, (run.name, key, index), file),)) for index, one in enumerate(sets)]


def _line(node: yaml.Node, path: Path, file: str) -> Location:
    return goyaml.locate(node, path, file)


def _place(path: Path) -> str:
    """``spec.generators[1].matrix.generators[0].scmProvider`` as ``1.matrix.0``."""
    steps: list[Any] = [step for step in path[1:-1] if step != "generators"]
    return ".".join(str(step) for step in steps)
