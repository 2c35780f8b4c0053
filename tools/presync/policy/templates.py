"""Reading ConstraintTemplates."""

from __future__ import annotations

from typing import Any

from presync.policy.model import CEL, REGO, TARGET, TEMPLATES, Fault, Object, Template, listed, mapping

_VERSIONS = ("v1", "v1beta1", "v1alpha1")
_CODE = ("spec", "targets", 0)


def is_template(data: Object) -> bool:
    """Whether an object is a ConstraintTemplate."""
    return data.get("kind") == "ConstraintTemplate" and group_of(data) == TEMPLATES


def group_of(data: Object) -> str:
    """The API group of an object."""
    return str(data.get("apiVersion") or "").rpartition("/")[0]


def read(data: Object) -> Template | Fault:
    """The template, or why Gatekeeper refuses it before it looks at its code."""
    version = str(data.get("apiVersion") or "").rpartition("/")[2]
    if version not in _VERSIONS:
        return Fault(f"{TEMPLATES}/{version} is not a version of ConstraintTemplate", ("apiVersion",), served=True)
    spec = mapping(data.get("spec"))
    name = str(mapping(data.get("metadata")).get("name") or "")
    names = mapping(mapping(mapping(spec.get("crd")).get("spec")).get("names"))
    kind = str(names.get("kind") or "")
    if not kind:
        return Fault(f'ConstraintTemplate "{name}" does not specify CRD Kind', ("spec", "crd", "spec", "names", "kind"))
    if name != kind.lower():
        return Fault(
            f'the ConstraintTemplate\'s name "{name}" is not equal to the lowercase of CRD\'s Kind: "{kind.lower()}"',
            ("metadata", "name"),
            f"Name it {kind.lower()}.",
        )
    targets = listed(spec.get("targets"))
    if len(targets) != 1:
        what = "no targets specified" if not targets else "multi-target templates are not currently supported"
        return Fault(f"{what}: ConstraintTemplate must specify one target", ("spec", "targets"))
    target = mapping(targets[0])
    if target.get("target") != TARGET:
        return Fault(
            f"there is no target {target.get('target')}; Gatekeeper's is {TARGET}", ("spec", "targets", 0, "target")
        )
    found = _engine(target)
    if isinstance(found, Fault):
        return found
    engine, code = found
    operations = tuple(str(one) for one in listed(target.get("operations")))
    return Template(name, kind, engine, code, data, operations)


def _engine(target: Object) -> tuple[str, Object] | Fault:
    """The engine that decides, and its source; CEL goes first where a template has both."""
    sources: dict[str, Any] = {}
    if isinstance(target.get("rego"), str) and target["rego"]:
        sources[REGO] = {"rego": target["rego"], "libs": listed(target.get("libs"))}
    for one in listed(target.get("code")):
        sources.setdefault(str(mapping(one).get("engine")), mapping(mapping(one).get("source")))
    for engine in (CEL, REGO):
        if engine in sources:
            if engine == REGO and not isinstance(sources[engine].get("rego"), str):
                return Fault("rego source missing required field: rego", (*_CODE, "code"))
            return engine, sources[engine]
    known = ", ".join(sources) or "none"
    return Fault(f"no code of a known engine ({REGO}, {CEL}); engines here: {known}", _CODE)
