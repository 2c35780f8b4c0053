"""A FeatureSet breaks a rule in CEL of its CRD.

Structure, types and patterns are checked for every custom resource (K8S001, K8S002 and others). What the CRD says in
`x-kubernetes-validations` is evaluated here, with its defaults filled in, by Google's implementation of CEL, so that
the API server's refusal is seen before the merge. A rule that needs the old object is not asked; one that cannot be
evaluated is said to be undetermined.

Bad:

    features:
      - {name: device, dtype: string, range: {min: 0}}

Good:

    features:
      - {name: device, dtype: string, allowed: [android, ios]}
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Entry, Platform
from presync.platform.schemas.lookup import Custom, schemas
from presync.policy.crd import Asking, Refusal, refusals
from presync.render.model import Resource
from presync.rules.model import Match

ID = "CON013"
NAME = "featureset-refused"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """Every FeatureSet with a CRD."""
    known = schemas(platform)
    with Asking() as asking:
        for entry, resource in platform.resources():
            if resource.kind != "FeatureSet":
                continue
            custom = known.custom(entry.application.destination.cluster, resource)
            if isinstance(custom, Custom) and not custom.declared.converted:
                for refusal in refusals(custom.declared.raw, resource.data, asking):
                    yield _match(entry, resource, refusal, custom.declared.origin)


def _match(entry: Entry, resource: Resource, refusal: Refusal, origin: str) -> Match:
    if not refusal.undetermined:
        key = f"{refusal.path} {refusal.message}"
        return Match(refusal.message, f"The rule stands in {origin}.", entry, resource, refusal.path, key=key)
    return Match(
        f"{refusal.message}: {refusal.undetermined}",
        "Try the object on an API server with --dry-run=server.",
        entry,
        resource,
        refusal.path,
        severity=Severity.WARNING,
        undetermined=True,
        cause=refusal.message,
        key=refusal.message,
    )
