"""presync against a real API server: every mutation of some manifests, with the verdicts that Kubernetes 1.36.1 gave.

``cases/verdicts.json`` was recorded with server-side dry run of ``create`` (strict field validation) and of server-side
apply. Where presync differs is listed in ``cases/differences.txt``, each with its reason;
``python -m tests.platform.validation.test_verdicts`` writes the list again after a change that was meant, and leaves
the reason of what is new to whoever made the change.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from presync.base import goyaml
from presync.base.finding import Severity
from presync.platform.violation import Category
from presync.rules.kubernetes import matches, results
from tests.rules.support import platform

from .mutations import mutations

CASES = Path(__file__).parent / "cases"
WAYS = {"create": (1, []), "apply": (2, ["ServerSideApply=true"])}


@cache
def recorded() -> dict[str, dict[str, str]]:
    loaded: dict[str, dict[str, str]] = json.loads((CASES / "verdicts.json").read_text())["verdicts"]
    return loaded


@cache
def objects(name: str) -> list[tuple[str, str, str, dict[str, Any]]]:
    """Every object with the manifest it comes from, what was changed, and the server's verdict."""
    found = []
    for document in goyaml.documents((CASES / f"{name}.yaml").read_text()):
        base = document.data
        key = f"{base['kind']} {base['metadata']['name']}"
        mutated = [("as it is", base), *mutations(base)]
        verdicts = recorded()[name][key]
        assert len(mutated) == len(verdicts)
        found += [(key, what, verdict, data) for (what, data), verdict in zip(mutated, verdicts, strict=True)]
    return found


def refused(name: str, way: str) -> set[str]:
    """The objects presync calls an error, by their position."""
    _, options = WAYS[way]
    listed = [
        {"name": str(at), "namespace": "app-dev", "resources": [data], "spec": {"syncPolicy": {"syncOptions": options}}}
        for at, (_, _, _, data) in enumerate(objects(name))
    ]
    known = platform({"applications": listed})
    found = {one.entry.name for one in results(known).absent}
    for category in Category:
        found.update(
            match.entry.name
            for match in matches(known, category)
            if match.entry and match.severity in (None, Severity.ERROR)
        )
    return found


def differences(name: str, way: str) -> Iterator[str]:
    bit, _ = WAYS[way]
    errors = refused(name, way)
    for at, (key, what, verdict, _) in enumerate(objects(name)):
        if verdict != "-" and bool(int(verdict) & bit) != (str(at) in errors):
            yield f"{name} {way}: presync {'refuses' if str(at) in errors else 'accepts'} {key}: {what}"


def explained() -> dict[str, str]:
    """Each known difference with its reason."""
    lines = (CASES / "differences.txt").read_text().splitlines()
    return {name: reason.strip() for name, _, reason in (line.partition(" # ") for line in lines)}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["builtin", "custom"])
def test_differences_are_those_that_are_known(name: str, way: str) -> None:
    """A new one fails, and so does one that is listed although presync and the server agree on it."""
    assert set(differences(name, way)) == {line for line in explained() if line.startswith(f"{name} {way}:")}


def test_every_difference_has_a_reason() -> None:
    assert [line for line, reason in explained().items() if len(reason.split()) < 5] == []


def test_what_the_server_accepts_is_no_error() -> None:
    """But for numbers the server takes and does not keep: what comes out is not what was written."""
    false = [line for line in explained() if "presync refuses" in line]
    assert all("number 2147483648" in line or "number -1 spec.ports.0.nodePort" in line for line in false)


def test_no_mistake_is_missed() -> None:
    assert [line for line in explained() if "presync accepts" in line] == []


if __name__ == "__main__":
    reasons = explained()
    found = [line for name in ("builtin", "custom") for way in WAYS for line in differences(name, way)]
    found.sort(key=lambda line: reasons.get(line, ""))
    (CASES / "differences.txt").write_text("".join(f"{line} # {reasons.get(line, '')}\n" for line in found))
