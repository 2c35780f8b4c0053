"""A generator yields more parameter sets than anybody can want.

A matrix multiplies. presync stops at a bound instead of filling the memory, and says nothing about the Applications
of the set.

Bad:

    generators:
      - matrix:
          generators:
            - list: {elements: []}  # 5,000 of them
            - list: {elements: []}  # times 5,000

Good:

    generators:
      - list: {elements: []}  # the combinations that are wanted
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "ARG005"
NAME = "generator-too-large"
SEVERITY = Severity.ERROR
UNDETERMINED = True
KINDS = ("generator-too-large", "applicationset-unbounded")
