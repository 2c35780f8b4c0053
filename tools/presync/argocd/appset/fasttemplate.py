"""ApplicationSets without ``goTemplate``: ``{{ name }}`` is replaced by a parameter that is text, and nothing else.

What has no such parameter stays as it was written. Argo CD uses https://github.com/valyala/fasttemplate.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from presync.argocd.appset.evaluation import Evaluation, Failure, Result
from presync.argocd.appset.govalues import quote

_TEMPLATED = re.compile(r"\{\{.*\}\}")  # on one line; otherwise the text is not looked at
_SPACE = " \t\n\v\f\r\x85\xa0"


@dataclass(frozen=True, slots=True)
class FastTemplates:
    """The same interface as :class:`presync.argocd.templating.GoTemplates`."""

    def attempt(self, evaluations: Sequence[Evaluation]) -> list[Result]:
        """There is only one way."""
        return self.evaluate(evaluations)

    def evaluate(self, evaluations: Sequence[Evaluation], keep_going: bool = False) -> list[Result]:
        """The results in order."""
        del keep_going  # nothing is saved by stopping
        return [replace(evaluation.text, evaluation.params) for evaluation in evaluations]


def replace(text: str, params: Mapping[str, Any]) -> str | Failure:
    """The text with its parameters, or why there is none."""
    if "{{" not in text or not _TEMPLATED.search(text):
        return text
    out: list[str] = []
    rest = text
    while True:
        head, opened, rest = rest.partition("{{")
        out.append(head)
        if not opened:
            return "".join(out)
        tag, closed, behind = rest.partition("}}")
        if not closed:
            where = f"in the template={quote(text)} starting from {quote(rest)}"
            return Failure(f'invalid template: Cannot find end tag="}}}}" {where}')
        value = params.get(tag.strip(_SPACE))
        out.append(value if isinstance(value, str) and tag.strip(_SPACE) else f"{{{{{tag}}}}}")
        rest = behind
