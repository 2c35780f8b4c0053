"""Objects that extend the API: CRDs, webhooks, API services; and what is left over."""

from __future__ import annotations

from collections.abc import Iterator

from presync.platform.validation import names
from presync.platform.validation.access import (
    Object,
    duplicate,
    has,
    invalid,
    items,
    number,
    obj,
    required,
    text,
    texts,
)
from presync.platform.validation.metadata import selector
from presync.platform.violation import Category, Path, Violation

_REVIEW_VERSIONS = {"v1": None, "v1beta1": None}.keys()  # in this order
_HIGHEST_PRIORITY = 1_000_000_000


def custom_resource_definition(data: Object, minor: int) -> Iterator[Violation]:
    """A CustomResourceDefinition; its schema is looked at when it is used."""
    spec = obj(data, "spec")
    wanted = f"{text(obj(spec, 'names'), 'plural')}.{text(spec, 'group')}"
    name = text(obj(data, "metadata"), "name")
    if name and name != wanted:
        why = f'must be spec.names.plural+"."+spec.group ({wanted})'
        yield invalid(Category.NAME, ("metadata", "name"), name, why)
    versions = list(items(spec, "versions"))
    stored = [version for _, version in versions if version.get("storage") is True]
    if versions and len(stored) != 1:
        why = "must have exactly one version marked as storage version"
        yield invalid(Category.CONFLICT, ("spec", "versions"), [], why)
    for index, version in versions:
        if not has(obj(version, "schema"), "openAPIV3Schema"):
            yield required(("spec", "versions", index, "schema", "openAPIV3Schema"), "schemas are required")


def api_service(data: Object, minor: int) -> Iterator[Violation]:
    """An APIService."""
    spec = obj(data, "spec")
    wanted = f"{text(spec, 'version')}.{text(spec, 'group')}"
    name = text(obj(data, "metadata"), "name")
    if name and name != wanted:
        yield invalid(Category.NAME, ("metadata", "name"), name, f'must be `spec.version+"."+spec.group`: {wanted!r}')


def webhooks(data: Object, minor: int) -> Iterator[Violation]:
    """Validating and mutating webhooks."""
    seen: set[str] = set()
    for index, hook in items(data, "webhooks"):
        path: Path = ("webhooks", index)
        name = text(hook, "name")
        if not name:
            yield required((*path, "name"))
        elif name in seen:
            yield duplicate((*path, "name"), name)
        elif names.dns_subdomain(name):
            yield invalid(Category.NAME, (*path, "name"), name, names.dns_subdomain(name))
        seen.add(name)
        if name and name.count(".") < 2:
            why = "should be a domain with at least three segments separated by dots"
            yield invalid(Category.NAME, (*path, "name"), name, why)
        client = obj(hook, "clientConfig")
        if has(hook, "clientConfig") and has(client, "url") == has(client, "service"):
            yield required((*path, "clientConfig"), "exactly one of url or service is required")
        yield from _review_versions(hook, (*path, "admissionReviewVersions"))
        yield from _service_path(text(obj(client, "service"), "path"), (*path, "clientConfig", "service", "path"))
        for field in ("namespaceSelector", "objectSelector"):
            yield from selector(hook.get(field), (*path, field))


def _review_versions(hook: Object, path: Path) -> Iterator[Violation]:
    versions = texts(hook, "admissionReviewVersions")
    if "admissionReviewVersions" in hook and not versions:
        yield required(path)
    for index, version in enumerate(versions):
        if version in versions[:index]:
            yield invalid(Category.DUPLICATE, (*path, index), version, "duplicate version")
        elif names.dns_label_1035(version):
            yield invalid(Category.NAME, (*path, index), version, names.dns_label_1035(version))
    if versions and not _REVIEW_VERSIONS & set(versions):
        yield invalid(Category.ENUM, path, versions, f"must include at least one of {', '.join(_REVIEW_VERSIONS)}")


def _service_path(value: str, path: Path) -> Iterator[Violation]:
    if not value.startswith("/") or value == "/":
        return  # the schema says what is wrong with another beginning
    for step in value[1:].removesuffix("/").split("/"):
        wrong = names.dns_subdomain(step) if step else "segments may not be empty"
        if wrong:
            yield invalid(Category.FORMAT, path, value, wrong)
            return


def priority_class(data: Object, minor: int) -> Iterator[Violation]:
    """A PriorityClass."""
    name, value = text(obj(data, "metadata"), "name"), number(data, "value")
    if name.startswith("system-"):
        yield invalid(
            Category.NAME, ("metadata", "name"), name, "priority class names with 'system-' prefix are reserved"
        )
    elif value is not None and value > _HIGHEST_PRIORITY:
        why = f"maximum allowed value of a user defined priority is {_HIGHEST_PRIORITY}"
        yield invalid(Category.RANGE, ("value",), value, why)
