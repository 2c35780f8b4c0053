"""The table of Applications fits the terminal, and says everything in a pipe."""

from __future__ import annotations

import pytest

from presync.argocd.model import Application, Origin
from presync.base.finding import Location
from presync.platform.model import Entry
from presync.render.model import RenderedApplication
from presync.report.applications import render

SPEC = {
    "project": "dev",
    "destination": {"server": "https://kubernetes.default.svc", "namespace": "redis-dev"},
    "source": {"repoURL": "https://git.example.com/a.git", "path": "charts/redis", "targetRevision": "main"},
    "syncPolicy": {"automated": {"prune": True, "selfHeal": True}},
}
ENTRY = Entry(
    RenderedApplication(Application({"metadata": {"name": "redis-dev"}, "spec": SPEC}, Origin(Location("a.yaml", 1)))),
    "dev",
)


@pytest.mark.parametrize(
    ("width", "columns"),
    [
        (0, ["APPLICATION", "ENV", "PROJECT", "DESTINATION", "SOURCE", "SYNC"]),
        (200, ["APPLICATION", "ENV", "PROJECT", "DESTINATION", "SOURCE", "SYNC"]),
        (80, ["APPLICATION", "ENV", "DESTINATION", "SOURCE", "SYNC"]),
        (62, ["APPLICATION", "ENV", "DESTINATION", "SOURCE"]),
        (40, ["APPLICATION", "ENV", "SOURCE"]),
    ],
)
def test_width(width: int, columns: list[str]) -> None:
    shown = render([ENTRY], "table", width).splitlines()
    assert shown[0].split() == columns
    assert not width or max(map(len, shown)) <= width
