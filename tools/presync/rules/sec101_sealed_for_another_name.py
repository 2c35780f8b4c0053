"""A SealedSecret was sealed for another name, namespace or scope than it has, or holds a value copied from another one.

A sealed value is bound to the place it was sealed for. After a rename, a move or a copy the controller cannot open it,
and no Secret appears. What presync seals carries a record of that place. Where there is none, a copy still shows: no
two encryptions give the same text.

Bad:

    kind: SealedSecret
    metadata:
      name: redis-auth-new
      annotations:
        presync.example.com/sealed-for: strict:redis-dev/redis-auth

Good:

    kind: SealedSecret
    metadata:
      name: redis-auth
      annotations:
        presync.example.com/sealed-for: strict:redis-dev/redis-auth
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.rules.model import Match, Path
from presync.rules.sealed_secrets import copies, sealed_secrets
from presync.seal.scope import ANNOTATIONS, Binding, Scope
from presync.seal.sealed import SealedSecret

ID = "SEC101"
NAME = "sealed-for-another-name"
SEVERITY = Severity.ERROR

_REMEDY = "Give it back the place it was sealed for, or seal the values again for this one (presync seal)."
_COPIED = "Only the original can be opened. Seal the value again for this place (presync seal)."


def check(platform: Platform) -> Iterator[Match]:
    """Every record against the place of its SealedSecret, then the copies that no record explains."""
    explained: set[tuple[int, str]] = set()
    for entry, resource, sealed in sealed_secrets(platform):
        record = sealed.record
        if record.binding is None or record.binding == sealed.binding:
            continue
        explained |= {(id(resource), key) for key, value in sealed.encrypted.items() if record.known(key, value)}
        path, what = _difference(record.binding, sealed)
        yield Match(f"was sealed for {record.binding.words}, but it is {what}", _REMEDY, entry, resource, path)
    for copy in copies(platform):
        if (id(copy.resource), copy.key) not in explained:
            message = f"the value of {copy.key} is the same text as in {', '.join(copy.others)}"
            path = ("spec", "encryptedData", copy.key)
            yield Match(message, _COPIED, copy.entry, copy.resource, path, key=copy.key)


def _difference(recorded: Binding, sealed: SealedSecret) -> tuple[Path, str]:
    """The field that differs, and what it makes of the SealedSecret."""
    if recorded.scope is not sealed.scope:
        own = () if sealed.scope is Scope.STRICT else (ANNOTATIONS[sealed.scope],)
        return ("metadata", "annotations", *own), f"declared {sealed.scope} (sealed {recorded.scope})"
    if recorded.namespace != sealed.namespace:
        place = f"in the namespace {sealed.namespace}" if sealed.namespace else "without a namespace"
        return ("metadata", "namespace"), f"{sealed.name} {place}"
    return ("metadata", "name"), f"called {sealed.name}"
