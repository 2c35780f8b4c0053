"""A file of the tree cannot be read: too large, gone, or a link that leads out of the repository.

Bad:

    # a 50 MB YAML file among the manifests

Good:

    # presync.yaml
    exclude:
      - data/*.yaml
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "PRE004"
NAME = "file-unreadable"
SEVERITY = Severity.ERROR
UNDETERMINED = True
KINDS = ("file-unreadable",)
