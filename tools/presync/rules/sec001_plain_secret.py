"""A Secret stands in the repository as it is.

Base64 is no encryption, and git keeps it for ever, for everybody who can read the repository. Use a SealedSecret
(`presync seal`) or an ExternalSecret. Values are never shown.

Bad:

    kind: Secret
    stringData:
      password: hunter2

Good:

    kind: SealedSecret
    spec:
      encryptedData:
        password: AgBy3i...
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from presync.base.finding import Location, Severity
from presync.platform.model import Platform
from presync.platform.validation.access import Object, obj
from presync.rules.model import Match
from presync.rules.secrets import has_values, secret_files

ID = "SEC001"
NAME = "plain-secret"
SEVERITY = Severity.ERROR

_REMEDY = "Seal it (presync seal), or take it from an external store. Change the value: git keeps the old one."


def check(platform: Platform) -> Iterator[Match]:
    """What is rendered, then the files that nothing renders."""
    files: set[str] = set()
    known: set[tuple[str, str]] = set()  # what Kustomize takes from a file and says no file for
    for entry, resource in platform.resources():
        if (resource.group, resource.kind) == ("", "Secret") and has_values(resource.data):
            files.add(resource.source.file)
            known |= {(file, _content(resource.data)) for file in entry.rendered.reads}
            yield Match(_message(resource.data), _REMEDY, entry, resource, _field(resource.data))
    for path, line, data in secret_files(platform):
        if path not in files and (path, _content(data)) not in known:
            name = obj(data, "metadata").get("name")
            place = Location(path, line)
            yield Match(_message(data), _REMEDY, location=place, resource_name=f"Secret {name}", key=f"{path} {name}")


def _content(data: Object) -> str:
    return json.dumps([obj(data, "data"), obj(data, "stringData")], sort_keys=True, default=str)


def _message(data: Object) -> str:
    keys = sorted({*obj(data, "data"), *obj(data, "stringData")})
    shown = ", ".join(keys[:5]) + (", …" if len(keys) > 5 else "")
    return f"a plain Secret with {len(keys)} value{'s' if len(keys) > 1 else ''} ({shown}) is in the repository"


def _field(data: Object) -> tuple[str, ...]:
    return ("stringData",) if obj(data, "stringData") else ("data",)
