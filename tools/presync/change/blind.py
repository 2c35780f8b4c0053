"""Applications of which neither state could be rendered, so that comparing them says nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator

from presync.argocd.model import Application
from presync.change.model import Change
from presync.platform.model import Entry

_SHOWN = 5


def unrendered(change: Change) -> list[tuple[Entry, Entry]]:
    """Those that both states have and neither could be rendered of; not what presync.yaml leaves out on purpose."""
    before = {(one.application.namespace, one.name): one for one in change.base.entries}
    pairs = ((before.get((one.application.namespace, one.name)), one) for one in change.head.entries)
    return [(old, new) for old, new in pairs if old is not None and _dark(old) and _dark(new)]


def unsure(change: Change) -> list[str]:
    """Those of them that may change all the same.

    Where Argo CD itself fails in both states nothing reaches the cluster. What presync has not got, such as a remote
    chart, is the same in both if nobody touched the Application nor a file that it names, and no version differs.
    """
    other_versions = change.base.settings != change.head.settings
    touched = {one.entry.name for one in change.applications}
    return [
        new.name
        for old, new in unrendered(change)
        if not (old.rendered.error and new.rendered.error)
        and (other_versions or new.name in touched or any(_names(new.application, file) for file in change.files))
    ]


def notes(change: Change) -> Iterator[str]:
    """What a reader must know of them."""
    names = [new.name for _, new in unrendered(change)]
    if names:
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        listed = ", ".join(names[:_SHOWN]) + more
        yield f"rendered in neither state, so nothing is known of what changes there: {listed} (presync check says why)"


def _names(application: Application, file: str) -> bool:
    """Whether the Application may read a file: it lies in a folder of a source, or its name stands in the spec."""
    folders = [source.path.strip("/") for source in application.sources if source.path]
    if any(folder in (".", "") or file.startswith(f"{folder}/") for folder in folders):
        return True
    return file in json.dumps(application.spec, default=str)


def _dark(entry: Entry) -> bool:
    return bool(entry.rendered.error or (entry.rendered.unavailable and not entry.rendered.external))
