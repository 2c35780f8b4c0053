"""The dashboards: generated, laid out without holes, their links lead somewhere, and their queries are PromQL."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboards.boards import boards, documents

from . import promtool
from .promtool import ENVIRONMENTS, ROOT

UIDS = {
    "platform-overview", "feature-store", "feast-server", "airflow", "redis", "data-pipeline",
    "kubernetes", "nodes", "argocd",
}  # fmt: skip
INTERVALS = {"$__rate_interval": "2m", "$__interval": "30s", "$__range": "6h"}


def rendered_dashboards(rendered: Path, environment: str) -> dict[str, dict[str, Any]]:
    """As Grafana mounts them, by the name of the file."""
    return {
        name: json.loads(text)
        for _, one in promtool.documents(rendered, environment)
        if one["kind"] == "ConfigMap" and one["metadata"]["name"].startswith("grafana-dashboards-")
        for name, text in one["data"].items()
    }


def constants(board: dict[str, Any]) -> dict[str, str]:
    """Variables and what Grafana would put in at first."""
    return {
        f"${one['name']}": one["query"] if one["type"] == "constant" else ".*"
        for one in board["templating"]["list"]
        if one["type"] != "datasource"
    }


def queries(board: dict[str, Any]) -> list[tuple[str, str]]:
    """Title of the panel and query, with the variables filled in."""
    values = {**INTERVALS, **constants(board)}
    found = []
    for panel in board["panels"]:
        for target in panel.get("targets", ()):
            expr = re.sub(r"\$\w+", lambda match: values[match[0]], target["expr"])
            found.append((panel["title"], expr))
    return found


def test_the_files_are_what_is_generated() -> None:
    """`python -m dashboards` in tools/ writes them."""
    expected = dict(documents(ROOT))
    folder = ROOT / "charts" / "kube-prometheus-stack" / "dashboards"
    assert {path.name for path in folder.iterdir()} == {path.name for path in expected}
    for path, text in expected.items():
        assert path.read_text("utf-8") == text, f"{path.name} is out of date"


def test_all_dashboards_are_there() -> None:
    assert {board.uid for board in boards()} == UIDS
    assert len({board.title for board in boards()}) == len(UIDS)


@pytest.mark.parametrize("board", boards(), ids=lambda board: board.uid)
def test_layout(board: Any) -> None:
    """Ids are unique, nothing overlaps or leaves the 24 columns, and numbers come before trends."""
    made = json.loads(board.as_json())
    ids = [panel["id"] for panel in made["panels"]]
    assert len(ids) == len(set(ids))
    taken: set[tuple[int, int]] = set()
    for panel in made["panels"]:
        at = panel["gridPos"]
        assert at["x"] >= 0 and at["x"] + at["w"] <= 24, panel["title"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        taken |= cells
    assert made["panels"][0]["type"] == "row"
    assert [panel["type"] for panel in made["panels"][1:7]] == ["stat"] * 6
    assert made["schemaVersion"] >= 41
    assert not made["editable"]


@pytest.mark.parametrize("board", boards(), ids=lambda board: board.uid)
def test_panels_are_complete(board: Any) -> None:
    """A unit, the data source by its variable, names for lines, colours for numbers, and links that lead somewhere."""
    made = json.loads(board.as_json())
    source = next(one for one in made["templating"]["list"] if one["type"] == "datasource")
    assert (source["name"], source["current"]["value"]) == ("datasource", "prometheus")
    for panel in made["panels"]:
        if panel["type"] == "row":
            continue
        title = panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], title
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}, title
        refs = [target["refId"] for target in panel["targets"]]
        assert len(refs) == len(set(refs)), title
        for target in panel["targets"]:
            assert target["datasource"] == panel["datasource"], title
            assert target.get("legendFormat") or panel["type"] in ("stat", "table"), title
        for link in panel.get("links", ()):
            page = re.fullmatch(r"__runbooks__/(\w+)\.md", link["url"])
            other = re.match(r"/d/([\w-]+)\?", link["url"])
            assert page or other, link
            if page:
                assert (ROOT / "docs" / "runbooks" / f"{page[1]}.md").is_file(), link
            if other:
                assert other[1] in UIDS - {board.uid}, link
    defined = {f"${one['name']}" for one in made["templating"]["list"]} | set(INTERVALS)
    for panel in made["panels"]:
        for target in panel.get("targets", ()):
            used = set(re.findall(r"\$\w+", target["expr"]))
            assert used <= defined, f"{panel['title']}: {used - defined}"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_each_environment_gets_its_own(rendered: Path, environment: str) -> None:
    found = rendered_dashboards(rendered, environment)
    owned = UIDS if environment == "prod" else UIDS - {"nodes"}  # of the environment that runs node-exporter
    assert {name.removesuffix(".json") for name in found} == owned
    other = next(one for one in ENVIRONMENTS if one != environment)
    for name, board in found.items():
        text = json.dumps(board)
        assert board["title"].endswith(f"({environment})")
        assert board["uid"] == name.removesuffix(".json")
        assert not re.search(r"__(?!rate_interval|interval|range|all|url_time_range|name)[a-z.A-Z]+__", text)
        assert not re.search(rf"-{other}\b", text), f"{name} speaks of {other}"


def test_a_panel_of_every_alert(rendered: Path) -> None:
    """Whoever gets an alert finds what it measures. Those on the stack itself have their links in the alert alone."""
    shown = {alert for board in boards() for row in board.rows for panel in row.panels for alert in panel.alerts}
    there = {rule["alert"] for one in ENVIRONMENTS for _, rule in promtool.alerts(promtool.groups(rendered, one))}
    assert shown <= there
    without = {name for name in there - shown if name.startswith(("Feast", "Feature", "Redis", "Airflow", "Pipeline"))}
    assert not without


def test_links_of_alerts_to_dashboards(rendered: Path) -> None:
    for environment in ENVIRONMENTS:
        for _, rule in promtool.alerts(promtool.groups(rendered, environment)):
            url = rule["annotations"].get("dashboard_url")
            assert url is None or url.rpartition("/d/")[2] in UIDS, url


@pytest.mark.oracle
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_promtool_reads_every_query(rendered: Path, tmp_path: Path, environment: str) -> None:
    """As rules, because that is what promtool checks: it parses them and sees that types fit."""
    tool = promtool.program("promtool")
    if promtool.too_old(tool):
        pytest.skip(f"NOT TRIED: {tool} is older than Prometheus 3; run tools/fetch_prometheus.py")
    groups = []
    for name, board in rendered_dashboards(rendered, environment).items():
        rules = [
            {"record": f"panel:{index}", "expr": expr, "labels": {"panel": title}}
            for index, (title, expr) in enumerate(queries(board))
        ]
        groups.append({"name": name, "rules": rules})
    path = tmp_path / "queries.yaml"
    path.write_text(yaml.safe_dump({"groups": groups}), "utf-8")
    assert not (said := promtool.check(tool, [path])), said
