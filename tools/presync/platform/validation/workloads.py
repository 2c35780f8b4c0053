"""Everything that makes Pods."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from presync.platform.selectors import matches
from presync.platform.validation import names
from presync.platform.validation.access import Object, forbidden, has, invalid, items, number, obj, required, text
from presync.platform.validation.metadata import selector
from presync.platform.validation.pods import pod_spec, template
from presync.platform.validation.schedules import schedule, time_zone
from presync.platform.validation.storage import claim_spec
from presync.platform.violation import Category, Path, Violation, quoted

_NAME_OF_CRON_JOB = 52  # the controller appends 11 characters


def pod(data: Object, minor: int) -> Iterator[Violation]:
    """A bare Pod."""
    yield from pod_spec(obj(data, "spec"), ("spec",), minor, is_pod=True)


def pod_template(data: Object, minor: int) -> Iterator[Violation]:
    """A PodTemplate."""
    yield from template(obj(data, "template"), ("template",), minor)


def deployment(data: Object, minor: int) -> Iterator[Violation]:
    """A Deployment."""
    spec = obj(data, "spec")
    yield from _replicated(spec, "deployment", minor)
    strategy = obj(spec, "strategy")
    path: Path = ("spec", "strategy", "rollingUpdate")
    if has(strategy, "rollingUpdate"):
        rolling = obj(strategy, "rollingUpdate")
        if text(strategy, "type") == "Recreate":
            yield forbidden(path, "may not be specified when strategy `type` is 'Recreate'")
        yield from _rolling(rolling, path)
    deadline, ready = number(spec, "progressDeadlineSeconds"), number(spec, "minReadySeconds") or 0
    if deadline is not None and deadline <= ready:
        why = "must be greater than minReadySeconds"
        yield invalid(Category.CONFLICT, ("spec", "progressDeadlineSeconds"), deadline, why)


def replica_set(data: Object, minor: int) -> Iterator[Violation]:
    """A ReplicaSet."""
    yield from _replicated(obj(data, "spec"), "deployment", minor)


def daemon_set(data: Object, minor: int) -> Iterator[Violation]:
    """A DaemonSet."""
    spec = obj(data, "spec")
    yield from _replicated(spec, "daemonset", minor)
    if has(obj(spec, "updateStrategy"), "rollingUpdate"):
        yield from _rolling(obj(spec, "updateStrategy", "rollingUpdate"), ("spec", "updateStrategy", "rollingUpdate"))


def stateful_set(data: Object, minor: int) -> Iterator[Violation]:
    """A StatefulSet with its claims."""
    spec = obj(data, "spec")
    claims = tuple(text(obj(claim, "metadata"), "name") for _, claim in items(spec, "volumeClaimTemplates"))
    yield from _replicated(spec, "statefulset", minor, claims)
    service = text(spec, "serviceName")
    if service and names.dns_label(service):
        yield invalid(Category.NAME, ("spec", "serviceName"), service, names.dns_label(service))
    for index, claim in items(spec, "volumeClaimTemplates"):
        path: Path = ("spec", "volumeClaimTemplates", index)
        if not text(obj(claim, "metadata"), "name"):
            yield required((*path, "metadata", "name"))
        yield from claim_spec(obj(claim, "spec"), (*path, "spec"))
    update = obj(spec, "updateStrategy")
    if text(update, "type") == "OnDelete" and has(update, "rollingUpdate"):
        why = "only allowed for updateStrategy 'RollingUpdate'"
        yield invalid(Category.CONFLICT, ("spec", "updateStrategy", "rollingUpdate"), dict(update), why)


def job(data: Object, minor: int) -> Iterator[Violation]:
    """A Job."""
    yield from _job_spec(obj(data, "spec"), ("spec",), minor)


def cron_job(data: Object, minor: int) -> Iterator[Violation]:
    """A CronJob with the Job in it."""
    name = text(obj(data, "metadata"), "name")
    if len(name) > _NAME_OF_CRON_JOB:
        why = f"must be no more than {_NAME_OF_CRON_JOB} characters"
        yield invalid(Category.NAME, ("metadata", "name"), name, why)
    spec = obj(data, "spec")
    plan = text(spec, "schedule")
    if not plan:
        yield required(("spec", "schedule"))
    elif schedule(plan):
        yield invalid(Category.SCHEDULE, ("spec", "schedule"), plan, schedule(plan))
    zone = spec.get("timeZone")
    if isinstance(zone, str) and time_zone(zone):
        yield invalid(Category.SCHEDULE, ("spec", "timeZone"), zone, time_zone(zone))
    path: Path = ("spec", "jobTemplate", "spec")
    yield from _job_spec(obj(spec, "jobTemplate", "spec"), path, minor, in_cron_job=True)


def _replicated(spec: Object, kind: str, minor: int, claims: tuple[str, ...] = ()) -> Iterator[Violation]:
    chosen = spec.get("selector")
    if isinstance(chosen, dict):
        yield from selector(chosen, ("spec", "selector"))
        if not chosen.get("matchLabels") and not chosen.get("matchExpressions"):
            why = f"empty selector is invalid for {kind}"
            yield invalid(Category.SELECTOR, ("spec", "selector"), chosen, why)
    labels = obj(spec, "template", "metadata", "labels")
    if has(spec, "template"):
        if isinstance(chosen, dict) and chosen and not matches(chosen, labels):
            path: Path = ("spec", "template", "metadata", "labels")
            yield _mismatch(path, chosen, labels)
        yield from template(obj(spec, "template"), ("spec", "template"), minor, claims)
    pod = obj(spec, "template", "spec")
    if text(pod, "restartPolicy") not in ("", "Always"):
        message = f'Unsupported value: {quoted(pod["restartPolicy"])}: supported values: "Always"'
        yield Violation(Category.ENUM, ("spec", "template", "spec", "restartPolicy"), message)
    if has(pod, "activeDeadlineSeconds"):
        why = "activeDeadlineSeconds is only for Jobs and bare Pods"
        yield forbidden(("spec", "template", "spec", "activeDeadlineSeconds"), why)


def _mismatch(path: Path, chosen: Object, labels: Object) -> Violation:
    wanted = ", ".join(f"{key}={value}" for key, value in obj(chosen, "matchLabels").items()) or "its expressions"
    there = ", ".join(f"{key}={value}" for key, value in labels.items()) or "none"
    message = "Invalid value: `selector` does not match template `labels`"
    return Violation(Category.SELECTOR, path, message, f"The selector wants {wanted}; the template has {there}.")


def _rolling(rolling: Object, path: Path) -> Iterator[Violation]:
    zero = []
    for field in ("maxUnavailable", "maxSurge"):
        value = rolling.get(field)
        yield from int_or_percent(value, (*path, field), at_most_all=field == "maxUnavailable")
        zero.append(value in (0, "0%"))
    if all(zero):
        yield invalid(Category.CONFLICT, (*path, "maxUnavailable"), 0, "may not be 0 when `maxSurge` is 0")


def int_or_percent(value: Any, path: Path, at_most_all: bool) -> Iterator[Violation]:
    """A number that is not negative, or a percentage."""
    if isinstance(value, str):
        digits = value.removesuffix("%")
        if not value.endswith("%") or not (digits.isascii() and digits.isdigit()):
            why = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%', or '93%')"
            yield invalid(Category.FORMAT, path, value, why)
        elif at_most_all and int(digits) > 100:
            yield invalid(Category.RANGE, path, value, "must not be greater than 100%")
    elif isinstance(value, int) and not isinstance(value, bool) and value < 0:
        yield invalid(Category.RANGE, path, value, "must be greater than or equal to 0")


def _job_spec(spec: Object, path: Path, minor: int, in_cron_job: bool = False) -> Iterator[Violation]:
    indexed = text(spec, "completionMode") == "Indexed"
    if indexed and not has(spec, "completions"):
        yield required((*path, "completions"), "when completion mode is Indexed")
    if not indexed:
        for field in ("backoffLimitPerIndex", "maxFailedIndexes", "successPolicy"):
            if has(spec, field):
                value = spec[field]
                yield invalid(Category.CONFLICT, (*path, field), value, "requires indexed completion mode")
    if in_cron_job and spec.get("manualSelector") is True:
        message = 'Unsupported value: true: supported values: "nil", "false"'
        yield Violation(Category.ENUM, (*path, "manualSelector"), message)
    if has(spec, "template"):
        yield from template(obj(spec, "template"), (*path, "template"), minor)
    policy = text(obj(spec, "template", "spec"), "restartPolicy")
    if has(spec, "template") and policy in ("", "Always"):
        here = (*path, "template", "spec", "restartPolicy")
        yield required(here, 'valid values: "OnFailure", "Never"')
    elif has(spec, "podFailurePolicy") and policy == "OnFailure":
        why = 'only "Never" is supported when podFailurePolicy is specified'
        yield invalid(Category.CONFLICT, (*path, "template", "spec", "restartPolicy"), policy, why)
