"""The files of the contract are not of one contract.

`featuresets.json` is the contract: its SHA-256 is the hash that the ConfigMap and every reader carry, and it names the
SHA-256 of every other file made from it (`repo.py`, the JSON Schemas, the template of metadata.json). A reader checks
what it was given by these, so a file or an annotation that was changed alone is refused when it is used, not before.
The hash of the configuration is that of the other files of the ConfigMap, joined in the order of their names.

Bad:

    annotations: {features.example.com/contract-hash: "sha256:2222"}
    data:
      featuresets.json: "{…}"       # has the SHA-256 1111

Good:

    # annotation and artifacts computed from the texts, in the template that renders them
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.contract.model import Contract, digest, read
from presync.contract.parts import CONTRACT, Part, parts
from presync.platform.model import Platform
from presync.rules.model import Match

ID = "CON004"
NAME = "contract-files-disagree"
SEVERITY = Severity.ERROR
_REMEDY = "Let one template render all files and hashes from the feature sets; none is written by hand."


def check(platform: Platform) -> Iterator[Match]:
    """Every part by itself; that all have the same hash is another rule's."""
    names = platform.settings.contract
    for part in parts(platform).with_file(CONTRACT):
        contract = read(part)
        if contract is None:
            yield _match(part, ("data", CONTRACT), f"{CONTRACT} is no JSON with featureSets")
            continue
        if part.hashes[names.hash] != contract.hash:
            path = ("metadata", "annotations", names.hash)
            yield _match(part, path, f"the SHA-256 of {CONTRACT} is {contract.hash}, the annotation says another")
        yield from _artifacts(part, contract)
        if names.config in part.hashes:
            own = sorted(name for name in part.files if name != CONTRACT and name not in contract.artifacts)
            if part.hashes[names.config] != digest("".join(part.files[name] for name in own)):
                path = ("metadata", "annotations", names.config)
                yield _match(
                    part, path, f"the annotation is not the SHA-256 of {' and '.join(own) or 'nothing'}, joined"
                )


def _artifacts(part: Part, contract: Contract) -> Iterator[Match]:
    for name, wanted in contract.artifacts.items():
        if name in part.files and digest(part.files[name]) != wanted:
            yield _match(part, ("data", name), f"{name} is not the file whose SHA-256 {CONTRACT} names")
    for name in part.files:
        if name.endswith(".schema.json") and name not in contract.artifacts:
            yield _match(part, ("data", name), f"{CONTRACT} does not name {name}")


def _match(part: Part, path: tuple[str, ...], message: str) -> Match:
    # Every value of a text moves its hash, and is not the one to edit: the line with the annotation is.
    quote = path[-1] if path[0] == "metadata" else ""
    return Match(message, _REMEDY, part.entry, part.resource, path, key=path[-1], quote=quote)
