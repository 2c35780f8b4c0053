"""A file that looks like a manifest of Argo CD is not valid YAML.

Bad:

    kind: Application
    metadata:
      name: redis
       namespace: argocd

Good:

    kind: Application
    metadata:
      name: redis
      namespace: argocd
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "PRE003"
NAME = "yaml-invalid"
SEVERITY = Severity.ERROR
KINDS = ("yaml-invalid",)
