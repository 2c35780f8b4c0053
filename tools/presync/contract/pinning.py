"""From stale pins to the lines of value files that have to change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from presync.base.finding import Location
from presync.contract.editing import NotEditable, plain_path, value_at, write
from presync.contract.pins import Pin
from presync.platform.model import Entry, Platform
from presync.provenance import Key, explain, setters
from presync.render.trace import HelmTrace
from presync.tree import TreeError


@dataclass(frozen=True)
class Edit:
    """A key of a value file that gets another value; ``old`` is empty where it is added."""

    file: str
    path: tuple[str, ...]
    new: str
    old: str
    location: Location
    annotation: str
    entries: tuple[str, ...]

    @property
    def key(self) -> str:
        return ".".join(self.path)


@dataclass(frozen=True)
class Stuck:
    """A pin that a person has to write, and where."""

    location: Location
    message: str


@dataclass(frozen=True)
class Plan:
    """What there is to do."""

    edits: tuple[Edit, ...]
    stuck: tuple[Stuck, ...]
    texts: Mapping[str, str] = field(repr=False)  # every file that changes, as it will be


@dataclass(frozen=True)
class _Place:
    """Where the value of a pin goes."""

    file: str
    path: tuple[str, ...]
    value: str
    old: str
    location: Location


def plan(platform: Platform, found: Sequence[Pin]) -> Plan:
    """The edits that make every one of these pins right."""
    planner = _Planner(platform, found)
    for pin in found:
        if pin.stale or pin.missing:
            planner.take(pin)
    return planner.plan()


class _Planner:
    def __init__(self, platform: Platform, found: Sequence[Pin]) -> None:
        self.platform = platform
        self.found = found
        self.right = [pin for pin in found if not pin.stale and not pin.missing]
        self.places: dict[tuple[str, tuple[str, ...]], list[tuple[Pin, _Place]]] = {}
        self.stuck: dict[tuple[Location, str], Stuck] = {}

    def take(self, pin: Pin) -> None:
        """Find the place of one pin."""
        try:
            place = self._place(pin)
        except NotEditable as error:
            location = pin.reader.resource.source if not isinstance(error, _Here) else error.location
            self._give_up(
                location, f"{error}; set {pin.annotation} of {pin.reader} in {pin.entry.name} to {pin.wanted}"
            )
            return
        self.places.setdefault((place.file, place.path), []).append((pin, place))

    def plan(self) -> Plan:
        edits: list[Edit] = []
        texts: dict[str, str] = {}
        for (file, path), wanted in sorted(self.places.items()):
            place = wanted[0][1]
            try:
                self._one_value(file, wanted)
                texts[file] = write(texts.get(file) or self._text(file), path, place.value)
            except NotEditable as error:
                self._give_up(place.location, f"{error}: write {'.'.join(path)}: {place.value}")
                continue
            entries = tuple(dict.fromkeys(pin.entry.name for pin, _ in wanted))
            edits.append(Edit(file, path, place.value, place.old, place.location, wanted[0][0].annotation, entries))
        return Plan(tuple(edits), tuple(self.stuck.values()), texts)

    def _give_up(self, location: Location, message: str) -> None:
        self.stuck[location, message] = Stuck(location, message)

    def _one_value(self, file: str, wanted: Sequence[tuple[Pin, _Place]]) -> None:
        """A line that several Applications read can hold one hash only."""
        values = {place.value: pin.entry.name for pin, place in wanted}
        if len(values) > 1:
            raise NotEditable(f"{' and '.join(values.values())} read this line and need different hashes")
        pin = wanted[0][0]
        for other in self.right:
            same = other.annotation == pin.annotation and other.wanted != pin.wanted
            if same and other.entry is not pin.entry and file in self._files(other.entry):
                raise NotEditable(f"{other.entry.name} reads this file too and needs another hash")

    def _place(self, pin: Pin) -> _Place:
        key, prefix = self._key(pin)
        path = plain_path(key.path)
        value = pin.wanted.removeprefix(prefix)
        old = "" if key.value is None else str(key.value)
        if key.default or not key.location.file:
            own = self._own_file(pin.entry)
            return _Place(own, path, value, "", Location(own))
        if key.location.file not in self._files(pin.entry):
            raise _Here(key.location, f"{'.'.join(path)} is set in no value file")
        if str(value_at(self._text(key.location.file), path)) != old:
            raise _Here(key.location, f"{'.'.join(path)} is not plain there")
        return _Place(key.location.file, path, value, old, key.location)

    def _key(self, pin: Pin) -> tuple[Key, str]:
        """The value that sets the annotation, and what the template puts before it (``sha256:``).

        For a template in a ConfigMap that of another reader of the release is taken.
        """
        for reader in [pin.reader, *(other.reader for other in self._siblings(pin))]:
            path = reader.annotation(pin.annotation)
            if pin.missing:
                found = setters(reader.resource, path)
            else:
                keys = [key for key in explain(reader.resource, path).keys if key.value]
                found = tuple((key, pin.current.removesuffix(str(key.value))) for key in keys)
            for key, prefix in found:
                if pin.wanted.startswith(prefix) and (pin.missing or pin.current.endswith(str(key.value))):
                    return key, prefix
        raise NotEditable("no value sets it")

    def _siblings(self, pin: Pin) -> Iterable[Pin]:
        return (
            other
            for other in self.found
            if other.entry is pin.entry and other.annotation == pin.annotation and other.current == pin.current
        )

    @cached_property
    def _shared(self) -> Counter[str]:
        """How many Applications read each value file."""
        return Counter(file for entry in self.platform.entries for file in self._files(entry))

    def _files(self, entry: Entry) -> tuple[str, ...]:
        traces = {id(trace): trace for one in entry.rendered.resources if (trace := one.trace) is not None}
        return tuple(dict.fromkeys(file for trace in traces.values() for file in self._value_files(trace)))

    def _value_files(self, trace: HelmTrace) -> Iterable[str]:
        tree = self.platform.tree
        for layer in trace.layers:
            if layer.location.file and not layer.location.line and tree.is_file(layer.location.file):
                yield layer.location.file

    def _own_file(self, entry: Entry) -> str:
        """The topmost value file that no other Application reads."""
        own = [file for file in self._files(entry) if self._shared[file] == 1]
        if not own:
            raise NotEditable(f"{entry.name} has no value file of its own")
        return own[-1]

    def _text(self, file: str) -> str:
        try:
            return self.platform.tree.read(file).decode("utf-8")
        except (TreeError, UnicodeDecodeError) as error:
            raise NotEditable(f"the file cannot be read: {error}") from None


class _Here(NotEditable):
    """With the place to edit by hand."""

    def __init__(self, location: Location, message: str) -> None:
        super().__init__(message)
        self.location = location
