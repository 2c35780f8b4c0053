"""A source is rendered by a config management plugin, which presync does not run.

Bad:

    source:
      plugin: {name: my-plugin}

Good:

    # presync.yaml
    externals:
      - repoURL: https://git.example.com/mlops/legacy.git
        why: rendered by a plugin, checked by its own pipeline
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "ARG033"
NAME = "plugin-unsupported"
SEVERITY = Severity.ERROR
UNDETERMINED = True
KINDS = ("plugin-unsupported",)
