"""A Pod, or a namespace, may do more to the node than before.

Bad:

    securityContext: {privileged: true}

Good:

    securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from presync.base.finding import Severity
from presync.change.model import Change
from presync.rules.changes import about
from presync.rules.model import Match

ID = "CHG009"
NAME = "pod-security-loosened"
SEVERITY = Severity.WARNING


_LOOSE = {
    "privileged": True,
    "allowPrivilegeEscalation": True,
    "runAsNonRoot": False,
    "readOnlyRootFilesystem": False,
    "hostNetwork": True,
    "hostPID": True,
    "hostIPC": True,
    "automountServiceAccountToken": True,
}
_LEVELS = ("restricted", "baseline", "privileged")
_ENFORCE = "pod-security.kubernetes.io/enforce"


def change(change: Change) -> Iterator[Match]:
    """Every such field that is new or turned."""
    for one in change.resources:
        for difference in one.differences if one.old is not None else ():
            last = str(difference.path[-1]) if difference.path else ""
            if last == _ENFORCE and _level(difference.new) > _level(difference.old):
                yield about(one, difference, f"the namespace permits {difference.new} Pods now", "Keep it restricted.")
            for name in _loose(last, difference.new):
                if difference.old is not _LOOSE[name]:
                    yield about(one, difference, f"{name} is {str(_LOOSE[name]).lower()} now", "Leave it out.")
            if difference.added and ("hostPath" in map(str, difference.path) or _mounts_node(difference.new)):
                yield about(one, difference, "a folder of the node is mounted now", "Use a volume of its own.")
    for application in change.applications:
        for difference in application.differences:
            if str(difference.path[-1]) == _ENFORCE and _level(difference.new) > _level(difference.old):
                yield Match(
                    f"the namespace of {application.entry.name} permits {difference.new} Pods now",
                    "Keep it restricted.",
                    application.new,
                    location=application.entry.application.origin.place,
                    field=_ENFORCE,
                )


def _loose(name: str, value: Any) -> Iterator[str]:
    """The loose settings in what is new."""
    if isinstance(value, Mapping):
        for key, below in value.items():
            yield from _loose(str(key), below)
    elif isinstance(value, list):
        for below in value:
            yield from _loose("", below)
    elif name in _LOOSE and value is _LOOSE[name]:
        yield name


def _mounts_node(value: Any) -> bool:
    return isinstance(value, Mapping) and "hostPath" in value


def _level(value: object) -> int:
    return _LEVELS.index(str(value)) if str(value) in _LEVELS else 0
