"""The same tree under other versions of Argo CD, Helm or Kubernetes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from presync.argocd.versions import HELM, VERSIONS, helm_of
from presync.base.errors import PresyncError
from presync.platform.model import Entry, Platform
from presync.platform.schemas.deprecated import deprecation
from presync.platform.schemas.kubernetes import available
from presync.render.apis import known
from presync.render.model import Resource
from presync.settings import Settings

_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Wanted:
    """The versions somebody asks about; empty: what presync.yaml says.

    Raises:
        PresyncError: presync does not know one of them.
    """

    argocd: str = ""
    helm: str = ""
    kubernetes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check("Argo CD", self.argocd, VERSIONS)
        _check("Helm", self.helm, tuple(sorted({*HELM.values(), *(one.partition(".")[0] for one in HELM.values())})))
        for one in self.kubernetes:
            _check("Kubernetes", one, available())

    def __bool__(self) -> bool:
        return bool(self.argocd or self.helm or self.kubernetes)

    def settings(self, settings: Settings) -> Settings:
        """The settings with these versions. Another Argo CD brings its own Helm, unless one is named."""
        full = {one.partition(".")[0]: one for one in HELM.values()}
        return replace(
            settings,
            argocd=self.argocd or settings.argocd,
            helm=full.get(self.helm, self.helm),
            kubernetes=self.kubernetes or settings.kubernetes,
        )


def _check(what: str, version: str, versions: tuple[str, ...]) -> None:
    if version and version not in versions:
        raise PresyncError(f"presync does not know {what} {version}", f"It knows {', '.join(versions)}.")


def described(settings: Settings) -> str:
    """The versions in words."""
    helm = helm_of(settings.argocd, settings.helm)
    return f"Argo CD {settings.argocd}, Helm {helm}, Kubernetes {', '.join(settings.kubernetes)}"


def notes(base: Platform, head: Platform) -> Iterator[str]:
    """What is compared, and what presync cannot know of the versions."""
    yield f"{head.tree.label} under {described(head.settings)}"
    yield f"compared with {base.tree.label} under {described(base.settings)}"
    if base.settings.argocd != head.settings.argocd:
        yield "docs/fidelity.md says what each Argo CD does otherwise, and how far that is modelled"
    first = head.settings.kubernetes[0]
    if first not in known():
        yield f"of Kubernetes {first} presync knows the schemas; charts are told the APIs of the nearest version"


@dataclass(frozen=True, slots=True)
class Deprecated:
    """An object of an API that is on its way out."""

    entry: Entry
    resource: Resource
    version: str
    why: str

    def __str__(self) -> str:
        return f"{self.resource.api_version} {self.resource.kind}, {self.why}"


def deprecated(platform: Platform) -> tuple[Deprecated, ...]:
    """Objects whose API a configured version still serves, though not for long."""
    return tuple(
        Deprecated(entry, resource, version, why)
        for entry, resource in platform.resources()
        for version in platform.settings.kubernetes
        if (why := deprecation(version, _kind(resource)))
    )


def summary(found: Sequence[Deprecated]) -> Iterator[str]:
    """One line for each API."""
    objects: dict[str, list[str]] = {}
    for one in found:
        objects.setdefault(str(one), []).append(f"{one.entry.name} {one.resource.name}")
    for what, names in objects.items():
        unique = list(dict.fromkeys(names))
        more = f" and {len(unique) - _SHOWN} more" if len(unique) > _SHOWN else ""
        yield f"{what}: {', '.join(unique[:_SHOWN])}{more}"


def _kind(resource: Resource) -> tuple[str, str, str]:
    return resource.group, resource.api_version.rpartition("/")[2], resource.kind
