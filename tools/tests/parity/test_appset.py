"""ApplicationSets: presync generates what Argo CD 3.5.7 generated for the same trees.

A folder of ``cases/appset`` with an ``expected.yaml`` is a tree with an ``applicationset.yaml``; ``expected.yaml``
records what the real applicationset-controller and API server made of it, with one AppProject ``default`` and the
clusters of ``clusters.yaml``:

* ``applications``: the Applications that exist, as they are stored;
* ``error`` with its ``reason``: the condition ErrorOccurred (commits written as HEAD, the server's folders cut);
* ``refused``: what ``kubectl apply`` said; ``silent``: the controller panicked, which no condition tells.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from presync.argocd.context import Context
from presync.argocd.expand import expand
from presync.argocd.model import Expansion, Manifest
from presync.argocd.repositories import Repositories
from presync.base import goyaml
from presync.base.finding import Location
from presync.engine import Engine
from presync.settings import load_settings
from presync.tree.repository import open_repository

URL = "https://git.example.com/org/repo.git"
CASES = sorted(file.parent for file in (Path(__file__).parent / "cases" / "appset").glob("*/expected.yaml"))
FROM_GENERATION = {"ApplicationGenerationFromParamsError", "RenderTemplateParamsError"}


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(workers=1) as one:
        yield one


def _expand(case: Path, engine: Engine) -> Expansion:
    repository = open_repository(case)
    settings = load_settings(repository.worktree)
    if (case / "clusters.yaml").exists():
        settings = dataclasses.replace(settings, clusters="clusters.yaml")
    context = Context(engine, settings, Repositories.of(repository, repository.worktree, [URL], ["main"]))
    document = next(goyaml.documents((case / "applicationset.yaml").read_text()))
    manifest = Manifest(document.data, Location("applicationset.yaml", document.line))
    return expand(manifest, context, projects={"default"})


def _stored(expansion: Expansion) -> list[str]:
    kept = ("name", "labels", "annotations", "finalizers")
    return sorted(
        json.dumps(
            {"metadata": {key: one.metadata[key] for key in kept if one.metadata.get(key)}, "spec": one.spec},
            sort_keys=True,
        )
        for one in expansion.applications
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_as_argo_cd_does(case: Path, engine: Engine) -> None:
    expected: dict[str, Any] = goyaml.load((case / "expected.yaml").read_text())
    expansion = _expand(case, engine)
    if "refused" in expected:
        _is_refused(expansion, expected["refused"])
        return
    assert _stored(expansion) == sorted(json.dumps(one, sort_keys=True) for one in expected["applications"])
    if expected.get("reason") in FROM_GENERATION:
        assert expansion.error == expected["error"]
    elif "error" in expected:
        # The condition names the last of several; every one is a problem here.
        message = re.sub(r" \(and \d+ more\)$", "", expected["error"])
        assert not expansion.error
        assert any(message in problem.message for problem in expansion.problems)
    else:
        assert bool(expansion.error) == bool(expected.get("silent"))


def _is_refused(expansion: Expansion, words: str) -> None:
    """The API server's own messages are there; an unknown field is a problem and does not hide the rest."""
    unknown = re.findall(r'unknown field "([^"]+)"', words)
    if unknown:
        told = [problem.message for problem in expansion.problems if problem.kind == "applicationset-unknown-field"]
        assert all(any(f'unknown field "{field}"' in message for message in told) for field in unknown)
        return
    messages = re.sub(r'^The ApplicationSet "[^"]*" is invalid: ', "", words).split("\n* ")
    assert all(message.strip() in expansion.error for message in messages)


def test_enough_cases_from_the_version_this_is_written_for() -> None:
    versions = {goyaml.load((case / "expected.yaml").read_text())["argocd"] for case in CASES}
    assert versions == {"3.5.7"}
    assert len(CASES) >= 150
