"""JUnit XML: a test suite for each Application, a test case for each finding, so that CI systems list them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from xml.etree import ElementTree

from presync.base.finding import Finding, Severity
from presync.report.places import link


class Named(Protocol):
    """An Application."""

    @property
    def name(self) -> str: ...


def as_junit(entries: Sequence[Named], findings: Sequence[Finding], seconds: float) -> str:
    """One case that passes for each clean Application; errors and warnings fail, what could not be told is an error."""
    by_name: dict[str, list[Finding]] = {entry.name: [] for entry in entries}
    for finding in findings:
        by_name.setdefault(finding.application, []).append(finding)
    root = ElementTree.Element("testsuites", name="presync")
    totals = [0, 0, 0]
    for name, found in sorted(by_name.items()):
        suite = ElementTree.SubElement(root, "testsuite", name=name or "repository")
        failures = sum(_fails(finding) and not finding.undetermined for finding in found)
        errors = sum(finding.undetermined for finding in found)
        cases: list[Finding | None] = [*found] or [None]
        for case in cases:
            _case(suite, name or "repository", case)
        for key, number in (("tests", len(cases)), ("failures", failures), ("errors", errors)):
            suite.set(key, str(number))
        totals = [total + one for total, one in zip(totals, (len(cases), failures, errors), strict=True)]
    for key, number in zip(("tests", "failures", "errors"), totals, strict=True):
        root.set(key, str(number))
    root.set("time", f"{seconds:.3f}")
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _fails(finding: Finding) -> bool:
    return finding.severity is not Severity.INFO


def _case(suite: ElementTree.Element, name: str, finding: Finding | None) -> None:
    if finding is None:
        ElementTree.SubElement(suite, "testcase", classname=name, name="no findings")
        return
    place = str(finding.location)
    title = " ".join(part for part in (finding.rule, finding.name, finding.resource, finding.field) if part)
    case = ElementTree.SubElement(suite, "testcase", classname=name, name=_text(title))
    if finding.location.file:
        case.set("file", _text(finding.location.file))
    if finding.location.line:
        case.set("line", str(finding.location.line))
    text = "\n".join(
        part for part in (place, finding.message, finding.remedy, link(finding.rule, finding.name)) if part
    )
    kind = "error" if finding.undetermined else "failure" if _fails(finding) else "system-out"
    child = ElementTree.SubElement(case, kind)
    if kind != "system-out":
        child.set("type", str(finding.severity))
        child.set("message", _text(finding.message))
    child.text = _text(text)


def _text(text: str) -> str:
    """Without the characters XML 1.0 cannot hold."""
    return "".join(
        char
        if char in "\t\n\r" or 0x20 <= ord(char) <= 0xD7FF or 0xE000 <= ord(char) <= 0xFFFD or ord(char) > 0xFFFF
        else "?"
        for char in text
    )
