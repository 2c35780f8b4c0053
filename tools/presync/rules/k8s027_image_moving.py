"""An image has no tag, or one that somebody moves.

What runs then depends on when the node pulled it: two replicas may differ, and a revert in git brings nothing back.

Bad:

    image: registry.example.com/web:latest

Good:

    image: registry.example.com/web:1.4.2
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.argocd.sync import is_applied
from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.rules.model import Match
from presync.rules.pods import pods

ID = "K8S027"
NAME = "image-moving"
SEVERITY = Severity.WARNING
_MOVING = frozenset(
    ["latest", "main", "master", "edge", "nightly", "dev", "develop", "devel", "head", "canary", "stable", "snapshot"]
)


def check(platform: Platform) -> Iterator[Match]:
    """Every image that is not pinned; one finding for an image, however many containers use it."""
    for pod in pods(platform):
        if not is_applied(pod.resource.annotations):
            continue  # a test of a chart, which Argo CD never runs
        for path, container in pod.containers():
            image = container.get("image")
            if not isinstance(image, str) or not image or "@" in image:
                continue
            tag = image.rpartition("/")[2].partition(":")[2]
            if tag and tag.lower() not in _MOVING:
                continue
            what = f"tag {tag}, which moves" if tag else "no tag, which means latest"
            yield Match(
                f"image {image} has {what}",
                "Name a version, or better a digest.",
                pod.entry,
                pod.resource,
                (*path, "image"),
                cause=image,
                quote=tag,
            )
