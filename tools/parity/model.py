"""A case, and what somebody (Argo CD or presync) makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """An input: the manifests that are applied, and the repository they speak of."""

    group: str
    name: str
    why: str
    manifests: str
    files: Mapping[str, str]
    clusters: str = ""  # Secrets of further clusters, as manifests
    sync: bool = False  # only a sync shows the verdict
    unsupported: tuple[str, ...] = ()  # rules with which presync says that it cannot tell
    differs: str = ""  # why presync's answer is another one on purpose

    @property
    def id(self) -> str:
        """GROUP/NAME."""
        return f"{self.group}/{self.name}"

    @property
    def new_globbing(self) -> bool:
        """Whether the ApplicationSet controller runs with its new globbing."""
        return "newGitFileGlobbing: true" in self.files["presync.yaml"]

    @property
    def url(self) -> str:
        """Under which Argo CD knows the repository."""
        return f"https://git.example.com/parity/{self.name}.git"


@dataclass
class Outcome:
    """What comes of an input, by name."""

    applications: dict[str, Object] = field(default_factory=dict)
    sets: dict[str, str] = field(default_factory=dict)  # why an ApplicationSet yields nothing, or not everything
    refused: dict[str, str] = field(default_factory=dict)  # KIND.NAME: why the API server does not take it
    rendered: dict[str, list[Object]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    denied: dict[str, str] = field(default_factory=dict)
    rules: dict[str, set[str]] = field(default_factory=dict)  # presync alone: rules by Application; "" for none
    undetermined: dict[str, str] = field(default_factory=dict)  # presync alone: it cannot tell, and why


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not the same on both sides."""

    what: str  # the file of the golden result it is about
    argocd: str
    presync: str

    def __str__(self) -> str:
        return f"{self.what}\n    Argo CD: {self.argocd}\n    presync: {self.presync}"
