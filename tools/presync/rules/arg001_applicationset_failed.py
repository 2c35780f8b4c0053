"""An ApplicationSet fails as a whole, so it generates nothing.

Argo CD reads all generators and fills in the template for every parameter set; one failure stops the set. Nothing
is created, changed or deleted until it is corrected, and nobody is told but the status of the ApplicationSet.

Bad:

    goTemplateOptions: ["missingkey=error"]
    template:
      metadata:
        name: "{{ .nmae }}"

Good:

    goTemplateOptions: ["missingkey=error"]
    template:
      metadata:
        name: "{{ .name }}"
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "ARG001"
NAME = "applicationset-failed"
SEVERITY = Severity.ERROR
KINDS = ("applicationset-failed",)
