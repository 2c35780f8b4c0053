"""Names and labels as Kubernetes validates them, with its messages."""

from __future__ import annotations

import re
from collections.abc import Iterator

from presync.argocd.appset.govalues import quote

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_QUALIFIED = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"

_SUBDOMAIN_MESSAGE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    r"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
_QUALIFIED_MESSAGE = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
_VALUE_MESSAGE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)


def subdomain(value: str) -> list[str]:
    """What is wrong with the name of an object."""
    errors = ["must be no more than 253 characters"] if len(value.encode()) > 253 else []
    return errors if re.fullmatch(_SUBDOMAIN, value) else [*errors, _SUBDOMAIN_MESSAGE]


def qualified_name(value: str) -> list[str]:
    """What is wrong with the key of a label or an annotation."""
    parts = value.split("/")
    errors = []
    if len(parts) > 2:
        return [
            _QUALIFIED_MESSAGE.replace("name part", "a qualified name")
            + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        ]
    if len(parts) == 2:
        if not parts[0]:
            errors.append("prefix part must be non-empty")
        else:
            errors += [f"prefix part {error}" for error in subdomain(parts[0])]
    name = parts[-1]
    if not name:
        errors.append("name part must be non-empty")
    elif len(name.encode()) > 63:
        errors.append("name part must be no more than 63 bytes")
    return errors if re.fullmatch(_QUALIFIED, name) else [*errors, _QUALIFIED_MESSAGE]


def label_value(value: str) -> list[str]:
    """What is wrong with the value of a label."""
    errors = ["must be no more than 63 bytes"] if len(value.encode()) > 63 else []
    return errors if not value or re.fullmatch(_QUALIFIED, value) else [*errors, _VALUE_MESSAGE]


def metadata_errors(name: str, labels: dict[str, str], annotations: dict[str, str]) -> Iterator[tuple[str, str]]:
    """What the API server refuses in an object's metadata: the field and the message."""
    if not name:
        yield "metadata.name", "metadata.name: Required value: name or generateName is required"
    else:
        for error in subdomain(name):
            yield "metadata.name", f"metadata.name: Invalid value: {quote(name)}: {error}"
    for key, value in sorted(labels.items()):
        for error in qualified_name(key):
            yield f"metadata.labels.{key}", f"metadata.labels: Invalid value: {quote(key)}: {error}"
        for error in label_value(value):
            yield f"metadata.labels.{key}", f"metadata.labels: Invalid value: {quote(value)}: {error}"
    for key in sorted(annotations):
        for error in qualified_name(key.lower()):
            yield f"metadata.annotations.{key}", f"metadata.annotations: Invalid value: {quote(key)}: {error}"
