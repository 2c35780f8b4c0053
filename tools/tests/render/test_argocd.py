"""What the real Argo CD 3.5.7 made of some three hundred sources, recorded, against the renderer."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from presync.argocd.model import Application
from presync.engine import Engine
from presync.render.model import RenderedApplication
from presync.render.render import render_all
from tests.render.support import URL, Repo, made

HERE = Path(__file__).parent / "cases"
RECORDED: dict[str, Any] = json.loads((HERE / "argocd-3.5.7.json").read_text("utf-8"))
CASES: dict[str, Any] = yaml.safe_load((HERE / "argocd.yaml").read_text("utf-8"))
TRACKING = "argocd.argoproj.io/tracking-id"

DIFFERS = {
    "h-caps": "presync knows the cluster's minor version; Argo CD says the patch version too",
    "o-listitem": "Argo CD shows the object with its tracking annotation",
    "z-jsonnokind": "Argo CD shows the object with its tracking annotation",
    "j-out": "the file may exist beside Argo CD's checkout or not; presync says outside either way",
    "k-ver": "whether argocd-cm registers the version cannot be seen here: presync says so",
}


def _application(name: str) -> Application:
    case = CASES["applications"][name]
    spec: dict[str, Any] = {}
    if "sources" in case:
        spec["sources"] = [{"repoURL": URL, "targetRevision": "main", **one} for one in case["sources"]]
    else:
        spec["source"] = {"repoURL": URL, "targetRevision": "main", **case["source"]}
    return made(name, case.get("namespace", "ns1"), **spec)


@pytest.fixture(scope="module")
def rendered(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> dict[str, RenderedApplication]:
    repo = Repo(tmp_path_factory.mktemp("argocd"), engine)
    repo.write(CASES["files"])
    repo.write({path: base64.b64decode(text) for path, text in CASES["binary"].items()})
    applications = [_application(name) for name in CASES["applications"]]
    return {one.application.name: one for one in render_all(applications, repo.context())}


@pytest.mark.parametrize("name", CASES["applications"])
def test_as_recorded(name: str, rendered: dict[str, RenderedApplication]) -> None:
    real = RECORDED["results"][name]
    mine = rendered[name]
    if name in DIFFERS:
        pytest.skip(DIFFERS[name])
    if "error" in real:
        said = real["error"].replace(f"v{RECORDED['kubernetes']}", "v1.36.0")
        assert mine.error, f"Argo CD refuses: {said}"
        assert mine.error.split("\n")[0] in said
        return
    assert not mine.error, mine.error
    assert not mine.unavailable, mine.unavailable
    assert [_comparable(dict(one.data)) for one in mine.resources] == _kept(real["manifests"])


def _kept(manifests: list[dict[str, Any]]) -> list[str]:
    """The controller drops all but the last of those that are the same object; the API still lists them."""
    found: dict[Any, str] = {}
    for index, one in enumerate(manifests):
        metadata = one.get("metadata") or {}
        key = (one.get("kind"), metadata.get("namespace"), metadata.get("name") or index)
        found.pop(key, None)
        found[key] = _comparable(one)
    return list(found.values())


def _comparable(data: dict[str, Any]) -> str:
    """One line, without what Argo CD adds or hides: the tracking annotation and the content of Secrets."""
    data = json.loads(json.dumps(data))
    metadata = data.get("metadata") or {}
    annotations = metadata.get("annotations") or {}
    annotations.pop(TRACKING, None)
    if not annotations:
        metadata.pop("annotations", None)
    if not metadata:
        data.pop("metadata", None)
    if data.get("kind") == "Secret":
        data.pop("data", None)
        data.pop("stringData", None)
    return json.dumps(data, sort_keys=True)
