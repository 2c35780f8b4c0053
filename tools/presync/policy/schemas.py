"""A constraint against the schema that its template declares."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from presync.platform.schemas.crd import declared
from presync.platform.schemas.errors import FORMATS, violations
from presync.platform.schemas.keys import KEYWORDS
from presync.platform.schemas.structural import strict, without_nulls
from presync.platform.violation import Category
from presync.policy.model import Fault, Object, PolicyError, Template, mapping

if TYPE_CHECKING:
    import jsonschema_rs

_OPEN = "x-kubernetes-preserve-unknown-fields"


class ConstraintSchema:
    """What constraints of one template may say.

    Raises:
        PolicyError: the template's own schema is not one.
    """

    def __init__(self, template: Template) -> None:
        import jsonschema_rs  # noqa: PLC0415 - 20 ms that a run without constraints need not pay

        validation = mapping(_crd(template.data).get("validation"))
        raw = validation.get("openAPIV3Schema")
        self.parameters = raw if isinstance(raw, Mapping) else {}
        version = str(template.data.get("apiVersion") or "")
        # In v1beta1 parameters are open unless the template says otherwise; the API server then checks nothing that
        # the K8S rules would tell, so it is told here.
        self.legacy = validation.get("legacySchema", version.endswith("/v1beta1")) is True
        try:
            one = next(declared(template.data, template.name))
            self._document = one.schema()
            if self.legacy and self.parameters:
                inner = strict({"type": "object", "properties": {"parameters": _opened(self.parameters)}})
                spec = self._document["properties"]["spec"]
                spec["properties"] = {**spec["properties"], "parameters": inner["properties"]["parameters"]}
            self._validator: jsonschema_rs.Draft202012Validator = jsonschema_rs.Draft202012Validator(
                self._document,
                keywords=KEYWORDS,
                formats=FORMATS,
                validate_formats=True,
                pattern_options=jsonschema_rs.RegexOptions(),
            )
        except (
            ValueError,
            TypeError,
            KeyError,
            AttributeError,
            RecursionError,
            jsonschema_rs.ValidationError,
        ) as error:
            raise PolicyError(f"the schema of its parameters is not one: {str(error).splitlines()[0]}", True) from None

    def faults(self, data: Object) -> Iterator[Fault]:
        """What the schema refuses."""
        clean = without_nulls(data, self._document, self._document)
        if self._validator.is_valid(clean):
            return
        for one in violations(self._validator.iter_errors(clean), self._document):
            served = not self.legacy or one.path[:2] != ("spec", "parameters")
            yield Fault(one.message, one.path, one.remedy, served, schema=one.category is not Category.UNKNOWN)

    def defaulted(self, parameters: Any) -> Any:
        """Parameters with the schema's defaults filled in."""
        return _defaulted(parameters, self.parameters)


def _crd(data: Object) -> Object:
    return mapping(mapping(mapping(data.get("spec")).get("crd")).get("spec"))


def _opened(schema: Any) -> Any:
    """A legacy schema: objects keep what they do not declare, and types may be missing."""
    if not isinstance(schema, Mapping):
        return schema
    out = dict(schema)
    if "properties" in out and isinstance(out["properties"], Mapping):
        out["properties"] = {key: _opened(value) for key, value in out["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(out.get(key), Mapping):
            out[key] = _opened(out[key])
    if out.get("type") in (None, "object") and not isinstance(out.get("additionalProperties"), Mapping):
        out[_OPEN] = True
    return out


def _defaulted(data: Any, schema: Any) -> Any:
    """As the API server does: only below what is there."""
    schema = mapping(schema)
    if isinstance(data, Mapping):
        out = dict(data)
        properties, others = mapping(schema.get("properties")), schema.get("additionalProperties")
        for key, below in properties.items():
            if out.get(key) is None and isinstance(below, Mapping) and below.get("default") is not None:
                out[key] = copy.deepcopy(below["default"])
        for key, value in out.items():
            out[key] = _defaulted(value, properties.get(key, others))
        return out
    if isinstance(data, list):
        return [_defaulted(one, schema.get("items")) for one in data]
    return data
