"""Applications of which neither state could be rendered, so that comparing them says nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator

from presync.argocd.model import Application
from presync.change.model import Change
from presync.platform.model import Entry

_SHOWN = 5
_HELM = "must specify --enable-helm"


def unrendered(change: Change) -> list[tuple[Entry, Entry]]:
    """Those that both states have and neither could be rendered of; not what presync.yaml leaves out on purpose."""
    before = {(one.application.namespace, one.name): one for one in change.base.entries}
    pairs = ((before.get((one.application.namespace, one.name)), one) for one in change.head.entries)
    return [(old, new) for old, new in pairs if old is not None and _dark(old) and _dark(new)]


def unsure(change: Change) -> list[str]:
    """Those of them that may change all the same.

    Where Argo CD itself fails in both states nothing reaches the cluster, unless it is a setting of Argo CD's that
    decides whether it fails. What presync has not got, such as a remote
    chart, is the same in both if nobody touched the Application nor a file that it names, and no version differs.
    """
    other_versions = change.base.settings != change.head.settings
    names = set(_touched(change))
    return [
        new.name
        for old, new in unrendered(change)
        if not (old.rendered.error and new.rendered.error and _HELM not in new.rendered.error)
        and (other_versions or new.name in names)
    ]


def notes(change: Change) -> Iterator[str]:
    """What a reader must know of them: first those that the change touches, all of them."""
    names, here = [new.name for _, new in unrendered(change)], _touched(change)
    if here:
        yield (
            f"this change touches {', '.join(here)}, rendered in neither state: what changes there is not known "
            "(presync check says why)"
        )
    rest = [name for name in names if name not in here]
    if rest:
        more = f" and {len(rest) - _SHOWN} more" if len(rest) > _SHOWN else ""
        listed = ", ".join(rest[:_SHOWN]) + more
        yield f"rendered in neither state, so nothing is known of what changes there: {listed} (presync check says why)"


def _touched(change: Change) -> list[str]:
    """Those that differ themselves, or a file that they may read."""
    changed = {one.entry.name for one in change.applications}
    return [
        new.name
        for _, new in unrendered(change)
        if new.name in changed or any(_names(new.application, file) for file in change.files)
    ]


def _names(application: Application, file: str) -> bool:
    """Whether the Application may read a file: it lies in a folder of a source, or its name stands in the spec."""
    folders = [source.path.strip("/") for source in application.sources if source.path]
    if any(folder in (".", "") or file.startswith(f"{folder}/") for folder in folders):
        return True
    return file in json.dumps(application.spec, default=str)


def _dark(entry: Entry) -> bool:
    return bool(entry.rendered.error or (entry.rendered.unavailable and not entry.rendered.external))
