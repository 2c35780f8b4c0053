"""The policies agree with what they speak of: the contract's grammar, the images of prod, the docs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from presync.engine import Engine
from presync.platform.load import load
from presync.platform.model import Platform
from presync.policy import templates
from presync.policy.evaluator import Evaluator
from presync.policy.model import Template
from presync.tree.repository import open_repository

ROOT = Path(__file__).resolve().parents[3]
POLICIES = ROOT / "policies"
# Not in git: operators put them into Pods that they make.
BY_OPERATORS = {"quay.io/jetstack/cert-manager-acmesolver", "quay.io/prometheus-operator/prometheus-config-reloader"}


@cache
def document(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text("utf-8"))


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    repository = open_repository(ROOT)
    with Engine(1) as engine:
        yield load(repository, engine, tree=repository.worktree)


def hygiene() -> dict[str, Any]:
    found: dict[str, Any] = document("policies/featureset-hygiene/constraint.yaml")["spec"]["parameters"]
    return found


def test_the_words_of_feature_sets_are_those_of_the_dialect() -> None:
    words = document("charts/feature-store/files/dialect.yaml")
    assert {key: value for key, value in hygiene().items() if key != "ownerLabel"} == {
        "entityTypes": words["entityTypes"],
        "dtypes": list(words["dtypes"]),
        "functions": {name: said["gives"] for name, said in words["functions"].items()},
        "name": words["patterns"]["name"],
        "duration": words["patterns"]["duration"],
    }


def test_the_policy_reads_the_transforms_that_the_pipeline_reads() -> None:
    cases = document("dags/tests/transforms/cases.yaml")
    accepted = [one["text"] for one in cases["accepted"]]
    refused = [one["text"] for one in cases["refused"]]
    template = templates.read(document("policies/featureset-hygiene/template.yaml"))
    assert isinstance(template, Template)
    texts = [*accepted, *refused]
    with Evaluator() as evaluator:
        evaluator.load("hygiene", template)
        evaluator.documents([json.dumps({"object": one}).encode() for one in map(_set, texts)], [b"{}"])
        said = {one.review for one in evaluator.evaluate("hygiene", hygiene(), list(range(len(texts))), 0)}
    assert {texts[at] for at in said} == set(refused)


def _set(transform: str) -> dict[str, Any]:
    """A set of one feature, of a dtype that no policy knows where the function does not matter."""
    function = transform.partition("(")[0]
    gives = hygiene()["functions"].get(function, hygiene()["dtypes"])
    feature = {"name": "tried", "dtype": gives[0], "source": "events", "transform": transform}
    entities = [{"name": "user_id", "type": "string"}]
    spec = {"owner": "analytics", "entities": entities, "features": [feature], "batchSchedule": "0 2 * * *"}
    return {"metadata": {"name": "tried"}, "spec": spec}


def test_every_image_without_digest_is_one_of_prod(platform: Platform) -> None:
    """A line that is not needed any more would let the next image of that name go without."""
    patches = document("envs/prod/policies/kustomization.yaml")["patches"]
    patch = next(one["patch"] for one in patches if one["target"].get("name") == "image-digests")
    listed = yaml.safe_load(patch)[0]["value"]
    assert len(listed) == len(set(listed))
    rendered = {
        image
        for entry, resource in platform.resources()
        if entry.environment == "prod"
        for image in re.findall(r'image"?: "?([^\s",\\]+)', _text(resource.data))
    }
    without = {_repository(image) for image in rendered if "@" not in image}
    assert set(listed) - BY_OPERATORS == without


def _text(data: Any) -> str:
    """The object as text, and whatever stands in it as text."""
    return yaml.safe_dump(data, default_style=None, width=10**6).replace("\\n", "\n")


def _repository(image: str) -> str:
    name = re.sub(r":[^:/]*$", "", image)
    if "." in name.partition("/")[0]:
        return name
    return f"docker.io/{name}" if "/" in name else f"docker.io/library/{name}"


def test_the_docs_list_every_policy() -> None:
    text = (ROOT / "docs" / "policies.md").read_text("utf-8")
    for folder in POLICIES.glob("*/constraint.yaml"):
        assert f"`{folder.parent.name}`" in text
