"""The contract and its readers name different places.

The pipeline writes where `MLOPS_FEATURE_BASE` says, Feast reads where environment.json and feature_store.yaml say. The
folder of the tables, the region, the endpoint, the bucket of the registry and the name of the environment must be the
same for all, and those of the `global` values that all charts of an environment are given.

Bad:

    # environment.json
    {"featureBase": "s3://mlops-dev-features/store"}
    # Deployment airflow-scheduler
    env:
      - {name: MLOPS_FEATURE_BASE, value: "s3://mlops-dev-features/feature-store"}

Good:

    # both from global.s3.featureBase of envs/dev/globals.yaml
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from presync.base import goyaml
from presync.base.finding import Severity
from presync.contract.model import as_json
from presync.contract.parts import ENVIRONMENT, FEAST, Part, Parts, parts
from presync.platform.model import Platform
from presync.platform.validation.access import obj, text
from presync.rules.model import Match

ID = "CON007"
NAME = "contract-place-differs"
SEVERITY = Severity.ERROR

# Variables of readers, and what of environment.json each repeats.
_VARIABLES = {
    "MLOPS_FEATURE_BASE": "featureBase",
    "MLOPS_ENVIRONMENT": "environment",
    "AWS_REGION": "region",
    "AWS_DEFAULT_REGION": "region",
    "AWS_ENDPOINT_URL": "s3Endpoint",
    "AWS_ENDPOINT_URL_S3": "s3Endpoint",
    "FEAST_S3_ENDPOINT_URL": "s3Endpoint",
}
# The same in the values that all charts of an environment get as `global`.
_GLOBALS = {
    "featureBase": ("s3", "featureBase"),
    "environment": ("environment",),
    "region": ("s3", "region"),
    "s3Endpoint": ("s3", "endpoint"),
    "registryBucket": ("s3", "registryBucket"),
}


@dataclass(frozen=True)
class _Fact:
    """Something the contract says of the environment, and in which file."""

    value: str
    file: str


def check(platform: Platform) -> Iterator[Match]:
    """Every part that says something of its environment."""
    contract = parts(platform)
    for part in contract.parts:
        facts = dict(_facts(part))
        if facts:
            yield from _readers(contract, part, facts)
            yield from _globals(part, facts)


def _facts(part: Part) -> Iterator[tuple[str, _Fact]]:
    data = as_json(part.files.get(ENVIRONMENT, ""))
    if isinstance(data, dict):
        for key in sorted({*_VARIABLES.values()}):
            yield key, _Fact(text(data, key).rstrip("/"), ENVIRONMENT)
    try:
        path = text(obj(goyaml.load(part.files.get(FEAST, "")), "registry"), "path")
    except goyaml.GoYamlError:
        return
    if path.startswith("s3://"):
        yield "registryBucket", _Fact(path.removeprefix("s3://").partition("/")[0], FEAST)


def _readers(contract: Parts, part: Part, facts: Mapping[str, _Fact]) -> Iterator[Match]:
    for reader in contract.readers:
        if reader.entry.environment != part.entry.environment:
            continue
        for container in reader.containers:
            for name, key in _VARIABLES.items():
                own = container.variables.get(name, "").rstrip("/")
                if own and key in facts and own != facts[key].value:
                    yield Match(
                        f"container {container.name} of {reader} has {name}={own}, and {facts[key].file} of ConfigMap "
                        f"{part.resource.name} says {facts[key].value or 'none'}",
                        f"Take both from {'.'.join(('global', *_GLOBALS[key]))}.",
                        reader.entry,
                        reader.resource,
                        container.variable(name),
                        cause=f"{reader.entry.name} {name} {own}",
                        key=name,
                    )


def _globals(part: Part, facts: Mapping[str, _Fact]) -> Iterator[Match]:
    trace = part.resource.trace
    given = obj(dict(trace.effective), "global") if trace is not None else {}
    for key, fact in facts.items():
        *above, last = _GLOBALS[key]
        said = text(obj(given, *above), last).rstrip("/")
        if said and said != fact.value:
            yield Match(
                f"{fact.file} says {fact.value or 'nothing'}, and {'.'.join(('global', *_GLOBALS[key]))} is {said}",
                "Let the template take it from there.",
                part.entry,
                part.resource,
                ("data", fact.file),
                key=key,
            )
