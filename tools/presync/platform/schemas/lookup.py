"""Which schema an object is checked against, and what to say when there is none."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from presync.argocd.model import GROUP
from presync.argocd.versions import schema_of
from presync.base import goyaml
from presync.platform.index import index
from presync.platform.memo import memo
from presync.platform.model import Platform
from presync.platform.schemas import bundled
from presync.platform.schemas.crd import Declared, declared
from presync.platform.schemas.errors import FORMATS, violations
from presync.platform.schemas.keys import KEYWORDS
from presync.platform.schemas.kubernetes import Kubernetes, kubernetes
from presync.platform.schemas.removed import EARLY_GROUPS
from presync.platform.schemas.structural import has_null, without_nulls
from presync.platform.violation import Violation
from presync.render.model import Resource
from presync.tree import TreeError

if TYPE_CHECKING:
    import jsonschema_rs

_MENTIONS_CRD = re.compile(rb"kind:\s*[\"']?CustomResourceDefinition|\"kind\":\s*\"CustomResourceDefinition")
_FILES = (".yaml", ".yml", ".json")
_MAX_CRD_FILE = 8 * 1024 * 1024


@dataclass(frozen=True)
class Custom:
    """A custom kind with its compiled schema."""

    declared: Declared
    document: Mapping[str, Any] = field(repr=False)
    validator: jsonschema_rs.Draft202012Validator = field(repr=False)

    def check(self, data: Mapping[str, Any], server_side: bool) -> Iterator[Violation]:
        """What the schema refuses; server-side apply keeps nulls that other ways of applying drop."""
        if not server_side and has_null(data):
            data = without_nulls(data, self.document, self.document)
        if not self.validator.is_valid(data):
            yield from violations(self.validator.iter_errors(data), self.document)


@dataclass(frozen=True, slots=True)
class Broken:
    """A CRD whose schema cannot be used."""

    declared: Declared
    reason: str


class Schemas:
    """Everything there is to check objects of one platform with."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._customs: dict[tuple[str, str, str, str], Custom | Broken | None] = {}

    @cached_property
    def versions(self) -> tuple[Kubernetes, ...]:
        """The configured versions there are schemas of."""
        found = (kubernetes(version) for version in self._platform.settings.kubernetes)
        return tuple(one for one in found if one is not None)

    def built_in(self, group: str) -> bool:
        """Whether a group belongs to Kubernetes itself, in some version presync has schemas of."""
        return group in EARLY_GROUPS or any(group in version.groups for version in self.versions)

    def check_built_in(self, version: Kubernetes, resource: Resource, server_side: bool) -> Iterator[Violation] | None:
        """What a version's schema refuses; None when the version does not have the kind."""
        group, _, name = resource.api_version.rpartition("/")
        validator = version.validator((group, name, resource.kind), server_side)
        if validator is None:
            return None
        if validator.is_valid(resource.data):
            return iter(())
        return violations(validator.iter_errors(resource.data), version.document)

    def custom(self, cluster: str, resource: Resource) -> Custom | Broken | None:
        """The schema of a custom kind, the one rendered for this cluster first; None when there is none."""
        group, _, version = resource.api_version.rpartition("/")
        key = (cluster, group, version, resource.kind)
        if key not in self._customs:
            one = self._declared(cluster, group, version, resource.kind)
            self._customs[key] = None if one is None else self._compiled(one)
        return self._customs[key]

    def served(self, cluster: str, group: str, kind: str) -> tuple[str, ...]:
        """The versions of a custom kind that are served; empty when the kind is not known at all."""
        for known in self._sources(cluster):
            found = [one.version for one in known.get((group, kind), ()) if one.served]
            if found:
                return tuple(found)
        return bundled.kinds().get((group, kind), ())

    def _declared(self, cluster: str, group: str, version: str, kind: str) -> Declared | None:
        for known in self._sources(cluster):
            versions = known.get((group, kind))
            if versions:  # this CRD decides, also when it has not the version
                return next((one for one in versions if one.version == version and one.served), None)
        return bundled.load(group, version, kind)

    def _sources(self, cluster: str) -> Iterator[Mapping[tuple[str, str], list[Declared]]]:
        yield self._rendered.get(cluster, {})
        for other, known in self._rendered.items():
            if other != cluster:
                yield known
        yield self._listed
        yield self._in_tree

    def _compiled(self, one: Declared) -> Custom | Broken:
        import jsonschema_rs  # noqa: PLC0415 - 20 ms that a run without custom kinds need not pay

        try:
            schema = one.schema()
            if one.group == GROUP:  # the bundled CRDs are those of the newest Argo CD
                schema = schema_of(self._platform.settings.argocd, schema)
            validator = jsonschema_rs.Draft202012Validator(
                schema,
                keywords=KEYWORDS,
                formats=FORMATS,
                validate_formats=True,
                pattern_options=jsonschema_rs.RegexOptions(),
            )
        except (ValueError, jsonschema_rs.ValidationError) as error:
            return Broken(one, str(error).splitlines()[0])
        return Custom(one, schema, validator)

    @cached_property
    def _rendered(self) -> dict[str, dict[tuple[str, str], list[Declared]]]:
        """Cluster to the kinds that are rendered for it."""
        found: dict[str, dict[tuple[str, str], list[Declared]]] = {}
        known = index(self._platform)
        for group, kind in (
            ("apiextensions.k8s.io", "CustomResourceDefinition"),
            ("templates.gatekeeper.sh", "ConstraintTemplate"),
        ):
            for entry, resource in known.of_kind(group, kind):
                kinds = found.setdefault(entry.application.destination.cluster, {})
                for one in declared(resource.data, str(resource.source)):
                    kinds.setdefault((one.group, one.kind), []).append(one)
        return found

    @cached_property
    def _listed(self) -> dict[tuple[str, str], list[Declared]]:
        """From the files and folders that ``crds:`` in the settings names."""
        tree = self._platform.tree
        paths: list[str] = []
        for name in self._platform.settings.crds:
            clean = posixpath.normpath(name)
            paths += [clean] if tree.is_file(clean) else tree.below("" if clean == "." else clean)
        return self._from_files(path for path in paths if path.endswith(_FILES))

    @cached_property
    def _in_tree(self) -> dict[tuple[str, str], list[Declared]]:
        """From every file of the tree but excluded ones; read only when a kind is found nowhere else."""
        excludes = self._platform.settings.excludes
        return self._from_files(
            path for path in self._platform.tree.paths if path.endswith(_FILES) and not excludes(path)
        )

    def _from_files(self, paths: Iterator[str]) -> dict[tuple[str, str], list[Declared]]:
        found: dict[tuple[str, str], list[Declared]] = {}
        for path in paths:
            try:
                data = self._platform.tree.read(path)
                if len(data) > _MAX_CRD_FILE or not _MENTIONS_CRD.search(data):
                    continue
                for document in goyaml.documents(goyaml.decode(data)):
                    for one in _of_document(document.data, path):
                        found.setdefault((one.group, one.kind), []).append(one)
            except (TreeError, goyaml.GoYamlError):
                continue  # a template, or broken: whoever renders it tells
        return found


def _of_document(data: Any, path: str) -> Iterator[Declared]:
    if not isinstance(data, Mapping):
        return
    items = data.get("items")
    for one in items if data.get("kind") == "List" and isinstance(items, list) else [data]:
        if isinstance(one, Mapping):
            yield from declared(one, path)


def schemas(platform: Platform) -> Schemas:
    """The schemas of a platform."""
    return memo(platform, "schemas", Schemas)
