"""Running a suite: what gator's runner does (pkg/gator/verify)."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from presync.policy import constraints as constraint_reading
from presync.policy import expansion as expanding
from presync.policy import templates
from presync.policy.evaluator import Evaluator
from presync.policy.match import Candidate, Unmatchable, matches
from presync.policy.model import Constraint, Fault, Object, Point, PolicyError, Source, Template, mapping
from presync.policy.reviews import inventory, review
from presync.policy.schemas import ConstraintSchema
from presync.policy.suite import requests
from presync.policy.suite.filtering import Filter
from presync.policy.suite.model import Assertion, Case, CaseResult, Suite, SuiteError, SuiteResult, Test, TestResult
from presync.policy.suite.reading import objects, one_object


@dataclass(frozen=True, slots=True)
class _Review:
    """One request of a case; ``implied`` is the ExpansionTemplate that made the object."""

    candidates: tuple[Candidate, ...]
    document: bytes
    operation: str = ""
    implied: str = ""


@dataclass(frozen=True, slots=True)
class _Prepared:
    template: Template
    constraint: Constraint
    expansions: tuple[expanding.Expansion, ...]
    key: str
    inventory: bool


class Runner:
    """Runs suites with one evaluator; files outside ``root`` are not read."""

    def __init__(self, evaluator: Evaluator, root: Path, chosen: Filter) -> None:
        self.evaluator = evaluator
        self.root = root.resolve()
        self.chosen = chosen

    def run(self, suite: Suite, folder: Path) -> SuiteResult:
        """The result of every test."""
        start = time.monotonic()
        if suite.skip:
            return SuiteResult(suite.path, skipped=True)
        tests = tuple(self._test(suite, test, folder) for test in suite.tests)
        return SuiteResult(suite.path, tests, seconds=time.monotonic() - start)

    def _test(self, suite: Suite, test: Test, folder: Path) -> TestResult:
        if test.skip or not self.chosen.takes_test(test):
            return TestResult(test.name, skipped=True)
        start = time.monotonic()
        error, undetermined = "", False
        cases: tuple[CaseResult, ...] = ()
        try:
            prepared = self._prepare(suite, test, folder)
            if prepared is not None:
                cases = tuple(self._case(prepared, test, case, folder) for case in test.cases)
        except SuiteError as one:
            error = str(one)
        except PolicyError as one:
            error, undetermined = one.message, not one.invalid
        return TestResult(test.name, cases, error, undetermined, seconds=time.monotonic() - start)

    def _prepare(self, suite: Suite, test: Test, folder: Path) -> _Prepared | None:
        """Template and constraint; None where the constraint is invalid, as the test wants it."""
        for what, name in (("template", test.template), ("constraint", test.constraint)):
            if not name:
                raise SuiteError(f"missing {what}")
        template = templates.read(_of(objects(self._path(folder, test.template)), templates.is_template, test.template))
        if isinstance(template, Fault):
            raise SuiteError(template.message)
        schema = ConstraintSchema(template)
        key = f"{suite.path}:{test.name}"
        reads = self.evaluator.load(key, template)
        found = objects(self._path(folder, test.constraint))
        data = _of(found, constraint_reading.is_constraint, test.constraint)
        constraint, faults = constraint_reading.read(data, template, schema)
        if test.invalid:
            if any(fault.schema for fault in faults):
                return None
            raise SuiteError("the constraint is valid, and the test wants it to fail schema validation")
        if constraint is None:
            raise SuiteError("; ".join(_shown(fault) for fault in faults))
        return _Prepared(template, constraint, self._expansions(test, folder), key, reads)

    def _expansions(self, test: Test, folder: Path) -> tuple[expanding.Expansion, ...]:
        if not test.expansion:
            return ()
        found = []
        for data in objects(self._path(folder, test.expansion)):
            if expanding.is_expansion(data):
                one = expanding.read(data)
                if isinstance(one, Fault):
                    raise SuiteError(one.message)
                found.append(one)
        return tuple(found)

    def _case(self, prepared: _Prepared, test: Test, case: Case, folder: Path) -> CaseResult:
        if case.skip or not self.chosen.takes_case(test.name, case.name):
            return CaseResult(case.name, skipped=True)
        start = time.monotonic()
        error, undetermined = "", False
        messages: list[str] = []
        try:
            if not case.object:
                raise SuiteError("a case must define object")
            if not case.assertions:
                raise SuiteError("assertions must be non-empty")
            messages = self._messages(prepared, case, folder)
            error = next((why for one in case.assertions if (why := _fails(one, messages))), "")
        except SuiteError as one:
            error = str(one)
        except PolicyError as one:
            error, undetermined = one.message, True
        return CaseResult(case.name, error, undetermined, False, time.monotonic() - start, tuple(messages))

    def _messages(self, prepared: _Prepared, case: Case, folder: Path) -> list[str]:
        data = one_object(self._path(folder, case.object))
        around = [one for name in case.inventory for one in objects(self._path(folder, name))]
        spaces = {
            str(mapping(one.get("metadata")).get("name")): one
            for one in around
            if (one.get("apiVersion"), one.get("kind")) == ("v1", "Namespace")
        }
        reviews = _reviews(data, prepared.expansions, spaces)
        messages: list[str] = []
        wanted: list[int] = []
        for at, one in enumerate(reviews):
            try:
                if _concerns(prepared, one):
                    wanted.append(at)
            except Unmatchable as error:
                messages.append(f"unable to match constraints: {error}")
        if not wanted:
            return messages
        known = inventory(around) if around else b""
        self.evaluator.documents([one.document for one in reviews], [known])
        for said in self.evaluator.evaluate(prepared.key, prepared.constraint.parameters, wanted, 0):
            if said.violation is None:
                raise PolicyError(said.error)
            implied = reviews[said.review].implied
            messages.append(f"[Implied by {implied}] {said.violation.message}" if implied else said.violation.message)
        return messages

    def _path(self, folder: Path, name: str) -> Path:
        path = (folder / name).resolve()
        if not path.is_relative_to(self.root):
            raise SuiteError(f"{name} leads out of {self.root.name}")
        return path


def _of(found: Sequence[Any], fits: Any, name: str) -> Object:
    for one in found:
        if fits(one):
            return mapping(one)
    raise SuiteError(f"{name} defines none")


def _shown(fault: Fault) -> str:
    path = ".".join(str(step) for step in fault.path)
    return f"{path}: {fault.message}" if path else fault.message


def _reviews(data: Object, expansions: Sequence[expanding.Expansion], spaces: Mapping[str, Object]) -> list[_Review]:
    if requests.is_request(data):
        request = requests.read(data)
        candidates = tuple(Candidate(one, spaces.get(request.namespace)) for one in request.objects)
        return [_Review(candidates, request.document, request.operation)]
    within = spaces.get(str(mapping(data.get("metadata")).get("namespace") or ""))
    found = [_Review((Candidate(data, within),), review(data))]
    try:
        for made in expanding.expand(data, expansions):
            candidate = Candidate(made.data, within, Source.GENERATED)
            found.append(_Review((candidate,), review(made.data), implied=made.expansion.name))
    except expanding.ExpansionError as error:
        raise SuiteError(f"error expanding resource: {error}") from None
    return found


def _concerns(prepared: _Prepared, one: _Review) -> bool:
    constraint = prepared.constraint
    if mapping(constraint.data.get("spec")).get("enforcementAction") == "scoped" and not constraint.actions.get(
        Point.GATOR
    ):
        return False
    operations = prepared.template.operations
    if operations and one.operation not in operations and "*" not in operations:
        return False
    return any(matches(constraint.match, candidate) for candidate in one.candidates)


def _fails(assertion: Assertion, messages: Sequence[str]) -> str:
    """Why an assertion does not hold, in gator's words; empty when it does."""
    try:
        pattern = re.compile(assertion.message or "")
    except re.error as error:
        raise SuiteError(f"message {assertion.message!r} is not a regular expression: {error}") from None
    matching = sum(pattern.search(message) is not None for message in messages)
    wanted = assertion.violations
    if (wanted == "yes" and matching) or (wanted == "no" and not matching) or wanted == matching:
        return ""
    about = "" if assertion.message is None else f' containing "{assertion.message}"'
    expected = {"yes": "at least 1", "no": "none"}.get(str(wanted), f"exactly {wanted}")
    said = f"; got messages: {' | '.join(messages)}" if messages else ""
    return f"got {matching} violations{about} but want {expected}{said}"
