"""Finding suites and reading what they name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from presync.base import goyaml
from presync.policy.model import Object, listed, mapping
from presync.policy.suite.model import Assertion, Case, Suite, SuiteError, Test

_GROUP = "test.gatekeeper.sh"
_ENDINGS = (".yaml", ".yml")
_LARGEST = 8 * 1024 * 1024
_ANSWERS = {True: "yes", False: "no"}  # what YAML 1.1 makes of them unquoted
_TEST_KEYS = frozenset({"name", "template", "constraint", "expansion", "cases", "invalid", "skip"})
_CASE_KEYS = frozenset({"name", "object", "inventory", "assertions", "skip"})
_ASSERTION_KEYS = frozenset({"violations", "message"})


def find(folders: list[Path]) -> Iterator[Path]:
    """Every file of kind Suite in or below these, in order; a file counts as itself.

    Raises:
        SuiteError: a folder is not there.
    """
    for folder in folders:
        if folder.is_file():
            yield folder
        elif not folder.is_dir():
            raise SuiteError(f"{folder}: no such file or folder")
        else:
            for where, below, names in os.walk(folder):
                below[:] = sorted(name for name in below if not name.startswith(".") and name != "node_modules")
                for name in sorted(names):
                    path = Path(where, name)
                    if name.endswith(_ENDINGS) and _is_suite(path):
                        yield path


def _is_suite(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return _GROUP.encode() in file.read(64 * 1024)
    except OSError:
        return False


def read(path: Path, shown: str) -> Suite | None:
    """The suite; None for a file that only mentions the group.

    Raises:
        SuiteError: it is not written as a suite is.
    """
    found = [one for one in objects(path) if _is(one)]
    if not found:
        return None
    data = found[0]
    tests = tuple(_test(one, at) for at, one in enumerate(listed(data.get("tests"))))
    return Suite(shown, tests, data.get("skip") is True)


def objects(path: Path) -> list[dict[str, Any]]:
    """The objects of a file.

    Raises:
        SuiteError: it cannot be read.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise SuiteError(f"{path.name} is larger than {_LARGEST // 2**20} MiB")
        text = goyaml.decode(path.read_bytes())
        found = [document.data for document in goyaml.documents(text)]
    except OSError as error:
        raise SuiteError(f"open {path.name}: {error.strerror}") from None
    except goyaml.GoYamlError as error:
        raise SuiteError(f"{path.name}: {error}") from None
    return [one for one in found if isinstance(one, dict)]


def one_object(path: Path) -> dict[str, Any]:
    """The only object of a file.

    Raises:
        SuiteError: there is none, or more than one.
    """
    found = objects(path)
    if len(found) != 1:
        raise SuiteError(f"{path.name} defines {len(found)} objects, and one is wanted")
    return found[0]


def _is(data: Object) -> bool:
    return data.get("kind") == "Suite" and str(data.get("apiVersion") or "").startswith(f"{_GROUP}/")


def _test(value: Any, at: int) -> Test:
    data = mapping(value)
    name = str(data.get("name") or f"tests[{at}]")
    _known(data, _TEST_KEYS, name)
    cases = tuple(_case(one, number, name) for number, one in enumerate(listed(data.get("cases"))))
    return Test(
        name,
        str(data.get("template") or ""),
        str(data.get("constraint") or ""),
        str(data.get("expansion") or ""),
        cases,
        data.get("invalid") is True,
        data.get("skip") is True,
    )


def _case(value: Any, at: int, test: str) -> Case:
    data = mapping(value)
    name = str(data.get("name") or f"cases[{at}]")
    _known(data, _CASE_KEYS, f"{test}/{name}")
    inventory = tuple(str(one) for one in listed(data.get("inventory")))
    assertions = tuple(_assertion(one, f"{test}/{name}") for one in listed(data.get("assertions")))
    return Case(name, str(data.get("object") or ""), inventory, assertions, data.get("skip") is True)


def _assertion(value: Any, where: str) -> Assertion:
    data = mapping(value)
    _known(data, _ASSERTION_KEYS, where)
    wanted = data.get("violations", "yes")
    if isinstance(wanted, bool):
        wanted = _ANSWERS[wanted]
    message = data.get("message")
    if not (isinstance(wanted, int) and wanted >= 0) and wanted not in ("yes", "no"):
        raise SuiteError(f'{where}: violations must be a number from 0, "yes" or "no", not {wanted!r}')
    return Assertion(wanted, None if message is None else str(message))


def _known(data: Object, keys: frozenset[str], where: str) -> None:
    unknown = sorted(set(data) - keys)
    if unknown:
        raise SuiteError(f"{where}: unknown key {unknown[0]!r}; known: {', '.join(sorted(keys))}")
