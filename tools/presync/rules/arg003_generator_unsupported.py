"""A generator, or a feature of one, that presync cannot do offline.

Pull requests, SCM providers, plugins and cluster decisions ask a service. What they would give can be recorded in a
file that `generators:` in presync.yaml names; clusters in the one that `clusters:` names.

Bad:

    generators:
      - pullRequest:
          github: {owner: example, repo: app}

Good:

    # presync.yaml
    generators: tests/generators.yaml
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "ARG003"
NAME = "generator-unsupported"
SEVERITY = Severity.ERROR
UNDETERMINED = True
KINDS = ("generator-unsupported",)
