"""Results of policies' suites: as a test runner shows them, as JSON, as JUnit."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence
from xml.etree import ElementTree

from presync.policy.suite.model import CaseResult, SuiteResult, TestResult

PASSED, FAILED, UNDETERMINED = 0, 1, 2


def status(results: Sequence[SuiteResult]) -> int:
    """The exit status."""
    if any(one.unknown for one in results):
        return UNDETERMINED
    return FAILED if any(one.failed for one in results) else PASSED


def as_text(results: Sequence[SuiteResult], seconds: float, verbose: bool = False) -> str:
    """A line for each suite, more for what failed."""
    lines = [line for one in results for line in _suite(one, verbose)]
    cases = [case for one in results for test in one.tests for case in test.cases]
    ran = [case for case in cases if not case.skipped]
    counts = [f"{sum(not case.error for case in ran)} passed"]
    failed = sum(bool(case.error) and not case.undetermined for case in ran)
    failed += sum(bool(test.error) and not test.undetermined for one in results for test in one.tests)
    unknown = sum(case.undetermined for case in ran) + sum(bool(one.error) for one in results)
    unknown += sum(test.undetermined for one in results for test in one.tests)
    skipped = len(cases) - len(ran)
    for number, word in ((failed, "failed"), (unknown, "could not be told"), (skipped, "skipped")):
        if number:
            counts.append(f"{number} {word}")
    suites = f"{len(results)} suite{'' if len(results) == 1 else 's'}"
    return "\n".join([*lines, f"{suites}: {', '.join(counts)} ({seconds:.1f} s)", ""])


def _suite(one: SuiteResult, verbose: bool) -> Iterator[str]:
    word = "skip" if one.skipped else "FAIL" if one.failed else "ok"
    yield f"{word:4} {one.path}  {one.cases} case{'' if one.cases == 1 else 's'} ({one.seconds:.2f} s)"
    if one.error:
        yield f"  {one.error}"
    for test in one.tests:
        if test.failed or verbose:
            yield from _test(test, verbose)


def _test(test: TestResult, verbose: bool) -> Iterator[str]:
    yield f"  {_word(test.error, test.undetermined, test.skipped):4} {test.name}"
    if test.error:
        yield f"       {test.error}"
    for case in test.cases:
        if case.error or verbose:
            yield f"    {_word(case.error, case.undetermined, case.skipped):4} {case.name}"
        if case.error:
            yield f"         {case.error}"
        elif verbose:
            yield from (f"         {message}" for message in case.messages)


def _word(error: str, undetermined: bool, skipped: bool) -> str:
    if skipped:
        return "skip"
    return "ok" if not error else "????" if undetermined else "FAIL"


def as_json(results: Sequence[SuiteResult]) -> str:
    """Every suite with its tests and cases."""
    found = [{**dataclasses.asdict(one), "failed": one.failed, "undetermined": one.unknown} for one in results]
    return json.dumps({"suites": found}, indent=2, ensure_ascii=False) + "\n"


def as_junit(results: Sequence[SuiteResult], seconds: float) -> str:
    """A test suite for each file, a test case for each case."""
    root = ElementTree.Element("testsuites", name="presync test", time=f"{seconds:.3f}")
    for one in results:
        suite = ElementTree.SubElement(root, "testsuite", name=one.path, time=f"{one.seconds:.3f}")
        if one.error:
            _junit(suite, one.path, CaseResult("suite", one.error, undetermined=True), one.path)
        for test in one.tests:
            alone = CaseResult(test.name, test.error, test.undetermined, test.skipped, test.seconds)
            if test.error or test.skipped or not test.cases:
                _junit(suite, test.name, alone, one.path)
            for case in test.cases:
                _junit(suite, test.name, case, one.path)
        children = list(suite)
        for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            suite.set(key, str(sum(child.find(tag) is not None for child in children)))
        suite.set("tests", str(len(children)))
    for key in ("tests", "failures", "errors", "skipped"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _junit(suite: ElementTree.Element, test: str, case: CaseResult, file: str) -> None:
    element = ElementTree.SubElement(
        suite, "testcase", classname=test, name=case.name, file=file, time=f"{case.seconds:.3f}"
    )
    if case.skipped:
        ElementTree.SubElement(element, "skipped")
    elif case.error:
        child = ElementTree.SubElement(element, "error" if case.undetermined else "failure")
        child.set("message", printable(case.error))
        child.text = printable("\n".join([case.error, *case.messages]))


def printable(text: str) -> str:
    """Without the characters XML 1.0 cannot hold."""
    return "".join(char if char in "\t\n\r" or (char >= " " and char not in "\ufffe\uffff") else "?" for char in text)
