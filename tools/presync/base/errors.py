"""Errors for the person who reads them."""

from __future__ import annotations


class PresyncError(Exception):
    """presync cannot go on; exit code 2.

    ``message`` says what is wrong and where, ``remedy`` what to do about it.
    """

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}\n  {self.remedy}" if self.remedy else self.message
