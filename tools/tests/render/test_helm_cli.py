"""In-process Helm against the real program, on charts full of odd things and on the charts of this repository."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from presync.render import apis
from tests.render.cli_cases import CASES, Case
from tests.render.support import ROOT, HelmResult, Repo, application, copied, helm_template

NASTY = Path(__file__).parent / "nasty"
ENVIRONMENTS = sorted(path.parent for path in ROOT.glob("envs/*/globals.yaml"))
CHARTS = sorted(path.parent for path in ROOT.glob("charts/*/Chart.yaml"))


def lines(objects: list[dict[str, Any]]) -> list[str]:
    """Each object as one line; of an object that comes twice the last stays, as in Argo CD."""
    found: dict[tuple[str, str, str], str] = {}
    for one in objects:
        key = (str(one.get("apiVersion")), str(one.get("kind")), str((one.get("metadata") or {}).get("name")))
        found.pop(key, None)
        found[key] = json.dumps(one, sort_keys=True)
    return list(found.values())


def compare(rendered: Any, real: HelmResult) -> None:
    """The same objects in the same order, or an error with the same words."""
    if real.error:
        assert rendered.error, f"Helm refused: {real.error}"
        assert _comparable(rendered.error) in _comparable(real.error)
        return
    assert not rendered.error, rendered.error
    assert not rendered.unavailable, rendered.unavailable
    mine = lines([dict(one.data) for one in rendered.resources])
    theirs = lines(real.objects)
    assert mine == theirs


def _comparable(text: str) -> str:
    """Error text without the paths that differ by where a program ran."""
    return " ".join(word.rsplit("/", 1)[-1] for word in text.split())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_nasty_chart(case: Case, repo: Repo, helm: str, tmp_path: Path) -> None:
    copied(NASTY, repo.root / "charts")
    files = {f"charts/main/{name}": text for name, text in case.files.items()}
    if not case.helm.get("values") and not case.helm.get("valuesObject"):
        repo.write(files)
    else:
        repo.write({path: text for path, text in files.items() if not path.endswith("inline.yaml")})
    app = application("nasty", case.namespace, path="charts/main", helm=case.helm)
    rendered = repo.render(app)
    work = copied(repo.root / "charts", tmp_path / "work")
    for name, text in case.files.items():
        (work / "main" / name).write_bytes(text.encode())
    real = helm_template(
        helm,
        work / "main",
        "nasty",
        case.namespace,
        arguments=case.arguments,
        api_versions=apis.for_application("1.36", app, ()),
        crds=case.crds,
    )
    compare(rendered, real)


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda path: path.name)
@pytest.mark.parametrize("chart", CHARTS, ids=lambda path: path.name)
def test_charts_of_this_repository(chart: Path, environment: Path, repo: Repo, helm: str, tmp_path: Path) -> None:
    for name in ("charts", "envs"):
        copied(ROOT / name, repo.root / name)
    work = copied(repo.root, tmp_path / "work")
    values = [environment / "globals.yaml", environment / chart.name / "values.yaml"]
    given = [path.relative_to(ROOT).as_posix() for path in values if path.is_file()]
    cases = [given, *([given[0], path.relative_to(ROOT).as_posix()] for path in sorted(chart.glob("ci/*-values.yaml")))]
    for names in cases:
        app = application("app", "apps", path=f"charts/{chart.name}", helm={"valueFiles": [f"/{one}" for one in names]})
        arguments = [part for one in names for part in ("--values", str(work / one))]
        real = helm_template(
            helm,
            work / "charts" / chart.name,
            "app",
            "apps",
            arguments=arguments,
            api_versions=apis.for_application("1.36", app, ()),
        )
        compare(repo.render(app), real)
