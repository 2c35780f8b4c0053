"""A file is mounted alone from a volume whose `items` do not make it.

The kubelet makes an empty folder in its place, and the program finds no file.

Bad:

    volumeMounts:
      - {name: repo, mountPath: /feast-repo/repo.py, subPath: repo.py}
    volumes:
      - name: repo
        configMap:
          name: feast-repo
          items: [{key: repo.py, path: code/repo.py}]

Good:

    volumeMounts:
      - {name: repo, mountPath: /feast-repo/repo.py, subPath: code/repo.py}
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.argocd.sync import is_applied
from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.platform.references.pods import unmatched_items
from presync.platform.workloads import GROUPS, pod_specs
from presync.rules.model import Match

ID = "REF022"
NAME = "mounted-file-missing"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """Every subPath of a volume with items."""
    for entry, resource in platform.resources():
        if resource.group not in GROUPS or not is_applied(resource.annotations):
            continue
        for pod in pod_specs(resource.data, resource.kind):
            for path, file, made in unmatched_items(pod.spec, pod.path):
                yield Match(
                    f'no item of the volume makes the file "{file}"',
                    f"Files it makes: {', '.join(sorted(made))}.",
                    entry,
                    resource,
                    path,
                    cause=f"{entry.name} {file} {sorted(made)}",
                )
