"""metadata.json.j2 does not give exactly the fields that a stored version has.

Whoever reads a version relies on metadata.json beside it, and the pipeline knows a value for each field and for no
other. A value that is not written by `tojson` breaks the file at the first quote in it. The template may hold literal
JSON and `{{ name | tojson }}`; whatever goes further cannot be judged without running it, and is refused.

Bad:

    {"version": "{{ version }}"}

Good:

    {"version": {{ version | tojson }}}
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.contract.metadata import faults
from presync.contract.parts import TEMPLATE, parts
from presync.platform.model import Platform
from presync.rules.model import Match

ID = "CON009"
NAME = "metadata-template-wrong"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """Every template of the contract."""
    for part in parts(platform).with_file(TEMPLATE):
        for fault in faults(part.files[TEMPLATE]):
            yield Match(
                f"{TEMPLATE}: {fault.message}",
                "Give each field once, as {{ name | tojson }}; presync explain CON009 shows the form.",
                part.entry,
                part.resource,
                ("data", TEMPLATE),
                key=fault.message,
                quote=fault.quote,
            )
