"""The FeatureSet of the CRD: the short form works as it stands, and each mistake is refused with a message that helps.

presync says so before the merge; the API server, where one can be started, says the same.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from controlplane import dryrun
from controlplane.documents import of_object
from controlplane.driver import ControlPlane
from controlplane.fixture import kubernetes
from presync.findings.collect import collect
from presync.policy.crd import defaulted
from tests.rules.support import platform

__all__ = ["kubernetes"]

ROOT = Path(__file__).resolve().parents[3]
CRD: dict[str, Any] = yaml.safe_load((ROOT / "bootstrap/crds/featuresets.features.example.com.yaml").read_text("utf-8"))
SAMPLE: dict[str, Any] = yaml.safe_load(
    """
apiVersion: features.example.com/v1alpha1
kind: FeatureSet
metadata:
  name: user-churn-features
spec:
  project: my-analytics
  entities:
    - name: user_id
      type: string
  features:
    - name: total_sessions
      dtype: int64
      source: online_events
      transform: count(session_id) over window(30d)
    - name: avg_session_duration
      dtype: float
      source: online_events
      transform: avg(duration) over window(30d)
  validation:
    null_threshold: 0.01
    drift_threshold: 0.1
  batchSchedule: "0 2 * * *"
  stream:
    kafkaTopic: "user-events"
    timestampField: "event_time"
"""
)
Edit = Callable[[dict[str, Any]], object]


def at(*path: str | int, to: Any) -> Edit:
    """Set what stands at a path of the spec."""

    def edit(document: dict[str, Any]) -> None:
        place: Any = document
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = to

    return edit


def without(*path: str | int) -> Edit:
    def edit(document: dict[str, Any]) -> None:
        place: Any = document
        for step in path[:-1]:
            place = place[step]
        del place[path[-1]]

    return edit


FEATURE = ("spec", "features", 0)
# what is planted, and a word that both must say of it
REFUSED: list[tuple[str, Edit, str]] = [
    ("no project", without("spec", "project"), "project"),
    ("no feature", at("spec", "features", to=[]), "features"),
    ("a dtype that is none", at(*FEATURE, "dtype", to="int46"), "dtype"),
    ("an entity of a type Feast takes not", at("spec", "entities", 0, "type", to="float"), "type"),
    ("a name with a blank", at(*FEATURE, "name", to="total sessions"), "name"),
    ("a function that is none", at(*FEATURE, "transform", to="cout(session_id) over window(30d)"), "transform"),
    ("a window without a unit", at(*FEATURE, "transform", to="count(session_id) over window(30)"), "transform"),
    ("a mean that is a whole number", at("spec", "features", 1, "dtype", to="int64"), "avg and stddev give"),
    ("a count that is a text", at(*FEATURE, "dtype", to="string"), "give a number"),
    (
        "a range of texts",
        at(
            "spec",
            "features",
            0,
            to={
                "name": "device",
                "dtype": "string",
                "source": "e",
                "transform": "last(device) over window(1d)",
                "range": {"min": 1},
            },
        ),
        "only a number has a range",
    ),
    ("values of a number", at(*FEATURE, "allowed", to=["1"]), "only a string has allowed values"),
    ("a range upside down", at(*FEATURE, "range", to={"min": 1, "max": 0}), "min is greater than max"),
    ("a share in per cent", at("spec", "validation", "null_threshold", to=5), "null_threshold"),
    (
        "a feature twice",
        lambda document: document["spec"]["features"].append(document["spec"]["features"][0]),
        "uplicate",
    ),
    ("a feature named like the key", at(*FEATURE, "name", to="user_id"), "a feature has the name of an entity"),
    ("a feature named like the time", at(*FEATURE, "name", to="event_timestamp"), "the name of timestampColumn"),
    ("a life without a unit", at("spec", "ttl", to="30"), "ttl"),
    ("a schedule of a word", at("spec", "batchSchedule", to="@daily"), "batchSchedule"),
    ("a stream without a time", without("spec", "stream", "timestampField"), "timestampField"),
    (
        "a name in capitals",
        at("metadata", "name", to="a-name-that-is-far-too-long-to-become-a-path-and-a-label"),
        "metadata.name",
    ),
]


def planted(edit: Edit) -> dict[str, Any]:
    document = copy.deepcopy(SAMPLE)
    edit(document)
    return document


def said(document: dict[str, Any]) -> list[str]:
    """What presync says of it, fields included."""
    found = collect(platform({"resources": [CRD, document]}))
    return [f"{one.field} {one.message}" for one in found if one.resource.startswith("FeatureSet")]


def test_the_sample_works_as_it_stands() -> None:
    assert said(SAMPLE) == []


@pytest.mark.parametrize(("edit", "word"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_refused_before_the_merge(edit: Edit, word: str) -> None:
    found = said(planted(edit))
    assert any(word in one for one in found), found


def test_an_unknown_field_is_told() -> None:
    found = said(planted(at(*FEATURE, "nulable", to=False)))
    assert any("nulable" in one for one in found), found


def test_defaults_keep_the_short_form_short() -> None:
    schema = CRD["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    document = planted(without("spec", "validation"))
    spec = defaulted(schema, document)["spec"]
    assert (spec["timestampColumn"], spec["ttl"]) == ("event_timestamp", "30d")
    assert spec["validation"] == {"null_threshold": 0.01, "drift_threshold": 0.1, "freshness_threshold": "26h"}
    assert spec["features"][0]["nullable"] is True
    words = yaml.safe_load((ROOT / "charts/feature-store/files/dialect.yaml").read_text("utf-8"))["defaults"]
    assert words["validation"] == spec["validation"]


@pytest.mark.oracle
@pytest.mark.xdist_group("controlplane")
def test_the_api_server_says_the_same(kubernetes: ControlPlane) -> None:
    documents = [SAMPLE, *(planted(edit) for _, edit, _ in REFUSED)]
    verdicts = list(dryrun.dry_run(kubernetes, [of_object(CRD), *map(of_object, documents)]))[1:]
    assert verdicts[0].accepted, verdicts[0].answer.message
    for (name, _, word), verdict in zip(REFUSED, verdicts[1:], strict=True):
        assert not verdict.accepted, name
        assert word in verdict.answer.message, (name, verdict.answer.message)
