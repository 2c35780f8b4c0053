"""The way of an alert, with real programs: a feature server dies, and Slack is told; it comes back, and Slack is told.

Both environments run at once, so that what reaches the wrong one would be seen. How it is done and what differs from a
cluster: tools/monitoring/live.py. PRESYNC_LIVE_REPORT names a file for the seconds that were measured.
"""

from __future__ import annotations

import contextlib
import threading
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest

from controlplane import sandbox
from monitoring.faster import environment as faster_environment
from monitoring.faster import faster, seconds, shorter
from monitoring.live import PASSWORD, Live, attachment, missing, report, title, wait
from monitoring.sink import Sink
from monitoring.tree import render

from . import promtool

ROOT = promtool.ROOT
PROGRAMS = ("prometheus", "alertmanager", "pushgateway", "redis-exporter")
RUNBOOK = "<https://git.example.com/mlops/feature-platform/src/branch/main/docs/runbooks/FeastDown.md|Runbook>"
live = [pytest.mark.live, pytest.mark.oracle, pytest.mark.xdist_group("monitoring-live")]


def skip(reason: str) -> None:
    text = f"NOT TRIED: the live path of alerts: {reason}"
    warnings.warn(pytest.PytestWarning(text), stacklevel=2)
    pytest.skip(text)


@dataclass
class Episode:
    """What happened when one environment's feature server was killed and started again."""

    own: Live
    other: Live
    before: dict[str, Any] = field(default_factory=dict)
    down: list[dict[str, Any]] = field(default_factory=list)
    critical: list[dict[str, Any]] = field(default_factory=list)
    silenced: list[dict[str, Any]] = field(default_factory=list)
    warned: list[dict[str, Any]] = field(default_factory=list)
    after: list[dict[str, Any]] = field(default_factory=list)
    elsewhere: list[dict[str, Any]] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Live]]:
    reason = missing() or sandbox.unavailable()
    if reason:
        skip(reason)
    programs = {name: promtool.program(name if name == "prometheus" else f"prometheus-{name}") for name in PROGRAMS}
    if promtool.too_old(programs["prometheus"]):
        skip("Prometheus is older than the clusters' 3; run tools/fetch_prometheus.py")
    folder = tmp_path_factory.mktemp("live")
    messages = folder / "messages"
    sink = Sink("127.0.0.1", 0, messages)
    threading.Thread(target=sink.serve_forever, daemon=True).start()
    where = f"http://127.0.0.1:{sink.server_address[1]}"
    apps = render(ROOT)
    running = {
        name: Live(
            name, faster_environment(apps, name, where, {"password": PASSWORD}), folder / name, programs, messages
        )
        for name in promtool.ENVIRONMENTS
    }
    try:
        with contextlib.ExitStack() as stack, ThreadPoolExecutor(len(running)) as pool:
            starts = [pool.submit(one.__enter__) for one in running.values()]
            for one, start in zip(running.values(), starts, strict=True):
                if start.exception() is None:
                    stack.push(one)
            for start in starts:
                start.result()
            yield running
    finally:
        sink.shutdown()
        sink.server_close()


@pytest.fixture(scope="module", params=promtool.ENVIRONMENTS)
def episode(request: pytest.FixtureRequest, both: dict[str, Live]) -> Episode:
    """The feature server and, so that one warning is not silenced, the Pushgateway die and come back."""
    own = both[request.param]
    [other] = [one for name, one in both.items() if name != request.param]
    found = Episode(own, other)
    service = {"service": "feast"}
    found.before = {
        "feast": own.alerts(**service) + own.received(about="Feast"),
        "watchdog": wait("Watchdog", lambda: own.alerts(alertname="Watchdog")),
    }
    elsewhere = len(other.received(about="Feast")) + len(other.received(about="TargetDown"))

    killed = time.time()
    own.feast.kill()
    own.servers.stop("pushgateway")
    [first] = wait("FeastDown in Slack", lambda: own.received("critical", "FeastDown"))
    found.seconds["kill to FeastDown in Slack"] = first["at"] - killed
    # Warnings wait longer than the critical alert; the Pushgateway's shows that they do arrive.
    [warned] = wait("TargetDown of the Pushgateway", lambda: own.received("warning", "TargetDown in monitoring"), 120)
    found.seconds["kill to TargetDown of the Pushgateway in Slack"] = warned["at"] - killed
    found.silenced = wait(
        "both warnings about Feast",
        lambda: len(some := own.alerts(severity="warning", **service)) == 2 and some,
    )
    # Several times the group was looked at again, and nothing new was to be told.
    time.sleep(max(0.0, killed + 4 * own.gather_seconds() - time.time()))
    found.critical, found.silenced = (own.alerts(severity=one, **service) for one in ("critical", "warning"))
    found.down, found.warned = own.received("critical", "FeastDown"), own.received("warning")

    own.feast.start()
    own.start_pushgateway()
    wait("feast serve", own.feast.answers, 180)
    answered = time.time()
    resolved = wait("the resolve", lambda: [one for one in own.received("critical", "FeastDown") if _over(one)], 120)
    found.seconds["Feast answers to resolve in Slack"] = resolved[0]["at"] - answered
    wait("the other resolve", lambda: [one for one in own.received("warning", "TargetDown") if _over(one)], 120)
    time.sleep(1.5 * own.gather_seconds())
    found.after = own.received("critical", "FeastDown")
    found.elsewhere = [*other.received(about="Feast"), *other.received(about="TargetDown")][elsewhere:]
    report(proof="live path", environment=own.name, **{name: round(took, 1) for name, took in found.seconds.items()})
    assert not own.servers.ended()
    return found


def _over(message: dict[str, Any]) -> bool:
    return "RESOLVED" in title(message)


class TestLivePath:
    pytestmark = live

    def test_all_was_well_before(self, episode: Episode) -> None:
        assert episode.before["feast"] == []

    def test_the_channel_is_told_once(self, episode: Episode) -> None:
        assert len(episode.down) == 1
        assert [_over(one) for one in episode.after] == [False, True]

    def test_the_message_is_one_of_slack_with_all_that_is_needed(self, episode: Episode) -> None:
        [message] = episode.down
        name = episode.own.name
        assert message["path"] == f"/alertmanager-config-{name}/slack-critical"
        assert message["message"]["channel"] == f"#mlops-{name}-critical"
        shown = attachment(message)
        assert shown["title"] == f"[{name.upper()}] CRITICAL: FeastDown in feast-{name}"
        assert shown["fallback"] == shown["title"]
        assert shown["color"] == "danger"
        assert shown["title_link"].startswith("https://grafana.")
        assert "No feature server answers" in shown["text"]
        assert f"feast-{name}" in shown["text"]
        assert RUNBOOK in shown["text"]
        assert f"matcher=alertname%3DFeastDown&matcher=namespace%3Dfeast-{name}|Silence>" in shown["text"]

    def test_the_resolve_looks_different(self, episode: Episode) -> None:
        shown = attachment(episode.after[-1])
        assert shown["title"] == f"[{episode.own.name.upper()}] RESOLVED: FeastDown in feast-{episode.own.name}"
        assert shown["color"] == "good"
        assert "resolved" in shown["text"]

    def test_a_warning_goes_to_its_channel_with_its_dashboard(self, episode: Episode) -> None:
        name = episode.own.name
        [message] = [one for one in episode.warned if "TargetDown in monitoring" in title(one)]
        assert message["message"]["channel"] == f"#mlops-{name}-warning"
        shown = attachment(message)
        assert shown["title"] == f"[{name.upper()}] WARNING: TargetDown in monitoring-{name}"
        assert shown["title_link"].startswith("https://grafana.")
        assert shown["title_link"].endswith("/d/platform-overview")
        assert "/docs/runbooks/TargetDown.md|Runbook>" in shown["text"]
        assert f"<{shown['title_link']}|Dashboard>" in shown["text"]

    def test_the_critical_alert_silences_the_warnings_of_the_same_thing(self, episode: Episode) -> None:
        [critical] = episode.critical
        names = {one["labels"]["alertname"] for one in episode.silenced}
        assert names == {"FeastInstanceDown", "TargetDown"}
        for one in episode.silenced:
            assert one["status"]["state"] == "suppressed"
            assert one["status"]["inhibitedBy"] == [critical["fingerprint"]]
        feast = f"in feast-{episode.own.name}"
        assert [title(one) for one in episode.warned if feast in title(one)] == []

    def test_the_other_environment_hears_nothing(self, episode: Episode) -> None:
        assert episode.elsewhere == []

    def test_no_message_is_of_the_other_environment(self, episode: Episode) -> None:
        """Not only of these alerts: whatever came during all that time."""
        name = episode.own.name
        for one in episode.own.received():
            assert title(one).startswith(f"[{name.upper()}] ")
            assert one["message"]["channel"].startswith(f"#mlops-{name}-")
        assert all(one["labels"]["environment"] == name for one in episode.own.alerts())

    def test_the_watchdog_reaches_nobody(self, episode: Episode) -> None:
        [watchdog] = episode.before["watchdog"]
        assert watchdog["status"]["state"] == "active"
        assert [one["name"] for one in watchdog["receivers"]] == ["null"]
        assert episode.own.received(about="Watchdog") == []


def test_only_waits_are_shortened() -> None:
    """Whatever else were different would be another rule."""
    for app in render(ROOT):
        for one in app.objects:
            if one["kind"] != "PrometheusRule":
                continue
            rules = [rule for group in one["spec"]["groups"] for rule in group["rules"]]
            quick = [rule for group in faster(one)["spec"]["groups"] for rule in group["rules"]]
            for slow, fast in zip(rules, quick, strict=True):
                waits = {"for", "keep_firing_for"}
                assert {key: slow[key] for key in slow if key not in waits} == {
                    key: fast[key] for key in fast if key not in waits
                }
                assert slow.keys() == fast.keys()


@pytest.mark.parametrize(("text", "expected"), [("2m", 6), ("1h30m", 270), ("10s", 0.5), ("500ms", 0.025)])
def test_durations(text: str, expected: float) -> None:
    assert seconds(shorter(text)) == expected


def test_a_text_that_is_no_duration() -> None:
    with pytest.raises(ValueError, match="not a duration"):
        shorter("soon")
