"""A SealedSecret as data: reading one, making one, putting values into one."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from presync.base.errors import PresyncError
from presync.seal import envelope
from presync.seal.keys import Certificate
from presync.seal.record import SEALED_FOR, SEALED_KEYS, KeyRecord, Record, digest, read_record
from presync.seal.scope import API_VERSION, KIND, Binding, Scope, scope_of, with_scope
from presync.seal.secret import Secret

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SealedSecret:
    """A view of a SealedSecret; whatever is missing or of a wrong type reads as empty."""

    data: Object = field(repr=False)
    default_namespace: str = ""  # where it will be, when it does not say so itself

    @property
    def metadata(self) -> Object:
        return _mapping(self.data.get("metadata"))

    @property
    def name(self) -> str:
        return str(self.metadata.get("name") or "")

    @property
    def namespace(self) -> str:
        return str(self.metadata.get("namespace") or self.default_namespace)

    @property
    def annotations(self) -> Object:
        return _mapping(self.metadata.get("annotations"))

    @property
    def spec(self) -> Object:
        return _mapping(self.data.get("spec"))

    @property
    def encrypted(self) -> Object:
        return _mapping(self.spec.get("encryptedData"))

    @property
    def template(self) -> Object:
        return _mapping(self.spec.get("template"))

    @property
    def template_annotations(self) -> Object:
        return _mapping(_mapping(self.template.get("metadata")).get("annotations"))

    @property
    def scope(self) -> Scope:
        """From the SealedSecret's own annotations; those of the template do not count for the controller."""
        return scope_of(self.annotations)

    @property
    def binding(self) -> Binding:
        """Where the controller will try to open it."""
        return Binding.of(self.scope, self.namespace, self.name)

    @property
    def record(self) -> Record:
        return read_record(self.annotations)

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


def _mapping(value: Any) -> Object:
    return value if isinstance(value, Mapping) else {}


def is_sealed_secret(data: Any) -> bool:
    """Whether an object of a manifest is one."""
    return isinstance(data, Mapping) and data.get("kind") == KIND and data.get("apiVersion") == API_VERSION


def seal_secret(secret: Secret, scope: Scope, certificate: Certificate, today: datetime.date) -> dict[str, Any]:
    """A SealedSecret that holds every value of ``secret``, its keys in order.

    Type, labels, annotations and ``immutable`` go into the template in plain, as kubeseal does it: the controller gives
    them to the Secret it makes.
    """
    place = {"name": secret.name} | ({"namespace": secret.namespace} if secret.namespace else {})
    template: dict[str, Any] = {"metadata": dict(place)}
    for key, texts in (("annotations", with_scope(secret.annotations, scope)), ("labels", secret.labels)):
        if texts:
            template["metadata"][key] = dict(texts)
    if secret.finalizers:
        template["metadata"]["finalizers"] = list(secret.finalizers)
    if secret.type:
        template["type"] = secret.type
    if secret.immutable is not None:
        template["immutable"] = secret.immutable
    document: dict[str, Any] = {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": place | {"annotations": with_scope({}, scope)},
        "spec": {"encryptedData": {}, "template": template},
    }
    put_values(document, {key: secret.values[key] for key in sorted(secret.values)}, certificate, today)
    return document


def put_values(
    document: MutableMapping[str, Any], values: Mapping[str, bytes], certificate: Certificate, today: datetime.date
) -> None:
    """Seal ``values`` for the binding the document has, beside those that are there, and keep the record.

    Records of values that are gone or were changed by something else are dropped: nothing is claimed about those.
    """
    sealed = SealedSecret(document)
    binding, record = sealed.binding, sealed.record
    encrypted = _child(_child(document, "spec"), "encryptedData")
    known = {
        key: found
        for key, ciphertext in encrypted.items()
        if not record.broken and (found := record.known(key, ciphertext))
    }
    for key, value in values.items():
        ciphertext = envelope.seal(certificate.key, value, binding.label)
        encrypted[key] = ciphertext
        known[key] = KeyRecord(certificate.fingerprint, today, digest(ciphertext))
    annotations = _child(_child(document, "metadata"), "annotations")
    annotations.update(Record(binding, known).annotations())
    inside = SealedSecret(document).template_annotations
    if isinstance(inside, MutableMapping):  # `kubeseal --re-encrypt` moves the record to where it means nothing
        for name in (SEALED_FOR, SEALED_KEYS):
            inside.pop(name, None)


def merge_secret(
    document: MutableMapping[str, Any], secret: Secret, certificate: Certificate, today: datetime.date
) -> None:
    """Put the values, labels and annotations of ``secret`` into an existing SealedSecret.

    Raises:
        PresyncError: the document was sealed for another name, namespace or scope than it has; another type.
    """
    sealed = SealedSecret(document)
    record = sealed.record
    if record.broken:
        raise PresyncError(f"{sealed}: {record.broken}", "Seal every value again with --out instead.")
    if record.binding and record.binding != sealed.binding:
        raise PresyncError(
            f"{sealed} was sealed for {record.binding.words}; what is in it cannot be opened here",
            "Give it its old name and namespace back, or seal every value again with --out.",
        )
    present = str(sealed.template.get("type") or "")
    if secret.type and secret.type != (present or "Opaque"):
        raise PresyncError(f"{sealed} makes a Secret of type {present or 'Opaque'}, not {secret.type}")
    put_values(document, secret.values, certificate, today)
    template = _child(_child(document, "spec"), "template")
    for key, texts in (("annotations", with_scope(secret.annotations, Scope.STRICT)), ("labels", secret.labels)):
        if texts:
            _child(_child(template, "metadata"), key).update(texts)


def unseal_values(sealed: SealedSecret, keys: Mapping[str, RSAPrivateKey]) -> dict[str, bytes]:
    """Every value in plain.

    Raises:
        PresyncError: names every key that cannot be opened, and why; nothing of those that can.
    """
    opened: dict[str, bytes] = {}
    failed: list[str] = []
    for key, ciphertext in sealed.encrypted.items():
        try:
            opened[key] = envelope.unseal(keys.values(), str(ciphertext), sealed.binding.label)
        except envelope.EnvelopeError as error:
            known = sealed.record.known(key, ciphertext)
            reason = (
                f"sealed with certificate {known.certificate}" if known and known.certificate not in keys else error
            )
            failed.append(f"{key}: {reason}")
    if failed:
        given = ", ".join(sorted(keys))
        raise PresyncError(
            f"{sealed} cannot be opened as {sealed.binding}:\n    " + "\n    ".join(failed),
            f"The private keys given are {given}. A renamed or moved SealedSecret must get its old place back first.",
        )
    return opened


def _child(parent: MutableMapping[str, Any], key: str) -> MutableMapping[str, Any]:
    """The mapping below ``key``; an empty one is made where there is none."""
    found = parent.get(key)
    if not isinstance(found, MutableMapping):
        found = parent[key] = type(parent)()
    return found
