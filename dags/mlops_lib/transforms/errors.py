"""What can be wrong with a transform or its columns."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class TransformError(ValueError):
    """A transform that is not of the language, or that does not fit the data.

    `position` and `length` mark the place in `text`, which the message shows with carets under it.
    """

    def __init__(self, problem: str, text: str, position: int = 0, length: int = 1, expected: str = "") -> None:
        self.problem = problem
        self.text = text
        self.position = position
        self.length = length
        self.expected = expected
        shown = "".join(character if character.isprintable() else "?" for character in text)
        lines = [problem, f"  {shown}", f"  {' ' * position}{'^' * max(1, length)}"]
        if expected:
            lines.append(f"expected {expected}")
        super().__init__("\n".join(lines))


def suggestion(word: str, known: Iterable[str]) -> str:
    """`; did you mean count?`, or nothing where no known word is near."""
    near = get_close_matches(word.lower(), sorted(known), n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else ""


def listed(words: Iterable[str]) -> str:
    """Words as a list for people."""
    return ", ".join(sorted(words))
