"""What Go structs do to data, and what the API server refuses."""

from __future__ import annotations

from typing import Any

import pytest

from presync.argocd.appset.gotypes import (
    DecodeError,
    check_json,
    decode,
    dotted,
    encode,
    struct,
    unknown,
    violations,
    without_nulls,
)

SPEC = struct("ApplicationSpec")
SET = struct("ApplicationSetSpec")
PLACE = {"destination": {}, "project": "p"}


def test_dotted() -> None:
    assert dotted(("spec", "generators", 0, "list")) == "spec.generators[0].list"


def test_unknown() -> None:
    data = {"generators": [{"list": {"elements": [{"any": 1}], "x": 1}, "y": 2}], "template": {"spec": {"z": {}}}}
    assert [dotted(path) for path in unknown(SET, data)] == [
        "generators[0].list.x",
        "generators[0].y",
        "template.spec.z",
    ]
    labels = {"metadata": {"labels": {"any": "key"}}}
    assert list(unknown(struct("ApplicationSetTemplate"), labels)) == []


def _type(place: str, name: str, wanted: str) -> str:
    return f'{place}: Invalid value: "{name}": {place} in body must be of type {wanted}: "{name}"'


HYDRATOR = {
    "drySource": {"repoURL": "", "targetRevision": "", "path": ""},
    "syncSource": {"targetBranch": "", "path": ""},
}
SYNC_PATH = "sourceHydrator.syncSource.path"


@pytest.mark.parametrize(
    ("data", "messages"),
    [
        ({**PLACE, "revisionHistoryLimit": 3, "info": [], "syncPolicy": {"automated": {"prune": False}}}, []),
        ({}, ["destination: Required value", "project: Required value"]),
        ({**PLACE, "source": {"repoURL": 3}}, [_type("source.repoURL", "integer", "string")]),
        ({**PLACE, "revisionHistoryLimit": 1.5}, [_type("revisionHistoryLimit", "float64", "int64")]),
        (
            {**PLACE, "source": {"repoURL": "x", "kustomize": {"replicas": [{"name": "a", "count": True}]}}},
            [_type("source.kustomize.replicas[0].count", "boolean", "integer,string")],
        ),
        (
            {**PLACE, "source": {"repoURL": "x", "helm": {"valuesObject": [1], "valueFiles": [None]}}},
            [
                _type("source.helm.valueFiles[0]", "null", "string"),
                _type("source.helm.valuesObject", "array", "object"),
            ],
        ),
        (
            {**PLACE, "sourceHydrator": HYDRATOR},
            [
                f'{SYNC_PATH}: Invalid value: "": {SYNC_PATH} in body should be at least 1 chars long',
                f"{SYNC_PATH}: Invalid value: \"\": {SYNC_PATH} in body should match '^.{{2,}}|[^./]$'",
            ],
        ),
    ],
)
def test_violations(data: dict[str, Any], messages: list[str]) -> None:
    assert [found.message for found in violations(SPEC, data)] == messages


def test_enum() -> None:
    found = list(violations(struct("ApplicationSetSyncPolicy"), {"applicationsSync": "no"}, ("syncPolicy",)))
    assert [one.message for one in found] == [
        (
            'syncPolicy.applicationsSync: Unsupported value: "no": supported values: "create-only", "create-update", '
            '"create-delete", "sync"'
        )
    ]


def test_nulls_go() -> None:
    assert without_nulls({"a": None, "b": [None, {"c": None}]}) == {"b": [None, {}]}


def test_decode_and_encode() -> None:
    data = {
        "project": "",
        "extra": 1,
        "destination": {"namespace": "n", "extra": 1},
        "source": {"helm": {"valueFiles": [], "skipCrds": False, "parameters": [{"name": ""}]}, "path": ""},
        "syncPolicy": {"automated": {"prune": False}, "retry": {"limit": 0, "backoff": {}}, "syncOptions": []},
        "revisionHistoryLimit": 3.0,
    }
    read = decode(SPEC, data)
    assert list(read) == ["source", "destination", "project", "syncPolicy", "revisionHistoryLimit"]
    assert encode(SPEC, read) == {
        "source": {"repoURL": "", "helm": {"parameters": [{}]}},
        "destination": {"namespace": "n"},
        "project": "",
        "syncPolicy": {"automated": {"prune": False}, "retry": {"backoff": {}}},
        "revisionHistoryLimit": 3,
    }


def test_what_is_always_written() -> None:
    assert encode(struct("Application"), {}) == {"metadata": {}, "spec": {"destination": {}, "project": ""}}
    parameter = struct("ApplicationSourcePluginParameter")
    assert encode(parameter, {"array": []}) == {"name": "", "array": []}
    assert encode(parameter, {"string": ""}) == {"name": "", "string": ""}


def test_names_in_any_case() -> None:
    data = {"Source": {"path": "one", "repourl": "x"}, "source": {"path": "two"}}
    assert decode(SPEC, data, fold=True) == {"source": {"repoURL": "x", "path": "two"}}
    assert decode(SPEC, data) == {"source": {"path": "two"}}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (
            {"metadata": {"labels": {"a": True}}},
            "cannot unmarshal bool into Go struct field ObjectMeta.metadata.labels of type string",
        ),
        ({"spec": []}, "cannot unmarshal array into Go struct field Application.spec of type v1alpha1.ApplicationSpec"),
        ([], "cannot unmarshal array into Go value of type v1alpha1.Application"),
    ],
)
def test_check_json(data: Any, words: str) -> None:
    with pytest.raises(DecodeError, match=words.replace("[", "\\[")):
        check_json(struct("Application"), data)
