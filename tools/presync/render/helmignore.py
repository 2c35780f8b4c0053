"""``.helmignore``: what Helm leaves out when it loads a chart from a folder."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from presync.argocd.patterns import file_match
from presync.render.failure import Refused

FILE = ".helmignore"


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: str
    negated: bool
    folders_only: bool
    whole_path: bool

    def fits(self, path: str) -> bool:
        return file_match(self.pattern, path if self.whole_path else path.rsplit("/", 1)[-1])


class Rules:
    """The rules of one chart; Helm adds one that drops hidden files in ``templates/``.

    Not .gitignore: there is no ``**``, and a rule with ``!`` drops everything that it does *not* match
    (https://github.com/helm/helm/blob/main/pkg/ignore/rules.go).
    """

    def __init__(self, text: str = "") -> None:
        """Parse the file.

        Raises:
            Refused: Helm would not load the chart because of a pattern.
        """
        lines = [line.strip() for line in text.removeprefix("\ufeff").splitlines()]
        lines = [line for line in lines if line and not line.startswith("#")]
        self._rules = [_parse(line) for line in [*lines, "templates/.?*"]]
        self._folders: dict[str, bool] = {"": False}

    def ignores(self, path: str) -> bool:
        """Whether the file, or a folder it is in, is left out."""
        folder = path.rpartition("/")[0]
        return self._ignores_folder(folder) or self._decide(path, is_folder=False)

    def _ignores_folder(self, folder: str) -> bool:
        known = self._folders.get(folder)
        if known is None:
            known = self._ignores_folder(folder.rpartition("/")[0]) or self._decide(folder, is_folder=True)
            self._folders[folder] = known
        return known

    def _decide(self, path: str, is_folder: bool) -> bool:
        for rule in self._rules:
            if rule.negated:
                if (rule.folders_only and not is_folder) or not rule.fits(path):
                    return True
            elif (is_folder or not rule.folders_only) and rule.fits(path):
                return True
        return False


def _parse(line: str) -> _Rule:
    if "**" in line:
        raise Refused("double-star (**) syntax is not supported")
    if _malformed(line):
        raise Refused("syntax error in pattern")
    negated = line.startswith("!")
    pattern = line[1:] if negated else line
    folders_only = pattern.endswith("/")
    pattern = pattern.removesuffix("/")
    rooted = pattern.startswith("/")
    return _Rule(pattern.removeprefix("/"), negated, folders_only, rooted or "/" in pattern)


def _malformed(pattern: str) -> bool:
    """Whether a bracket is not closed or a backslash escapes nothing."""
    opened, escaped = False, False
    for char in pattern:
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == "[" and not opened:
            opened = True
        elif char == "]":
            opened = False
    return opened or escaped


def kept(paths: Iterable[str], rules: Rules) -> list[str]:
    """The paths that Helm loads."""
    return [path for path in paths if not rules.ignores(path)]
