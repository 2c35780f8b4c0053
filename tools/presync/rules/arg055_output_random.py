"""A chart gives another output each time it is rendered.

Argo CD renders again on every refresh: the Application is never in sync, and with self-healing passwords change and
Pods restart for ever.

Bad:

    password: {{ randAlphaNum 32 | b64enc }}

Good:

    # an existing Secret by name
    existingSecret: {{ .Values.auth.existingSecret }}
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from presync.base.finding import Location, Severity
from presync.engine import EngineError
from presync.platform.memo import memo
from presync.platform.model import Platform
from presync.provenance.lexer import parts
from presync.render.chart import ChartFiles
from presync.render.trace import HelmTrace
from presync.rules.model import Match

ID = "ARG055"
NAME = "output-random"
SEVERITY = Severity.ERROR
# https://masterminds.github.io/sprig/: what does not give the same for the same arguments
_FUNCTIONS = re.compile(
    rb"\b(?:rand(?:Alpha|AlphaNum|Ascii|Numeric|Bytes|Int)|shuffle|uuidv4|gen(?:PrivateKey|CA|CAWithKey|SelfSignedCert|"
    rb"SelfSignedCertWithKey|SignedCert|SignedCertWithKey)|htpasswd|bcrypt|encryptAES|now|ago|date_in_zone)\b"
)
_STRING = re.compile(r'"(?:\\.|[^"\\])*"|`[^`]*`')


def check(platform: Platform) -> Iterator[Match]:
    """Every template whose output changes when it is rendered a second time."""
    for entry in platform.entries:
        for trace in entry.rendered.traces:
            if not _may(platform, trace.chart):
                continue
            calls = list(_places(trace))
            for template in _changing(trace):
                # What else changes may only carry a checksum of it.
                place = next(
                    (one for path, one in calls if template.endswith(f"/{path}")), calls[0][1] if calls else None
                )
                for resource in entry.rendered.resources:
                    if resource.trace is trace and resource.template == template:
                        yield Match(
                            "the output is another one on each render",
                            "Take the value from an existing Secret, or set it in the values.",
                            entry,
                            resource,
                            location=place or resource.source,
                            cause=f"{entry.name} {place or template}",
                        )


def _places(trace: HelmTrace) -> Iterator[tuple[str, Location]]:
    """Where such a function is called: the template, and its line."""
    for path, data in sorted(trace.bare.files.items()):
        if "templates/" not in path or not _calls(data):
            continue
        for number, line in enumerate(data.split(b"\n"), 1):
            if _FUNCTIONS.search(line):
                yield path, Location(trace.bare.origins.get(path, path), number)
                break


def _may(platform: Platform, chart: ChartFiles) -> bool:
    """Whether any template names such a function; almost none does, and rendering twice costs."""
    known = memo(platform, "random-charts", _empty)
    key = id(chart.files)
    if key not in known:
        known[key] = any(_calls(data) for path, data in chart.without_schemas().files.items() if "templates/" in path)
    return known[key]


def _calls(template: bytes) -> bool:
    """Whether an action names one of the functions, outside of strings."""
    if not _FUNCTIONS.search(template):
        return False
    actions = (part.text for part in parts(template.decode("utf-8", "replace")) if part.action)
    return any(_FUNCTIONS.search(_STRING.sub("", text).encode()) for text in actions if not text.startswith("/*"))


def _empty(_: Platform) -> dict[int, bool]:
    return {}


def _changing(trace: HelmTrace) -> list[str]:
    try:
        answers = trace.engine.variants(trace.request, [[]])
    except EngineError:
        return []  # it was rendered once; that it cannot be again within the bounds is no statement about it
    again: Mapping[str, str | None] = (answers[1] if len(answers) > 1 else None) or {}
    return sorted(again)
