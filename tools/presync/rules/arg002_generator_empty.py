"""A generator yields no parameters.

An ApplicationSet that no longer generates an Application deletes it, with everything it deployed unless the set
preserves resources. A path that moved or a typo in it looks the same as "there are none".

Bad:

    generators:
      - git:
          files:
            - path: env/dev/*/app.yaml

Good:

    generators:
      - git:
          files:
            - path: envs/dev/*/app.yaml
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "ARG002"
NAME = "generator-empty"
SEVERITY = Severity.WARNING
KINDS = ("generator-empty",)
