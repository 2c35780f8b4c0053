"""charts/feature-store takes and refuses the same transforms as the parser of the DAGs, and hands its grammar on."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from presync.engine import Engine
from presync.render.model import RenderedApplication
from tests.render.support import ROOT, Repo, application, data, yaml_text

CHART = ROOT / "charts" / "feature-store"
CASES: dict[str, Any] = yaml.safe_load((ROOT / "dags/tests/transforms/cases.yaml").read_text("utf-8"))
WORDS: dict[str, Any] = yaml.safe_load((CHART / "files" / "dialect.yaml").read_text("utf-8"))


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repo]:
    root = tmp_path_factory.mktemp("repository")
    for name in ("feature-store", "common"):
        shutil.copytree(ROOT / "charts" / name, root / "charts" / name, ignore=shutil.ignore_patterns("charts"))
    shutil.rmtree(root / "charts/feature-store/featuresets")
    (root / "envs/dev").mkdir(parents=True)
    shutil.copy(ROOT / "envs/dev/globals.yaml", root / "envs/dev/globals.yaml")
    with Engine(1) as engine:
        yield Repo(root, engine)


def render(repo: Repo, *features: tuple[str, str]) -> RenderedApplication:
    """The chart with one set, of (dtype, transform)."""
    document = {
        "apiVersion": "features.example.com/v1alpha1",
        "kind": "FeatureSet",
        "metadata": {"name": "tried"},
        "spec": {
            "project": "tried",
            "entities": [{"name": "user_id", "type": "string"}],
            "features": [
                {"name": f"f{index}", "dtype": dtype, "source": "events", "transform": transform}
                for index, (dtype, transform) in enumerate(features)
            ],
            "batchSchedule": "0 2 * * *",
        },
    }
    repo.write({"charts/feature-store/featuresets/tried.yaml": yaml_text(document)})
    values = {"valueFiles": ["/envs/dev/globals.yaml"]}
    return repo.render(application("feature-store-dev", "feature-store-dev", path="charts/feature-store", helm=values))


def mistakes(rendered: RenderedApplication, field: str) -> set[int]:
    """The features whose field is complained of."""
    assert rendered.error
    return {int(found) for found in re.findall(rf"spec\.features\[(\d+)\] \(f\d+\)\.{field}: ", str(rendered.error))}


def contract(rendered: RenderedApplication) -> dict[str, Any]:
    for one in data(rendered):
        if one["metadata"]["name"] == "feature-store-resources":
            found: dict[str, Any] = json.loads(one["data"]["featuresets.json"])
            return found
    raise AssertionError("there is no feature-store-resources")


def test_takes_what_the_parser_takes(repo: Repo) -> None:
    said = contract(render(repo, *(("double", case["text"]) for case in CASES["accepted"])))
    transforms = [feature["transform"] for feature in said["featureSets"]["tried"]["features"]]
    assert transforms == [case["text"] for case in CASES["accepted"]]


def test_refuses_what_the_parser_refuses(repo: Repo) -> None:
    cases = CASES["refused"]
    rendered = render(repo, *(("double", case["text"]) for case in cases))
    assert mistakes(rendered, "transform") == set(range(len(cases)))
    assert 'has the unknown function "cout"; known are avg, count, count_distinct' in str(rendered.error)


def test_refuses_dtypes_that_a_function_cannot_give(repo: Repo) -> None:
    pairs = [(dtype, function) for function in WORDS["functions"] for dtype in sorted(WORDS["dtypes"])]
    features = [(dtype, f"{function}(x) over window(1d)") for dtype, function in pairs]
    rendered = render(repo, *features)
    wrong = {index for index, (dtype, function) in enumerate(pairs) if dtype not in CASES["results"][function]}
    assert mistakes(rendered, "dtype") == wrong
    assert "sum cannot give a string; it gives double, float, int32, int64" in str(rendered.error)


def test_the_contract_carries_its_grammar(repo: Repo) -> None:
    said = contract(render(repo, ("int64", "count(x) over window(1d)")))
    assert said["dialect"]["functions"] == WORDS["functions"]
    assert said["dialect"]["units"] == WORDS["units"]
    for pattern in ("name", "duration"):
        assert said["dialect"]["patterns"][pattern] == WORDS["patterns"][pattern]
    crd = (ROOT / "bootstrap/crds/featuresets.features.example.com.yaml").read_text("utf-8")
    (repeated,) = re.findall(r"pattern: >-\s+(\^\(avg\|[^$]+\$)\n", crd)
    assert said["dialect"]["patterns"]["transform"] == re.sub(r"\n\s+", " ", repeated)


def test_a_contract_stays_small(repo: Repo) -> None:
    """A ConfigMap holds one MiB; two hundred features and the grammar are far below it."""
    rendered = render(repo, *(("double", "avg(duration) over window(30d)") for _ in range(200)))
    for one in data(rendered):
        if one["kind"] == "ConfigMap":
            assert sum(len(text) for text in one["data"].values()) < 300_000
