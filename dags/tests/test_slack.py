"""Slack: said once, with the reason; the webhook nowhere; Slack being down hides nothing."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
import support

from mlops_lib import slack as alerts
from mlops_lib.errors import DataRefusedError


def context(error: Exception) -> dict[str, Any]:
    instance = SimpleNamespace(
        dag_id="data_pipeline_daily_dev", task_id="build_features", try_number=1, log_url="https://airflow/log",
        rendered_map_index="user-features",
    )  # fmt: skip
    return {
        "ti": instance,
        "dag_run": SimpleNamespace(run_id="scheduled__2026"),
        "exception": error,
        "data_interval_start": support.END - support.DAY,
        "data_interval_end": support.END,
    }


def test_the_message_says_what_failed_why_and_where(slack: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("MLOPS_RUNBOOK_BASE", "https://git.example.com/runbooks")
    alerts.on_failure(context(DataRefusedError("user-features", ["a < b & <!channel>"])))
    [(path, body)] = slack.received
    text = json.loads(body)["text"]
    assert path == "/services/T000/B000/verysecret"
    assert "*data_pipeline_daily_dev* · build_features failed (dev)" in text
    assert "Feature set: user-features" in text
    assert "a &lt; b &amp; &lt;!channel&gt;" in text
    assert "Run: scheduled__2026, try 1" in text
    assert "2026-11-20T17:00:00+00:00 to 2026-11-21T17:00:00+00:00" in text
    assert "<https://airflow/log|Log>" in text


def test_an_error_that_quotes_the_webhook_does_not_get_out(slack: Any) -> None:
    alerts.on_failure(context(ValueError(f"cannot reach {slack.webhook}")))
    assert "verysecret" not in slack.received[0][1]


def test_a_long_error_is_cut(slack: Any) -> None:
    alerts.on_failure(context(ValueError("x" * 100_000)))
    assert len(slack.received[0][1]) < 5000


@pytest.mark.parametrize(
    "webhook",
    [
        "http://127.0.0.1:9/services/verysecret",
        "http://example.com/services/verysecret",
        "https://[verysecret",
        "https://127.0.0.1:port/verysecret",
        "verysecret",
        "https://hooks.slack.invalid\n/verysecret",
        "",
    ],
)
def test_slack_that_cannot_be_reached_is_logged_without_the_webhook(
    webhook: str, tmp_path: Any, monkeypatch: Any, caplog: Any, capsys: Any
) -> None:
    caplog.set_level("DEBUG")
    file = tmp_path / "url"
    file.write_text(webhook, encoding="utf-8")
    monkeypatch.setenv("MLOPS_SLACK_WEBHOOK_FILE", str(file))
    alerts.on_failure(context(ValueError("the task's own reason")))
    said = caplog.text + "".join(capsys.readouterr())
    assert "[DP] the failure was not reported to Slack" in said
    assert "verysecret" not in said
    assert not any(record.exc_info for record in caplog.records)


@pytest.mark.parametrize("status", [302, 404, 500])
def test_an_answer_that_is_no_success(status: int, slack: Any, caplog: Any) -> None:
    slack.status = status
    alerts.on_failure(context(ValueError("x")))
    assert f"Slack answered {status}" in caplog.text
    assert len(slack.received) == 1
    assert "verysecret" not in caplog.text


def test_without_a_webhook_the_task_still_fails_with_its_own_reason(monkeypatch: Any, caplog: Any) -> None:
    monkeypatch.setenv("MLOPS_SLACK_WEBHOOK_FILE", "/nonexistent/url")
    alerts.on_failure(context(ValueError("x")))
    assert "cannot read /nonexistent/url" in caplog.text
    # Whatever Airflow hands over.
    alerts.on_failure({})
