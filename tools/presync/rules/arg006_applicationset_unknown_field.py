"""An ApplicationSet has a field that Argo CD of the configured version does not know.

The API server drops what its schema does not have, or refuses the object where it is applied strictly. Either way
the setting has no effect. What a `templatePatch` sets is looked at too: nobody refuses that.

Bad:

    spec:
      syncPolicy:
        preserveResourceOnDeletion: true

Good:

    spec:
      syncPolicy:
        preserveResourcesOnDeletion: true
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "ARG006"
NAME = "applicationset-unknown-field"
SEVERITY = Severity.ERROR
KINDS = ("applicationset-unknown-field",)
