"""The one way a failure gets to Slack, for all DAGs.

The webhook is a secret: whoever has it can post. It is read from a file at the moment of use, it is never part of a
log line, an exception or an XCom, and it is not sent to where a redirect points. Slack being down is logged and nothing
else: the task has failed already, and its own reason is the one to see.
"""

import http.client
import json
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mlops_lib import settings
from mlops_lib.logs import logger

TIMEOUT = 5.0
LONGEST = 2500
LOOPBACK = {"127.0.0.1", "localhost", "::1"}

log = logger(__name__)


def on_failure(context: Mapping[str, Any]) -> None:
    """Airflow's on_failure_callback. Raises nothing."""
    try:
        _post(_webhook(), {"text": message(context)})
    except Exception as error:  # noqa: BLE001 - whatever goes wrong here must not hide the failure of the task
        # The type alone: the texts of such errors quote the address.
        log.error("the failure was not reported to Slack: %s", _harmless(error))
    else:
        log.info("the failure was reported to Slack")


def message(context: Mapping[str, Any]) -> str:
    """What failed, why, and where to look."""
    instance = context.get("ti") or context.get("task_instance")
    run = context.get("dag_run")
    environment = settings.get("environment", "unknown environment", variables=False)
    lines = [
        f":red_circle: *{_field(instance, 'dag_id')}* · {_field(instance, 'task_id')} failed ({_escape(environment)})"
    ]
    error = context.get("exception")
    feature_set = getattr(error, "feature_set", None) or _field(instance, "rendered_map_index", "")
    if feature_set:
        lines.append(f"Feature set: {_escape(feature_set)}")
    lines.append(
        f"Run: {_escape(_field(run, 'run_id') or _field(instance, 'run_id'))}, try {_field(instance, 'try_number')}"
    )
    start, end = context.get("data_interval_start"), context.get("data_interval_end")
    if start and end:
        lines.append(f"Interval: {start.isoformat()} to {end.isoformat()}")
    if error is not None:
        lines.append(f"```{_escape(_without_webhook(str(error)))[:LONGEST]}```")
    if address := getattr(instance, "log_url", None):
        lines.append(f"<{_escape(address)}|Log>")
    runbooks = settings.get("runbook_base", None, variables=False)
    if runbooks:
        lines.append(f"<{_escape(runbooks.rstrip('/'))}/FeatureSetStale.md|Runbook>")
    return "\n".join(lines)


class _SlackError(Exception):
    """A text that names no address."""


def _webhook() -> str:
    file = settings.get("slack_webhook_file", "/opt/airflow/secrets/slack/url", variables=False)
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise _SlackError(f"cannot read {file} ({error.strerror})") from None
    except UnicodeDecodeError:
        raise _SlackError(f"{file} is no text") from None


def _post(webhook: str, body: Mapping[str, Any]) -> None:
    try:
        parts = urlsplit(webhook)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise _SlackError("the webhook is no address") from None
    connection: http.client.HTTPConnection
    if parts.scheme == "https" and host:
        connection = http.client.HTTPSConnection(host, port, timeout=TIMEOUT, context=ssl.create_default_context())
    elif parts.scheme == "http" and host in LOOPBACK:
        connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT)
    else:
        raise _SlackError("the webhook is no https:// address")
    try:
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise _SlackError(f"no connection ({type(error).__name__})") from None
    finally:
        connection.close()
    if status != http.client.OK:
        raise _SlackError(f"Slack answered {status}")


def _harmless(error: Exception) -> str:
    return str(error) if isinstance(error, _SlackError) else type(error).__name__


def _without_webhook(text: str) -> str:
    """In case the failed task has it in its error."""
    try:
        webhook = _webhook()
    except _SlackError:
        return text
    return text.replace(webhook, "***") if webhook else text


def _escape(text: object) -> str:
    """As Slack asks for it: otherwise a text could make links and call people."""
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _field(holder: object, name: str, default: str = "?") -> str:
    value = getattr(holder, name, None)
    return default if value is None else _escape(value)
