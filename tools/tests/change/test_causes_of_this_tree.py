"""Causes on this tree, checked without them: the named line as it was brings the field back, and no other does."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from presync.change import causes
from presync.change.compare import compare
from presync.change.load import load_change
from presync.change.model import MISSING, Change
from presync.engine import Engine
from presync.platform.load import load
from presync.render.memory import Memory
from presync.render.render import Bare
from presync.tree.repository import open_repository
from tests.change.test_causes import commit, git
from tests.commands.conftest import copy_of_the_tree

SEED = 20261122
CHANGES = 10
_VALUE = re.compile(r"^( *(?:- )?[\w.-]+: )(\d+)((?:m|Mi|Gi|s|h|d)?)$")
_Field = tuple[str, str, tuple[str | int, ...]]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(2) as one:
        yield one


def mutated(folder: Path, choose: random.Random) -> dict[str, dict[int, str]]:
    """Numbers of value files and of the facts of an environment, each one more than it was; the lines as they were."""
    lines = [
        (path, number)
        for path in sorted([*folder.glob("envs/prod/*/values.yaml"), folder / "envs/prod/globals.yaml"])
        for number, line in enumerate(path.read_text().split("\n"))
        if _VALUE.match(line)
    ]
    before: dict[str, dict[int, str]] = {}
    for path, number in choose.sample(lines, CHANGES):
        text = path.read_text().split("\n")
        before.setdefault(str(path.relative_to(folder)), {})[number + 1] = text[number]
        text[number] = _VALUE.sub(lambda found: f"{found[1]}{int(found[2]) + 1}{found[3]}", text[number])
        path.write_text("\n".join(text))
    return before


def fields(change: Change) -> dict[_Field, object]:
    """What differs, noise left out, with what it is now."""
    return {
        (one.entry.name, str(one.resource), difference.path): difference.new
        for one in change.loud()
        for difference in one.differences
        if not difference.noise
    }


def named(change: Change) -> Mapping[_Field, causes.Cause]:
    return {
        (one.entry.name, str(one.resource), difference.path): cause
        for one in change.loud()
        for difference, cause in causes.every(change, one)
        if difference is not None and not difference.noise
    }


def test_the_named_line_brings_the_field_back(tmp_path: Path, engine: Engine) -> None:
    folder = copy_of_the_tree(tmp_path / "tree")
    git(folder, "init", "-q", "-b", "main")
    commit(folder)
    before = mutated(folder, random.Random(SEED))  # noqa: S311 - a sample that is always the same
    repository = open_repository(folder)
    change = load_change(repository, engine, "main", lambda *_: None)
    found = named(change)
    assert len(found) > CHANGES
    assert all(cause.places and cause.whole for cause in found.values())
    assert {(place.file, place.line) for cause in found.values() for place in cause.places} <= {
        (file, line) for file, lines in before.items() for line in lines
    }
    memory: Memory[Bare] = Memory()
    load(repository, engine, tree=change.base.tree, memory=memory)
    for file, lines in before.items():
        for number, line in lines.items():
            now = (folder / file).read_text()
            text = now.split("\n")
            text[number - 1] = line
            (folder / file).write_text("\n".join(text))
            after = fields(compare(change.base, load(open_repository(folder), engine, memory=memory)))
            (folder / file).write_text(now)
            for field, value in fields(change).items():
                places = [(place.file, place.line) for place in found[field].places]
                if places == [(file, number)]:
                    assert field not in after
                elif (file, number) in places:
                    assert after.get(field, MISSING) != value
                else:
                    assert after.get(field) == value
