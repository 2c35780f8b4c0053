"""Which field a message is about."""

from __future__ import annotations

from typing import Any

import pytest

from presync.policy.fields import field_of
from presync.policy.model import Violation

SET = {
    "metadata": {"name": "user-features"},
    "spec": {
        "features": [{"name": "share", "range": {"max": 0.5}}],
        "validation": {"null_threshold": 0.25, "drift_threshold": 0.5},
    },
}
POD = {
    "metadata": {"name": "web"},
    "spec": {"containers": [{"name": "server", "image": "redis:8"}, {"name": "image", "image": "redis:8.2"}]},
}


@pytest.mark.parametrize(
    ("data", "message", "path"),
    [
        # The limit stands in another field, and the value in a third.
        (SET, "drift_threshold is 0.5, at most 0.25 is allowed", ("spec", "validation", "drift_threshold")),
        (SET, "0.25 is too much", ("spec", "validation", "null_threshold")),
        (POD, "container server: image redis:8 moves", ("spec", "containers", 0, "image")),
        (POD, "container server has no limits", ("spec", "containers", 0)),
        (POD, "nothing of it", ()),
    ],
)
def test_mentioned(data: dict[str, Any], message: str, path: tuple[str | int, ...]) -> None:
    assert field_of(data, Violation(message)) == path


def test_given() -> None:
    found = field_of(POD, Violation("container server: 0.25", {"path": "spec.containers[1].resources.limits.memory"}))
    assert found == ("spec", "containers", 1, "resources")
