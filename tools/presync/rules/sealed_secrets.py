"""The SealedSecrets of a platform and the certificates that lie beside them; for the rules about both."""

from __future__ import annotations

import itertools
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from presync.base.errors import PresyncError
from presync.platform.memo import memo
from presync.platform.model import Entry, Platform
from presync.render.model import Resource
from presync.seal.keys import read_certificates
from presync.seal.place import CERTIFICATE, nearest_in
from presync.seal.record import digest
from presync.seal.sealed import SealedSecret, is_sealed_secret
from presync.tree import TreeError

MAX_OTHERS = 5  # that a message names


def sealed_secrets(platform: Platform) -> Iterator[tuple[Entry, Resource, SealedSecret]]:
    """Every SealedSecret that an Application renders, with the namespace it will have."""
    for entry, resource in platform.resources():
        if is_sealed_secret(resource.data):
            yield entry, resource, SealedSecret(resource.data, resource.namespace)


@dataclass(frozen=True, slots=True)
class Copy:
    """A value that stands in SealedSecrets which differ in what they are bound to: no two encryptions are equal."""

    entry: Entry
    resource: Resource
    key: str
    others: tuple[str, ...]  # some SealedSecrets that have it too


def copies(platform: Platform) -> tuple[Copy, ...]:
    """Every value that is a copy. The original is left out where records and certificates tell which one that is."""
    return memo(platform, "copied-secrets", lambda one: tuple(_copies(one)))


def _copies(platform: Platform) -> Iterator[Copy]:
    places: dict[str, list[tuple[Entry, Resource, SealedSecret, str]]] = {}
    for entry, resource, sealed in sealed_secrets(platform):
        for key, ciphertext in sealed.encrypted.items():
            if isinstance(ciphertext, str) and ciphertext:
                places.setdefault(digest(ciphertext), []).append((entry, resource, sealed, key))
    for same in places.values():
        bindings = [sealed.binding for _, _, sealed, _ in same]
        if len(set(bindings)) < 2:
            continue
        own = {sealed.binding for _, resource, sealed, key in same if _is_at_home(platform, resource, sealed, key)}
        distinct = {(str(sealed), binding) for (_, _, sealed, _), binding in zip(same, bindings, strict=True)}
        names = sorted(distinct, key=lambda one: one[0])
        for (entry, resource, _, key), binding in zip(same, bindings, strict=True):
            if own != {binding}:
                others = (name for name, other in names if other != binding)
                yield Copy(entry, resource, key, tuple(itertools.islice(others, MAX_OTHERS)))


def _is_at_home(platform: Platform, resource: Resource, sealed: SealedSecret, key: str) -> bool:
    """Whether the record says that it was sealed for this place, with a certificate that this place has."""
    record = sealed.record
    known = record.known(key, sealed.encrypted[key])
    if known is None or record.binding != sealed.binding:
        return False
    files = certificate_files(platform)
    nearest = nearest_in(files, resource.source.file)
    if nearest is None:
        return True
    try:
        return known.certificate in {one.fingerprint for one in read_certificates(platform.tree.read(nearest), nearest)}
    except (PresyncError, TreeError):
        return True  # SEC104 tells


def certificate_files(platform: Platform) -> list[str]:
    """The ``sealed-secrets.pem`` files of the tree."""
    return [path for path in platform.tree.paths if posixpath.basename(path) == CERTIFICATE]
