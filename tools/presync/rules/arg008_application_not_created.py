"""An ApplicationSet generates an Application that Argo CD does not create.

The name is taken, not a valid name, or the Application is invalid; the others of the set are made all the same, so
the gap is easily overlooked.

Bad:

    template:
      metadata:
        name: "{{ .path.basename }}_dev"

Good:

    template:
      metadata:
        name: "{{ .path.basename }}-dev"
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "ARG008"
NAME = "application-not-created"
SEVERITY = Severity.ERROR
KINDS = ("application-not-created",)
