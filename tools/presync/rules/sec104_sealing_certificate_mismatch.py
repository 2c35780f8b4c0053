"""A value was sealed with a certificate that its environment does not have.

The certificates of an environment are in `sealed-secrets.pem`, in the folder of the SealedSecret or above it. A value
sealed with the certificate of another environment cannot be opened, which is an error. One that is in no file may be an
older one that the controller still has the key of, which is a warning. Without a record only the length of the key can
be compared. A `sealed-secrets.pem` that holds no certificate is an error.

Bad:

    # envs/prod/secrets/redis-auth.yaml, made with: presync seal --environment dev
    kind: SealedSecret

Good:

    # envs/prod/secrets/redis-auth.yaml, made with: presync seal --environment prod
    kind: SealedSecret
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from presync.base.errors import PresyncError
from presync.base.finding import Location, Severity
from presync.platform.model import Platform
from presync.rules.model import Match
from presync.rules.sealed_secrets import certificate_files, copies, sealed_secrets
from presync.seal.envelope import EnvelopeError, parse
from presync.seal.keys import Certificate, read_certificates
from presync.seal.place import nearest_in
from presync.seal.record import KeyRecord
from presync.tree import TreeError

ID = "SEC104"
NAME = "sealing-certificate-mismatch"
SEVERITY = Severity.WARNING

_FOREIGN = "Seal the value again with the certificate of this environment (presync seal --merge-into)."
_UNKNOWN = "Add the certificate to the file if the controller still has its key; else seal the value again."
_Certificates = Mapping[str, tuple[Certificate, ...]]


def check(platform: Platform) -> Iterator[Match]:
    """The certificate files, then every value against the one nearest to it."""
    files = certificate_files(platform)
    readable: dict[str, tuple[Certificate, ...]] = {}
    for path in files:
        try:
            readable[path] = read_certificates(platform.tree.read(path), path)
        except (PresyncError, TreeError) as error:
            if not platform.settings.excludes(path):
                message, remedy = error.message.removeprefix(f"{path}: "), getattr(error, "remedy", "")
                yield Match(message, remedy, location=Location(path), severity=Severity.ERROR, key=path)
    copied = {(id(copy.resource), copy.key) for copy in copies(platform)}  # SEC101 tells
    for entry, resource, sealed in sealed_secrets(platform):
        nearest = nearest_in(files, resource.source.file)
        if nearest not in readable:
            continue
        record = sealed.record
        for key, value in sealed.encrypted.items():
            if (id(resource), key) in copied:
                continue
            found = _mismatch(readable, nearest, record.known(key, value), value)
            if found:
                severity, how = found
                remedy = _FOREIGN if severity is Severity.ERROR else _UNKNOWN
                path_to = ("spec", "encryptedData", key)
                message = f"the value of {key} was sealed with {how}"
                yield Match(message, remedy, entry, resource, path_to, severity=severity, key=key)


def _mismatch(files: _Certificates, own: str, known: KeyRecord | None, value: object) -> tuple[Severity, str] | None:
    """What it was sealed with, when that is not in the file."""
    if known is None:
        length = _key_bytes(value)
        if not length or any((one.key.key_size + 7) // 8 == length for one in files[own]):
            return None
        return Severity.WARNING, f"a key of {length * 8} bits; no certificate in {own} has one"
    having = [path for path, found in files.items() if known.certificate in {one.fingerprint for one in found}]
    if own in having:
        return None
    if having:
        return Severity.ERROR, f"{having[0]}, not with {own}"
    return Severity.WARNING, f"the certificate {known.certificate}, which is not in {own}"


def _key_bytes(value: object) -> int:
    """The length of the key that opens it; 0 when it is malformed, which SEC102 tells."""
    try:
        return len(parse(value).session) if isinstance(value, str) else 0
    except EnvelopeError:
        return 0
