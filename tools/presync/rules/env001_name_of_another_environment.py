"""A resource of one environment names something of another.

A dev Pod that writes into the bucket of prod, or the reverse, is noticed when the data is gone. Known are the
namespaces that Applications of an environment go to, the hosts of its Ingresses, the buckets its output names, when the
name of the environment is a word in them; a host also when only one environment has it. Other names count where both
environments have one, built alike (`airflow-dev-logs` and `airflow-prod-logs`); that is a warning. What a text shuts
out (`namespace!="redis-dev"`) is fine, and so is everything that belongs to no environment.

Bad:

    # envs/prod/globals.yaml
    rawBase: s3://mlops-dev-raw/events

Good:

    # envs/prod/globals.yaml
    rawBase: s3://mlops-prod-raw/events
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.rules.environments import Owned, mentions, names
from presync.rules.model import Match
from presync.rules.texts import Text

ID = "ENV001"
NAME = "name-of-another-environment"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """Every text of every resource that belongs to an environment, then where Applications go."""
    known = names(platform)
    for one in known.texts:
        for token, owned in mentions(known, one):
            yield _match(platform, one, token, owned)
    for entry in platform.entries:
        namespace = entry.application.destination.namespace
        word = known.word(namespace)
        if entry.environment and word and word != entry.environment:
            yield Match(
                f"an Application of {entry.environment} goes to the namespace {namespace} of {word}",
                f"Send it to a namespace of {entry.environment}.",
                entry,
                field="spec.destination.namespace",
                key=namespace,
            )


def _match(platform: Platform, one: Text, token: str, owned: Owned) -> Match:
    severity = Severity.ERROR if owned.certain else Severity.WARNING
    if severity is Severity.ERROR and not platform.settings.environments:
        severity = Severity.WARNING  # which environments there are is a guess
    return Match(
        f"{token} is a {owned.what} of {owned.environment}, named in {one.entry.environment}",
        f"Name what belongs to {one.entry.environment}.",
        one.entry,
        one.resource,
        one.path,
        severity=severity,
        cause=f"{owned.environment} {token}",
        key=token,
    )
