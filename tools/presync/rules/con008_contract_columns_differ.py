"""The same table has other columns in another place.

The contract (`featuresets.json`), the JSON Schema of each stored table and the FeatureSet in the cluster say the same
names, types and nulls: the pipeline writes by the one, a version is checked by the other, Feast serves by the first.

Bad:

    # featuresets.json
    features: [{name: total_sessions, dtype: int64, nullable: false}]
    # user-features.schema.json
    properties: {total_sessions: {x-dtype: int32, type: [integer, "null"]}}

Good:

    # the schema is rendered from the set
    properties: {total_sessions: {x-dtype: int64, type: integer}}
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.contract.model import as_json, contracts, read
from presync.contract.parts import CONTRACT, SCHEMA, Part, parts
from presync.contract.tables import resource_faults, schema_faults
from presync.platform.model import Platform
from presync.platform.validation.access import obj
from presync.rules.model import Match

ID = "CON008"
NAME = "contract-columns-differ"
SEVERITY = Severity.ERROR
_REMEDY = "Let the template render it from the feature set."
_SHOWN = 3  # of one table: what goes wrong in a template goes wrong for every column


def check(platform: Platform) -> Iterator[Match]:
    """The schemas beside the contract, then the FeatureSets of the cluster."""
    for part in parts(platform).with_file(CONTRACT):
        yield from _schemas(part)
    known = contracts(platform)
    for entry, resource in platform.resources():
        contract = known.get(entry.environment)
        if resource.kind == "FeatureSet" and contract is not None:
            faults = list(resource_faults(contract, resource.name, obj(resource.data, "spec")))
            if faults:
                message = f"FeatureSet {resource.name}: {_some([fault for fault, _ in faults])}"
                yield Match(message, _REMEDY, entry, resource, ("spec", *faults[0][1]), key=resource.name)


def _schemas(part: Part) -> Iterator[Match]:
    contract = read(part)
    schemas = {name for name in part.files if name.endswith(SCHEMA)}
    if contract is None or not schemas:
        return
    for name, one in contract.sets.items():
        file = f"{name}{SCHEMA}"
        if file not in schemas:
            yield Match(f"there is no {file}", _REMEDY, part.entry, part.resource, ("data",), key=file)
            continue
        faults = list(schema_faults(contract, one, as_json(part.files[file])))
        if faults:
            yield Match(f"{file}: {_some(faults)}", _REMEDY, part.entry, part.resource, ("data", file), key=file)
    for file in sorted(schemas - {f"{name}{SCHEMA}" for name in contract.sets}):
        message = f"{file} is the schema of no set"
        yield Match(message, "Remove it.", part.entry, part.resource, ("data", file), key=file)


def _some(faults: list[str]) -> str:
    more = f"; and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
    return "; ".join(faults[:_SHOWN]) + more
