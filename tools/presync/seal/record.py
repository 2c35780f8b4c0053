"""The record that presync leaves beside what it seals.

Nothing in a sealed value tells which name and namespace it was sealed for; the controller finds out, in the cluster.
So ``presync seal`` writes two annotations on the SealedSecret (not on the Secret made from it), from which anybody can
see offline that a file was renamed, moved, or patched with a value from elsewhere::

    presync.example.com/sealed-for: strict:redis-dev/redis-auth
    presync.example.com/sealed-keys: |
      password certificate=1f3a9c0d52b7e864 sealed=2026-11-22 ciphertext=9c1f0b7a5d3e2468

They guard against mistakes, not against a person who edits them too; that is what the encryption is for.
"""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from presync.seal.scope import Binding

DOMAIN = "presync.example.com"
SEALED_FOR = f"{DOMAIN}/sealed-for"
SEALED_KEYS = f"{DOMAIN}/sealed-keys"

_LINE = re.compile(
    r"(?P<key>[-._A-Za-z0-9]+) certificate=(?P<certificate>[0-9a-f]{16})"
    r" sealed=(?P<date>\d{4}-\d\d-\d\d) ciphertext=(?P<digest>[0-9a-f]{16})"
)


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """When and with which certificate a key was sealed, and what the result was."""

    certificate: str
    sealed: datetime.date
    digest: str

    def line(self, key: str) -> str:
        """One line of the annotation."""
        return f"{key} certificate={self.certificate} sealed={self.sealed.isoformat()} ciphertext={self.digest}"


@dataclass(frozen=True, slots=True)
class Record:
    """Both annotations. ``binding`` is None where there is no record at all, as in what kubeseal writes."""

    binding: Binding | None = None
    keys: Mapping[str, KeyRecord] = field(default_factory=dict)
    broken: str = ""  # why the annotations cannot be read

    def known(self, key: str, ciphertext: object) -> KeyRecord | None:
        """The record of this very ciphertext."""
        found = self.keys.get(key)
        return found if found and isinstance(ciphertext, str) and found.digest == digest(ciphertext) else None

    def annotations(self) -> dict[str, str]:
        """As they are written, keys in order."""
        lines = "".join(f"{self.keys[key].line(key)}\n" for key in sorted(self.keys))
        return {SEALED_FOR: str(self.binding), SEALED_KEYS: lines}


def digest(ciphertext: str) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of the text, line breaks left out."""
    return hashlib.sha256("".join(ciphertext.split()).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def read_record(annotations: Mapping[str, Any]) -> Record:
    """The record of a SealedSecret; empty where it has none."""
    if SEALED_FOR not in annotations and SEALED_KEYS not in annotations:
        return Record()
    binding = Binding.parse(str(annotations.get(SEALED_FOR, "")))
    if binding is None:
        return Record(broken=f"{SEALED_FOR} is not of the form strict:<namespace>/<name>")
    keys: dict[str, KeyRecord] = {}
    for number, line in enumerate(str(annotations.get(SEALED_KEYS, "")).splitlines(), 1):
        match = _LINE.fullmatch(line.strip())
        try:
            if match is None or match["key"] in keys:
                raise ValueError
            sealed = datetime.date.fromisoformat(match["date"])
        except ValueError:
            return Record(binding, broken=f"line {number} of {SEALED_KEYS} cannot be read")
        keys[match["key"]] = KeyRecord(match["certificate"], sealed, match["digest"])
    return Record(binding, keys)
