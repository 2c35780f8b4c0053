"""Whether a metric of a query exists: who produces it, with which labels, or why that cannot be told."""

from __future__ import annotations

import difflib
import fnmatch
import re
from collections.abc import Iterable
from dataclasses import dataclass

from presync.observability import grafana
from presync.observability.rulegroups import rules
from presync.observability.scraping import in_scope, scraped
from presync.observability.statsd import mapped
from presync.observability.tables import Labels, tables
from presync.platform.memo import memo
from presync.platform.model import Platform

_NEAR = 0.88  # so alike that one is a misspelling of the other


@dataclass(frozen=True, slots=True)
class Verdict:
    """``known`` is None where it cannot be told."""

    known: bool | None
    labels: Labels = None
    why: str = ""
    hint: str = ""
    sure: bool = True  # False: a later version runs than the one whose names are known


_UNTOLD = Verdict(None)


class Producers:
    """Of one environment."""

    def __init__(self, platform: Platform, environment: str) -> None:
        self.scraped = scraped(platform, environment)
        self.unknown = self.scraped.unknown
        self._declared = platform.settings.metrics
        self._recorded = {
            rule.record: None for rule in rules(platform) if rule.record and in_scope(rule.entry, environment)
        }
        self._mapped = [one for one in mapped(platform) if not environment or one.environment in (environment, "")]
        # Rules that nobody sees here may record names.
        self._all_rules = not any(
            one.rendered.unavailable and not one.rendered.external
            for one in platform.entries
            if in_scope(one, environment)
        )
        self._verdicts: dict[str, Verdict] = {}

    def find(self, name: str) -> Verdict:
        """What is known about a metric."""
        if name not in self._verdicts:
            self._verdicts[name] = self._find(name)
        return self._verdicts[name]

    def _find(self, name: str) -> Verdict:
        if not name or grafana.STAND_IN in name:
            return Verdict(True)
        found, labels = self._produced(name)
        if found:
            return Verdict(True, labels)
        return self._recording(name) if ":" in name else self._missing(name)

    def _produced(self, name: str) -> tuple[bool, Labels]:
        known: list[Labels] = []
        if name in self._recorded:
            known.append(None)
        for one in self._declared:
            if any(fnmatch.fnmatchcase(name, pattern) for pattern in one.names):
                known.append(frozenset(one.labels) if one.labels else None)
        for line in self._mapped:
            if line.pattern.fullmatch(name):
                known.append(line.labels)
        for table in self.scraped.active:
            found, labels = table.find(name)
            if found or (table.open and table.owns(name)):
                known.append(labels)
        if not known:
            return False, None
        return True, None if None in known else frozenset().union(*(one for one in known if one is not None))

    def _recording(self, name: str) -> Verdict:
        near = _nearest(name, self._recorded)
        if near or (self._all_rules and not self.unknown):
            return Verdict(False, None, "no recording rule makes it", _meant(near))
        return _UNTOLD

    def _missing(self, name: str) -> Verdict:
        for table in self.scraped.active:
            if not table.open and table.owns(name):
                near = _nearest(name, table.metrics)
                why = f"{table.exporter} {table.version} has no metric of that name"
                runs = self.scraped.newer.get(table.exporter)
                if runs:
                    why += f"; {runs} runs here, which may have it"
                return Verdict(False, None, why, _meant(near), not runs)
        declared = [name for one in self._declared for name in one.names]
        near = _nearest(name, [*declared, *(one for one in self._recorded if ":" not in one)])
        if near:
            return Verdict(False, None, "nothing produces it", _meant(near))
        if self.unknown:
            return _UNTOLD
        owner = next((table for table in tables() if table.find(name)[0]), None)
        if owner is not None:
            return Verdict(False, None, f"{owner.exporter} has it, and nothing here deploys {owner.exporter}")
        return Verdict(False, None, "nothing here produces it")


def producers(platform: Platform, environment: str) -> Producers:
    """Those of an environment, computed once."""
    return memo(platform, f"producers {environment}", lambda one: Producers(one, environment))


def _nearest(name: str, names: Iterable[str]) -> str:
    base = re.sub(r"_(?:bucket|sum|count)$", "", name)
    return next(iter(difflib.get_close_matches(base, list(names), 1, _NEAR)), "")


def _meant(near: str) -> str:
    return f"Did you mean {near}?" if near else ""
