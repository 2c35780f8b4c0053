"""Nothing tells what a SealedSecret, or a value in it, was sealed for.

A sealed value looks the same whatever it is bound to. `presync seal` leaves a record beside it, kubeseal does not; so
a rename, a move or a wrong certificate shows only in the cluster. A value that is not the recorded one was replaced by
something other than presync, and a record that cannot be read was edited by hand: these two are warnings.

Bad:

    kind: SealedSecret
    metadata:
      name: redis-auth

Good:

    kind: SealedSecret
    metadata:
      name: redis-auth
      annotations:
        presync.example.com/sealed-for: strict:redis-dev/redis-auth
        presync.example.com/sealed-keys: |
          password certificate=1f3a9c0d52b7e864 sealed=2026-11-22 ciphertext=9c1f0b7a5d3e2468
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Entry, Platform
from presync.render.model import Resource
from presync.rules.model import Match
from presync.rules.sealed_secrets import copies, sealed_secrets
from presync.seal.envelope import EnvelopeError, parse
from presync.seal.record import SEALED_FOR, SEALED_KEYS
from presync.seal.sealed import SealedSecret

ID = "SEC103"
NAME = "sealed-secret-unrecorded"
SEVERITY = Severity.INFO

_REMEDY = "Seal the values with presync seal, or let presync rotate do it with the controller's private keys."
_BROKEN = "Take the annotations from git's history, or seal every value again (presync seal --out)."


def check(platform: Platform) -> Iterator[Match]:
    """Every SealedSecret without a record, and every value that its record does not know."""
    copied = {(id(copy.resource), copy.key) for copy in copies(platform)}  # SEC101 tells
    for entry, resource, sealed in sealed_secrets(platform):
        record = sealed.record
        if record.broken:
            path = ("metadata", "annotations", SEALED_KEYS if record.binding else SEALED_FOR)
            message = f"its record is damaged: {record.broken}"
            yield Match(message, _BROKEN, entry, resource, path, severity=Severity.WARNING)
        elif record.binding:
            told = frozenset(key for found, key in copied if found == id(resource))
            yield from _unknown(entry, resource, sealed, told)
        elif sealed.encrypted or sealed.spec.get("data"):
            message = "there is no record of what it was sealed for, so nobody can tell whether it opens here"
            yield Match(message, _REMEDY, entry, resource, ("metadata",))


def _unknown(entry: Entry, resource: Resource, sealed: SealedSecret, told: frozenset[str]) -> Iterator[Match]:
    record = sealed.record
    for key, value in sealed.encrypted.items():
        if key in told or record.known(key, value) or not _is_sealed(value):
            continue
        path = ("spec", "encryptedData", key)
        if key in record.keys:
            message = f"the value of {key} is not the one that was recorded"
            yield Match(message, _REMEDY, entry, resource, path, severity=Severity.WARNING, key=key)
        else:
            message = f"there is no record of the value of {key}"
            yield Match(message, _REMEDY, entry, resource, path, key=key)


def _is_sealed(value: object) -> bool:
    """Anything else is malformed, and SEC102 tells."""
    try:
        return isinstance(value, str) and bool(parse(value))
    except EnvelopeError:
        return False
