"""Which fields come back when something that changed is taken back: Helm says it, by rendering."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from presync.change.causes.charts import CRDS
from presync.change.causes.model import UNKNOWN, Cause, Place, Unit
from presync.change.causes.sources import Pair
from presync.change.fields import differences, same
from presync.change.model import MISSING, Difference, Path, ResourceChange
from presync.provenance import reads
from presync.provenance.trial import Identity, Inputs, Objects, Trial, identity, inputs

WHOLE = Difference((), MISSING, MISSING)  # stands for an object that comes or goes
_SETS = 12  # combinations of things that are taken back together, in one source
_Set = frozenset[int]  # of units, by their numbers


@dataclass
class Trials:
    """The changed objects of one source, and why each of their fields changed."""

    pair: Pair
    changes: Sequence[ResourceChange]
    causes: dict[tuple[int, Path], Cause] = field(init=False, default_factory=dict)  # by id of the change, and path

    def cost(self) -> int:
        """How many characters of templates are rendered for it."""
        units = self.pair.units
        if len({unit.places for unit in units}) < 2:
            return 0
        files = self.pair.head.narrowed(next(iter(sorted(self._templates)), ""))
        printed = sum(len(one.text) for change in self.changes for one in (change.old, change.new) if one is not None)
        return (sum(map(len, files.values())) // 4 + printed) * (1 + len(units) - max(0, len(self._unread(units)) - 1))

    @property
    def _templates(self) -> frozenset[str]:
        both = ((change.old, change.new) for change in self.changes)
        return frozenset(one.template for pair in both for one in pair if one is not None and one.template)

    def run(self) -> None:
        """Find out, and keep it."""
        units = self.pair.units
        if len({unit.places for unit in units}) == 1:  # one line alone, whatever it does
            elsewhere = self._elsewhere if all(unit.what not in ("request", "") for unit in units) else frozenset()
            for change, one in self._fields():
                known = one is not WHOLE or identity(change.resource.data) not in elsewhere
                self.causes[id(change), one.path] = Cause(units[0].places) if known else UNKNOWN
        elif units:
            self._try(units)

    @property
    def _elsewhere(self) -> frozenset[Identity]:
        """Objects printed as before that come and go all the same: to another namespace or cluster."""
        come = {identity(one.new.data) for one in self.changes if one.old is None and one.new is not None}
        gone = {identity(one.old.data) for one in self.changes if one.new is None and one.old is not None}
        return frozenset(come & gone)

    def _fields(self) -> Iterable[tuple[ResourceChange, Difference]]:
        for change in self.changes:
            for template in {one.template for one in (change.old, change.new) if one is not None}:
                if CRDS in template:
                    break
            else:
                for one in change.differences or (WHOLE,):
                    if not one.noise:
                        yield change, one

    def _unread(self, units: Sequence[Unit]) -> _Set:
        """Values that no template seems to read, by their numbers; they are tried together, since none may matter."""
        reader = reads.of_chart(self.pair.head.chart)
        found = [
            number
            for number, unit in enumerate(units)
            if unit.what == "value" and unit.difference and not reader.reads(unit.difference.head)
        ]
        return frozenset(found if len(found) > 1 else ())

    def _try(self, units: Sequence[Unit]) -> None:
        unread = self._unread(units)
        groups = [frozenset([number]) for number in range(len(units)) if number not in unread]
        tries = self._made(units, [*groups, unread] if unread else groups)
        trial, answers = self._render(list(tries.values()))
        if answers is None or not (reference := answers[0]):
            return
        found: dict[_Set, Objects | None] = dict(zip(tries, answers[1:], strict=True))
        if unread:
            together = found.pop(unread, None)
            alone = self._made(units, [frozenset([number]) for number in sorted(unread)])
            if together is not None and _alike(together, reference):
                found.update(dict.fromkeys(alone, reference))
            else:
                found.update(zip(alone, trial.run(list(alone.values())), strict=True))
        refused = [units[number] for one, answer in found.items() if answer is None for number in one]
        if any(unit.block for unit in refused):  # half of what belongs together makes no sense
            self._try(_together(units, refused))
            return
        self._judge(units, trial, reference, found)

    def _made(self, units: Sequence[Unit], sets: Iterable[_Set]) -> dict[_Set, Inputs]:
        """The inputs with each of these taken back, where that can be done."""
        made = {one: self.pair.without([units[number] for number in sorted(one)]) for one in sets}
        return {one: inputs for one, inputs in made.items() if inputs is not None}

    def _judge(
        self, units: Sequence[Unit], trial: Trial, reference: Objects, found: dict[_Set, Objects | None]
    ) -> None:
        """Of each field what changes it, and whether these together bring back what was before."""
        wanted: dict[tuple[int, Path], _Set] = {}
        seen: dict[tuple[Identity, int], tuple[Difference, ...]] = {}
        fields = list(self._fields())
        for change, one in fields:
            wanted[id(change), one.path] = frozenset(
                number
                for tried, after in found.items()
                for number in tried
                if after is not None and _touches(change, one, reference, after, seen, number)
            )
        sets = [one for one in dict.fromkeys(wanted.values()) if one and one not in found][:_SETS]
        both = self._made(units, sets)
        found.update(zip(both, trial.run(list(both.values())), strict=True))
        for change, one in fields:
            causing = wanted[id(change), one.path]
            places = tuple(dict.fromkeys(_places(units, causing)))
            if places and all(units[number].places for number in causing):
                back = found.get(causing)
                self.causes[id(change), one.path] = Cause(places, back is not None and _restored(change, one, back))

    def _render(self, wanted: Sequence[Inputs]) -> tuple[Trial, list[Objects | None] | None]:
        """The head as it is and with what is wanted; the templates that print other objects left out, if that works."""
        now = inputs(self.pair.head)
        for narrow in (True, False):
            trial = Trial(self.pair.head, self._templates, narrow)
            answers = trial.run([now, *wanted])
            if answers[0] is not None and self._complete(answers[0]):
                return trial, answers
        return trial, None

    def _complete(self, reference: Objects) -> bool:
        """Whether the trial gives what the render gave."""
        printed = (change.new for change in self.changes if change.new is not None and CRDS not in change.new.template)
        return all(same(_bare(reference.get(identity(one.data))), _bare(one.data)) for one in printed)


def _alike(one: Objects, other: Objects) -> bool:
    """Whether two renders gave the same; what was printed alike is the same object."""
    return one.keys() == other.keys() and all(value is other[key] for key, value in one.items())


def _bare(data: Mapping[str, object] | None) -> object:
    return None if data is None else dict(data)


def _touches(  # noqa: PLR0917 - what is compared with what, and what is known of it already
    change: ResourceChange,
    one: Difference,
    reference: Objects,
    after: Objects,
    seen: dict[tuple[Identity, int], tuple[Difference, ...]],
    number: int,
) -> bool:
    """Whether the field, or the object that comes or goes, is another one."""
    name = identity(change.resource.data)
    here, there = reference.get(name), after.get(name)
    if one is WHOLE or here is None or there is None:
        return (here is None) != (there is None)
    key = (name, number)
    if key not in seen:
        seen[key] = () if here is there else differences(there, here)
    return any(_same_place(one, other) for other in seen[key])


def _restored(change: ResourceChange, one: Difference, after: Objects) -> bool:
    """Whether the field is as it was in the base."""
    there = after.get(identity(change.resource.data))
    if one is WHOLE:
        return (there is None) == (change.old is None)
    if there is None or change.old is None:
        return False
    return not any(_overlap(one.path, other.path) for other in differences(change.old.data, there))


def _same_place(one: Difference, other: Difference) -> bool:
    """Whether two differences with the same new state are about one field.

    What went from a list without names is told apart by what it was: its place is another one in each old state.
    """
    if not _overlap(one.path, other.path):
        return False
    by_number = any(isinstance(step, int) for step in one.path)
    return not (by_number and one.removed) or same(one.old, other.old)


def _overlap(one: Path, other: Path) -> bool:
    length = min(len(one), len(other))
    return one[:length] == other[:length]


def _together(units: Sequence[Unit], refused: Sequence[Unit]) -> list[Unit]:
    """The units, with what could not be taken back alone as the block it is part of."""
    blocks = {id(unit.block) for unit in refused if unit.block}
    return list(dict.fromkeys(unit.block if unit.block and id(unit.block) in blocks else unit for unit in units))


def _places(units: Sequence[Unit], numbers: _Set) -> Iterable[Place]:
    """The lines; of a block that is there with all its parts the line of its key."""
    chosen = [units[number] for number in sorted(numbers)]
    for unit in chosen:
        block = unit.block
        yield from block.places if block and all(part in chosen for part in block.parts) else unit.places
