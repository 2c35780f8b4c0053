"""The list generator: elements, and elementsYaml behind them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from presync.argocd.appset.generation import Generator, Outcome, ParamSet, Refused, Run, Undetermined, yaml_error
from presync.argocd.appset.gotypes import Path
from presync.argocd.appset.govalues import Params
from presync.base import goyaml


def list_sets(run: Run, generator: Generator, path: Path) -> Outcome:
    """The parameter sets of a list generator."""
    sets: list[ParamSet] = []
    for index, element in enumerate(generator.get("elements") or ()):
        place = (*path, "elements", index)
        if element is None:
            return Refused("error unmarshling list element unexpected end of JSON input", place)
        if not isinstance(element, dict):
            kind = {str: "string", bool: "bool", list: "array"}.get(type(element), "number")
            return Refused(
                f"error unmarshling list element json: cannot unmarshal {kind} into Go value of type "
                "map[string]interface {}",
                place,
            )
        try:
            params = element if run.go else _texts(element)
        except ValueError as error:
            return Refused(str(error), place)
        sets.append(ParamSet(params, (run.lines.at(place),)))
    if generator.get("elementsYaml"):
        try:
            more = _elements(run, generator["elementsYaml"])
        except Undetermined as reason:
            return reason.at((*path, "elementsYaml"))
        except ValueError as error:
            return Refused(f"error unmarshling decoded ElementsYaml {error}", (*path, "elementsYaml"))
        origin = (run.lines.at((*path, "elementsYaml")),)
        sets += [ParamSet(params, origin) for params in more]
    return sets


def _texts(element: Mapping[str, Any]) -> Params:
    """Without goTemplate every parameter must be text; ``values`` may be a map of texts.

    Raises:
        ValueError: in Argo CD's words.
    """
    params: Params = {}
    for key, value in element.items():
        if key == "values":
            if not isinstance(value, dict):
                raise ValueError("error parsing values map")
            params.update({f"values.{inner}": text for inner, text in value.items()})
        else:
            params[key] = value
    if not all(isinstance(value, str) for value in params.values()):
        raise ValueError("error parsing value as string %!w(<nil>)")
    return params


def _elements(run: Run, text: str) -> list[Params]:
    try:
        data = goyaml.load(text)
    except goyaml.GoYamlError as error:
        words = yaml_error(run.context.engine, text, error)
        raise ValueError(f"error converting YAML to JSON: {words}") from None
    words = "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal"
    if data is not None and not isinstance(data, list):
        kind = {str: "string", bool: "bool", dict: "object"}.get(type(data), "number")
        raise ValueError(f"{words} {kind} into Go value of type []map[string]interface {{}}")
    for item in data or ():
        if item is not None and not isinstance(item, dict):
            kind = {str: "string", bool: "bool", list: "array"}.get(type(item), "number")
            raise ValueError(f"{words} {kind} into Go value of type map[string]interface {{}}")
    return [item or {} for item in data or ()]
