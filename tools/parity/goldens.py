"""Recorded results as files: `expected/` in the folder of a case."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from controlplane.documents import canonical
from parity.cases import ROOT
from parity.model import Case, Object, Outcome

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
VERSION = "version"


def folder(case: Case, root: Path = ROOT) -> Path:
    """Where the results of a case are."""
    return root / case.group / case.name / "expected"


def texts(outcome: Outcome) -> dict[str, str]:
    """An outcome as files."""
    files = {f"apps/{name}.yaml": canonical([value]) for name, value in outcome.applications.items()}
    files |= {f"apps/applicationset.{name}.error": f"{text}\n" for name, text in outcome.sets.items()}
    files |= {f"apply/{name}.error": f"{text}\n" for name, text in outcome.refused.items()}
    files |= {f"render/{name}.yaml": canonical(values) for name, values in outcome.rendered.items()}
    files |= {f"render/{name}.error": f"{text}\n" for name, text in outcome.errors.items()}
    files |= {f"render/{name}.denied": f"{text}\n" for name, text in outcome.denied.items()}
    return files


def write(case: Case, outcome: Outcome, version: str, root: Path = ROOT) -> None:
    """Replace what was recorded for a case."""
    place = folder(case, root)
    if place.is_dir():
        shutil.rmtree(place)
    for name, text in {**texts(outcome), VERSION: f"{version}\n"}.items():
        file = place / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def exists(case: Case, root: Path = ROOT) -> bool:
    """Whether results were recorded."""
    return (folder(case, root) / VERSION).is_file()


def read(case: Case, root: Path = ROOT) -> Outcome:
    """What was recorded for a case."""
    place = folder(case, root)
    outcome = Outcome()
    for name, text in _files(place / "apps"):
        if name.endswith(".error"):
            outcome.sets[name.removeprefix("applicationset.").removesuffix(".error")] = text
        else:
            [outcome.applications[name.removesuffix(".yaml")]] = _objects(text)
    for name, text in _files(place / "apply"):
        outcome.refused[name.removesuffix(".error")] = text
    for name, text in _files(place / "render"):
        stem, _, form = name.rpartition(".")
        if form == "yaml":
            outcome.rendered[stem] = _objects(text)
        else:
            (outcome.errors if form == "error" else outcome.denied)[stem] = text
    return outcome


def _files(place: Path) -> Iterator[tuple[str, str]]:
    for file in sorted(place.glob("*")):
        text = file.read_text(encoding="utf-8")
        yield file.name, text if file.suffix == ".yaml" else text.rstrip("\n")


def _objects(text: str) -> list[Object]:
    return [value for value in yaml.load_all(text, Loader=_LOADER) if value is not None]
