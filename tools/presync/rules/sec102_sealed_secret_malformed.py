"""A SealedSecret holds something that is no sealed value, nothing at all, or scopes that contradict each other.

The controller opens all values or makes no Secret. Typical are a value that was cut off, plain base64 that nobody
sealed, and an annotation that only looks like a scope: the controller takes nothing but "true" for yes, and reads the
annotations of the SealedSecret, not those of its template.

Bad:

    kind: SealedSecret
    spec:
      encryptedData:
        password: aHVudGVyMg==

Good:

    kind: SealedSecret
    spec:
      encryptedData:
        password: AgBy3i...
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.rules.model import Match, Path
from presync.rules.sealed_secrets import sealed_secrets
from presync.seal import envelope
from presync.seal.scope import ANNOTATIONS, Scope, scope_of
from presync.seal.sealed import SealedSecret

ID = "SEC102"
NAME = "sealed-secret-malformed"
SEVERITY = Severity.ERROR

_SEAL = "Seal the value again (presync seal --merge-into)."
_SCOPE = "Keep one scope, the one it was sealed with; the value of its annotation is the text true."


def check(platform: Platform) -> Iterator[Match]:
    """The values, then the scopes. No message shows a value: it may be one that nobody sealed."""
    for entry, resource, sealed in sealed_secrets(platform):
        for path, message in _values(sealed):
            yield Match(message, _SEAL, entry, resource, path, key=str(path[2]) if len(path) > 2 else "")
        for path, message in _scopes(sealed):
            # The controller picks one all the same; whether that is the right one, SEC101 tells.
            yield Match(message, _SCOPE, entry, resource, path, severity=Severity.WARNING)


def _values(sealed: SealedSecret) -> Iterator[tuple[Path, str]]:
    old = sealed.spec.get("data")  # all values in one, as the first versions of kubeseal wrote it
    if old is not None and sealed.encrypted:
        yield ("spec", "data"), "has both spec.data and spec.encryptedData; the controller refuses that"
    elif old is not None:
        if reason := _fault(old):
            yield ("spec", "data"), f"the value of spec.data is no sealed one: {reason}"
    elif not sealed.encrypted:
        yield ("spec", "encryptedData"), "has no value in spec.encryptedData"
    for key, value in sealed.encrypted.items():
        if reason := _fault(value):
            yield ("spec", "encryptedData", key), f"the value of {key} is no sealed one: {reason}"


def _fault(value: object) -> str:
    if not isinstance(value, str):
        return "it is not text"
    try:
        envelope.parse(value)
    except envelope.EnvelopeError as error:
        return str(error)
    return ""


def _scopes(sealed: SealedSecret) -> Iterator[tuple[Path, str]]:
    declared = {scope: sealed.annotations.get(name) for scope, name in ANNOTATIONS.items()}
    if all(value == "true" for value in declared.values()):
        yield ("metadata", "annotations"), f"declares two scopes; the controller takes {sealed.scope}"
    for scope, value in declared.items():
        if isinstance(value, str) and value not in ("true", "false"):
            path = ("metadata", "annotations", ANNOTATIONS[scope])
            yield path, f"{ANNOTATIONS[scope]} is {value!r}, which the controller takes for no"
    inside = scope_of(sealed.template_annotations)
    if inside not in (Scope.STRICT, sealed.scope):
        where = ("spec", "template", "metadata", "annotations", ANNOTATIONS[inside])
        yield where, f"is {sealed.scope} by its own annotations, which count, but {inside} by those of its template"
