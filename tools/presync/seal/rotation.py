"""What is due for a new certificate, and sealing it again."""

from __future__ import annotations

import datetime
import enum
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from presync.base.errors import PresyncError
from presync.seal import envelope
from presync.seal.keys import Certificate
from presync.seal.sealed import SealedSecret, put_values, unseal_values

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey


class State(enum.StrEnum):
    """What can be told about a SealedSecret without opening it."""

    CURRENT = "current"
    DUE = "due"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state of a SealedSecret and the reason, for people."""

    state: State
    reason: str


def judge(sealed: SealedSecret, certificate: Certificate, older_than: int | None, today: datetime.date) -> Verdict:
    """Whether every value was sealed with ``certificate``, and not longer than ``older_than`` days ago.

    Only presync leaves a record of that. Without one, the length of the RSA block still tells a key of another size.
    """
    record = sealed.record
    if record.broken:
        return Verdict(State.UNKNOWN, record.broken)
    if not sealed.encrypted:
        old_form = "deprecated form (spec.data)" if sealed.spec.get("data") else "there is no value in it"
        return Verdict(State.UNKNOWN, old_form)
    verdicts = [_judge_key(sealed, key, certificate, older_than, today) for key in sealed.encrypted]
    for state in (State.DUE, State.UNKNOWN):
        found = [verdict.reason for verdict in verdicts if verdict.state is state]
        if found:
            return Verdict(state, found[0] if len(set(found)) == 1 else "; ".join(dict.fromkeys(found)))
    return Verdict(State.CURRENT, f"sealed {min(known.sealed for known in record.keys.values())}")


def _judge_key(
    sealed: SealedSecret, key: str, certificate: Certificate, older_than: int | None, today: datetime.date
) -> Verdict:
    ciphertext = sealed.encrypted[key]
    known = sealed.record.known(key, ciphertext)
    if known is None:
        try:
            bits = len(envelope.parse(str(ciphertext)).session) * 8
        except envelope.EnvelopeError as error:
            return Verdict(State.UNKNOWN, f"{key}: {error}")
        if bits != certificate.key.key_size:
            return Verdict(State.DUE, f"sealed for a key of {bits} bits, not {certificate.key.key_size}")
        return Verdict(State.UNKNOWN, "no record of the certificate: not sealed by presync, or changed since")
    if known.certificate != certificate.fingerprint:
        return Verdict(State.DUE, f"sealed with certificate {known.certificate}")
    age = (today - known.sealed).days
    if older_than is not None and age > older_than:
        return Verdict(State.DUE, f"sealed {age} days ago")
    return Verdict(State.CURRENT, "")


def reseal(
    document: MutableMapping[str, Any],
    keys: Mapping[str, RSAPrivateKey],
    certificate: Certificate,
    today: datetime.date,
) -> None:
    """Open every value and seal it for ``certificate``; name, namespace and scope stay as they are.

    Raises:
        PresyncError: a value that the keys do not open; nothing was changed then.
    """
    sealed = SealedSecret(document)
    if not sealed.encrypted:
        hint = (
            "It uses the deprecated spec.data: seal its values anew, from where they came."
            if sealed.spec.get("data")
            else ""
        )
        raise PresyncError(f"{sealed}: there is no value in spec.encryptedData", hint)
    put_values(document, unseal_values(sealed, keys), certificate, today)
