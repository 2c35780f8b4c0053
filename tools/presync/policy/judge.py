"""Every constraint on everything that is rendered for its cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from presync.platform.memo import memo
from presync.platform.model import Entry, Platform
from presync.policy import constraints as reading
from presync.policy import expansion as expanding
from presync.policy import templates as declaring
from presync.policy.evaluator import Evaluator
from presync.policy.exemptions import exempt
from presync.policy.fields import field_of
from presync.policy.match import Unmatchable, matches, takes_kind
from presync.policy.model import (
    CONSTRAINTS,
    EXPANSION,
    TEMPLATES,
    Action,
    Constraint,
    Fault,
    Point,
    PolicyError,
    Template,
    Violation,
    mapping,
)
from presync.policy.namespaces import namespaces
from presync.policy.reviews import Sender, inventory, review, sync
from presync.policy.schemas import ConstraintSchema
from presync.policy.subjects import Path, Subject, Trouble, placed, subjects
from presync.render.model import Resource

_ADMITTED = (Point.WEBHOOK, Point.VAP)


@dataclass(frozen=True, slots=True)
class Placed:
    """A Gatekeeper object that is rendered, and by which Application."""

    entry: Entry
    resource: Resource


@dataclass(frozen=True, slots=True)
class Broken:
    """A Gatekeeper object with a fault; ``undetermined``: presync cannot tell what Gatekeeper would say."""

    place: Placed
    fault: Fault
    undetermined: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """A violation: of which constraint, by what, with what consequence."""

    constraint: Constraint
    declared: Placed
    subject: Subject
    message: str
    action: Action
    path: Path
    audit_only: bool = False
    cause: str = ""  # `details.cause`: violations of one constraint with the same are one finding
    text: str = ""  # `details.text`: what stands in the line, where the field is a whole file


@dataclass(frozen=True, slots=True)
class Unknown:
    """A constraint that could not be decided for an object; ``cause`` joins those that are the same."""

    constraint: Constraint
    declared: Placed
    subject: Subject | None
    message: str
    cause: str


@dataclass(slots=True)
class Verdicts:
    """Of all clusters of a platform."""

    violations: list[Verdict] = field(default_factory=list)
    templates: list[Broken] = field(default_factory=list)
    constraints: list[Broken] = field(default_factory=list)
    unknown: list[Unknown] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    judged: int = 0  # evaluations


def verdicts(platform: Platform) -> Verdicts:
    """Computed once; a platform without Gatekeeper's objects costs a look into an index."""
    return memo(platform, "policy-verdicts", _verdicts)


def _verdicts(platform: Platform) -> Verdicts:
    out = Verdicts()
    found: dict[str, list[Placed]] = {}
    for entry, resource in platform.resources():
        if resource.group in (CONSTRAINTS, TEMPLATES, EXPANSION):
            found.setdefault(entry.application.destination.cluster, []).append(Placed(entry, resource))
    if not found:
        return out
    sender = sync(platform.control_plane)
    with Evaluator() as evaluator:
        for cluster, objects in found.items():
            _Cluster(platform, cluster, objects, evaluator, out, sender).judge()
    return out


@dataclass(slots=True)
class _Ready:
    """A template that compiled."""

    template: Template
    schema: ConstraintSchema
    key: str
    inventory: bool


@dataclass(slots=True)
class _Cluster:
    platform: Platform
    name: str
    objects: Sequence[Placed]
    evaluator: Evaluator
    out: Verdicts
    sender: Sender
    judged: Sequence[Subject] = ()
    by_kind: dict[tuple[str, str], list[int]] = field(default_factory=dict)  # group and kind to places in ``judged``
    numbers: dict[int, int] = field(default_factory=dict)  # place in ``judged`` to the number of its review

    def judge(self) -> None:
        """All of it, into ``out``."""
        ready, refused = self._templates()
        wanted = [(one, self._constraint(one, ready, refused)) for one in self.objects if _is_constraint(one)]
        found = [(one, constraint) for one, constraint in wanted if constraint is not None]
        if not found:
            return
        self.judged, troubles = subjects(self.platform, self.name, self._expansions())
        self.out.troubles += troubles
        for at, subject in enumerate(self.judged):
            self.by_kind.setdefault((subject.candidate.group, subject.candidate.kind), []).append(at)
        chosen = {id(constraint): self._chosen(one, constraint) for one, constraint in found}
        for at in sorted({at for some in chosen.values() for at in some}):
            self.numbers[at] = len(self.numbers)
        reads = any(ready[constraint.kind].inventory for _, constraint in found)
        candidates = [self.judged[at].candidate for at in self.numbers]
        self.evaluator.documents(
            [review(one.data, one.namespace, self.sender) for one in candidates], [self._inventory()] if reads else []
        )
        for one, constraint in found:
            self._evaluate(one, constraint, ready[constraint.kind], chosen[id(constraint)])

    def _templates(self) -> tuple[dict[str, _Ready], set[str]]:
        ready: dict[str, _Ready] = {}
        refused: set[str] = set()
        for one in self.objects:
            if not declaring.is_template(one.resource.data):
                continue
            template = declaring.read(one.resource.data)
            if isinstance(template, Fault):
                self.out.templates.append(Broken(one, template))
                refused.add(one.resource.name)
                continue
            key = f"{self.name}/{template.kind}"
            try:
                schema = ConstraintSchema(template)
                ready[template.kind] = _Ready(template, schema, key, self.evaluator.load(key, template))
            except PolicyError as error:
                fault = Fault(error.message, ("spec", "targets", 0))
                self.out.templates.append(Broken(one, fault, undetermined=not error.invalid))
                refused.add(one.resource.name)
        return ready, refused

    def _constraint(self, one: Placed, ready: dict[str, _Ready], refused: set[str]) -> Constraint | None:
        known = ready.get(one.resource.kind)
        if known is None:
            if one.resource.kind.lower() not in refused:
                message = f"there is no ConstraintTemplate for {one.resource.kind} in this cluster"
                remedy = "Render the template by an Application of the same cluster, or correct the kind."
                self.out.constraints.append(Broken(one, Fault(message, ("kind",), remedy)))
            return None
        constraint, faults = reading.read(one.resource.data, known.template, known.schema)
        self.out.constraints += [Broken(one, fault) for fault in faults if not fault.served]
        if constraint is None or not any(constraint.actions.values()):
            return None
        operations = known.template.operations
        return constraint if not operations or {"*", "CREATE"} & set(operations) else None

    def _expansions(self) -> list[expanding.Expansion]:
        found = []
        for one in self.objects:
            if expanding.is_expansion(one.resource.data):
                expansion = expanding.read(one.resource.data)
                if isinstance(expansion, Fault):
                    self.out.templates.append(Broken(one, expansion))
                else:
                    found.append(expansion)
        return found

    def _chosen(self, one: Placed, constraint: Constraint) -> list[int]:
        """Which subjects the constraint takes."""
        taken = []
        found = [places for kind, places in self.by_kind.items() if takes_kind(constraint.match, *kind)]
        for at in sorted(at for places in found for at in places):
            subject = self.judged[at]
            candidate = subject.candidate
            try:
                if matches(constraint.match, candidate) and not exempt(self.platform, self.name, candidate):
                    taken.append(at)
            except Unmatchable:
                within = candidate.metadata.get("namespace")
                message = (
                    f"{constraint.kind} {constraint.name} selects namespaces by label, and the labels of {within} are "
                    "not in this tree"
                )
                self.out.unknown.append(Unknown(constraint, one, subject, message, message))
        return taken

    def _inventory(self) -> bytes:
        known = namespaces(self.platform)
        made = [one.data for (cluster, _), one in known.items() if cluster == self.name]
        rendered = [
            placed(resource)
            for entry, resource in self.platform.resources()
            if entry.application.destination.cluster == self.name
            and (resource.group, resource.kind) != ("", "Namespace")
        ]
        return inventory([*made, *rendered])

    def _evaluate(self, one: Placed, constraint: Constraint, ready: _Ready, chosen: Sequence[int]) -> None:
        self.out.judged += len(chosen)
        back = {self.numbers[at]: self.judged[at] for at in chosen}
        try:
            for said in self.evaluator.evaluate(ready.key, constraint.parameters, list(back), -1 + ready.inventory):
                subject = back[said.review]
                if said.violation is None:
                    cause = f"{constraint.kind} {constraint.name} {said.error}"
                    self.out.unknown.append(Unknown(constraint, one, subject, said.error, cause))
                else:
                    self.out.violations.append(_verdict(constraint, one, subject, said.violation))
        except PolicyError as error:
            cause = f"{constraint.kind} {error.message}"
            self.out.unknown.append(Unknown(constraint, one, None, error.message, cause))


def _is_constraint(one: Placed) -> bool:
    return reading.is_constraint(one.resource.data)


def _verdict(constraint: Constraint, one: Placed, subject: Subject, violation: Violation) -> Verdict:
    admitted = [action for point in _ADMITTED for action in constraint.actions.get(point, ())]
    elsewhere = [action for actions in constraint.actions.values() for action in actions]
    action = min(admitted or elsewhere, key=list(Action).index)
    message = violation.message
    if subject.expansion is not None:
        message = f"[Implied by {subject.expansion.name}] {message}"
        if subject.expansion.action in list(Action):
            action = Action(subject.expansion.action)
    path = field_of(subject.candidate.data, violation)
    cause, text = (str(mapping(violation.details).get(key) or "") for key in ("cause", "text"))
    return Verdict(constraint, one, subject, message, action, (*subject.path, *path), not admitted, cause, text)
