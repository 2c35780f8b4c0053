"""From an ApplicationSet's generators to parameter sets: list, matrix and merge, selectors, and the way to the others.

After https://github.com/argoproj/argo-cd/tree/v3.5.7/applicationset/generators. The second generator of a matrix is
filled in once for every parameter set of the first. To ask the template engine once and not a thousand times,
everything here works on many instances of one generator at a time: a request is an instance, an answer is its
parameter sets.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from presync.argocd.appset import govalues
from presync.argocd.appset.clusters import cluster_sets
from presync.argocd.appset.filling import Form
from presync.argocd.appset.generation import (
    MAX_EVALUATIONS,
    MAX_SETS,
    Generator,
    Outcome,
    Panicked,
    ParamSet,
    Refused,
    Run,
    Undetermined,
    yaml_error,
)
from presync.argocd.appset.gitgenerator import git_sets
from presync.argocd.appset.gotypes import DecodeError, Path, Type, check_json, decode, struct
from presync.argocd.appset.govalues import GoPanic, Params
from presync.argocd.appset.recorded import KINDS as RECORDED
from presync.argocd.appset.recorded import recorded_sets
from presync.argocd.appset.selectors import SelectorError, parse
from presync.argocd.appset.templating import Evaluation, Failure
from presync.base import goyaml

GENERATOR = struct("ApplicationSetGenerator")
NESTED = {"matrix": struct("NestedMatrixGenerator"), "merge": struct("NestedMergeGenerator")}

_MISSING_KEY = ("map has no entry for key", "can't evaluate field")


@dataclass(frozen=True, slots=True)
class Request:
    """A generator, and the parameters of its left neighbour in a matrix, if any."""

    generator: Generator
    params: Params | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What one kind in a generator yields; a generator may name several kinds."""

    kind: str
    sets: list[ParamSet]


def kinds(generator: Generator) -> list[str]:
    """What a generator is, in the order in which Argo CD goes through it."""
    return [key for key in GENERATOR.fields if key != "selector" and key in generator]


def transform(run: Run, requests: Sequence[Request], path: Path) -> list[list[Answer] | Refused | Undetermined]:
    """The parameter sets of every request; all of them are instances of the generator at ``path``."""
    out: list[list[Answer] | Refused | Undetermined] = [[] for _ in requests]
    filled = _interpolate(run, requests, path)
    for kind in kinds(requests[0].generator) if requests else ():
        working = [index for index, one in enumerate(filled) if isinstance(one, Mapping)]
        instances: dict[int, int] = {}
        unique: list[Generator] = []
        for index in working:
            if id(filled[index]) not in instances:
                instances[id(filled[index])] = len(unique)
                unique.append(filled[index][kind])
        outcomes = _dispatch(run, kind, unique, (*path, kind))
        for index in working:
            outcome = outcomes[instances[id(filled[index])]]
            answers = out[index]
            if isinstance(outcome, list):
                if isinstance(answers, list):
                    answers.append(Answer(kind, outcome))
            elif isinstance(answers, list):
                out[index] = outcome
    for index, one in enumerate(filled):
        if not isinstance(one, Mapping):
            out[index] = one
    return [_select(request, answers, path) for request, answers in zip(requests, out, strict=True)]


def _select(
    request: Request, answers: list[Answer] | Refused | Undetermined, path: Path
) -> list[Answer] | Refused | Undetermined:
    """What the generator's own selector leaves; it is read as it was before parameters were filled in."""
    data = request.generator.get("selector")
    if data is None:
        return answers
    try:
        selector = parse(data, check_values=False)
    except SelectorError as error:
        return Refused(f"error parsing label selector: {error}", (*path, "selector"))
    if not isinstance(answers, list):
        return answers
    return [
        Answer(answer.kind, [one for one in answer.sets if selector.matches(govalues.flatten(one.params))])
        for answer in answers
    ]


def _interpolate(run: Run, requests: Sequence[Request], path: Path) -> list[Any]:
    """Every request's generator with the parameters of its neighbour filled in, or why that fails.

    Entries of ``values`` may name parameters that only exist later: one that cannot be filled in yet stays.
    """
    forms: dict[int, Form] = {}
    constants: dict[int, Any] = {}
    strict: list[Evaluation] = []
    lenient: list[Evaluation] = []
    for request in requests:
        if request.params:
            key = id(request.generator)
            if key not in forms:
                forms[key] = Form(GENERATOR, request.generator, path, _is_values)
                if not forms[key].slots:
                    constants[key] = forms[key].fill(())
            for slot in forms[key].slots:
                (lenient if slot.lenient else strict).append(Evaluation(slot.text, request.params))
        if len(strict) + len(lenient) > MAX_EVALUATIONS:
            raise run.too_large(f"more than {MAX_EVALUATIONS:,} templates to fill in", path)
    results = iter(run.templates.evaluate(strict))
    tried = iter(run.templates.strict().evaluate(lenient, keep_going=True))
    out: list[Any] = []
    for request in requests:
        if not request.params:
            out.append(request.generator)
        elif id(request.generator) in constants:
            out.append(constants[id(request.generator)])
        else:
            out.append(_filled(forms[id(request.generator)], results, tried))
    return out


def _is_values(of: Type, key: str) -> bool:
    return key == "values" and of.name.endswith("Generator")


def _filled(form: Form, results: Any, tried: Any) -> Any:
    texts: list[str] = []
    refused: Refused | None = None
    for slot in form.slots:
        result = next(tried if slot.lenient else results)
        if isinstance(result, Failure):
            words = "failed to replace parameters in generator: "
            if slot.lenient and any(mark in result.message for mark in _MISSING_KEY):
                result = slot.text
            elif slot.lenient:
                words += f'failed to pre-resolve Values key "{slot.path[-1]}": '
                refused = refused or Refused(words + result.message, slot.path)
            else:
                refused = refused or Refused(words + result.message, slot.path)
        texts.append(str(result))
    return refused or form.fill(texts)


def _dispatch(run: Run, kind: str, generators: Sequence[Generator], path: Path) -> list[Outcome]:
    if not generators:
        return []
    if kind == "list":
        return [_list(run, generator, path) for generator in generators]
    if kind == "git":
        return git_sets(run, generators, path)
    if kind == "clusters":
        return cluster_sets(run, generators, path)
    if kind in RECORDED:
        return recorded_sets(run, kind, generators, path)
    return _matrix(run, generators, path) if kind == "matrix" else _merge(run, generators, path)


def _list(run: Run, generator: Generator, path: Path) -> Outcome:
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


def _children(generator: Generator, index: int) -> Generator | DecodeError:
    """A child as a generator of its own; a matrix or merge in it is read again, and may not nest further."""
    child = dict(generator["generators"][index])
    for kind, of in NESTED.items():
        if kind in child:
            try:
                check_json(of, child[kind])
            except DecodeError as error:
                return error
            child[kind] = decode(of, child[kind], fold=True) if child[kind] is not None else {}
    return child


def _child_sets(
    run: Run, requests: Sequence[tuple[Generator | DecodeError, Params | None]], path: Path
) -> list[Outcome]:
    """The parameter sets of children at one place, which must be of one kind each."""
    good = [Request(child, params) for child, params in requests if not isinstance(child, DecodeError)]
    answers = iter(transform(run, good, path))
    out: list[Outcome] = []
    for child, _ in requests:
        if isinstance(child, DecodeError):
            out.append(Refused(str(child), path))
            continue
        answer = next(answers)
        if isinstance(answer, Refused):
            out.append(answer.within("child generator returned an error on parameter generation: "))
        elif isinstance(answer, Undetermined):
            out.append(answer)
        elif not answer:
            out.append(Refused("child generator generated no parameters", path))
        elif len(answer) > 1:
            out.append(Refused("found more than one generator in matrix.Generators", path))
        else:
            out.append(answer[0].sets)
    return out


def _matrix(run: Run, generators: Sequence[Generator], path: Path) -> list[Outcome]:
    """Every combination of two children; the second is filled in with the parameters of the first."""
    out: list[Outcome] = []
    for generator in generators:
        count = len(generator.get("generators") or ())
        word = "less" if count < 2 else "more"
        wrong = Refused(f"found {word} than two generators, Matrix support only two", (*path, "generators"))
        out.append([] if count == 2 else wrong)
    working = [index for index, outcome in enumerate(out) if isinstance(outcome, list)]
    first_path, second_path = (*path, "generators", 0), (*path, "generators", 1)
    firsts = _child_sets(run, [(_children(generators[index], 0), None) for index in working], first_path)
    requests: list[tuple[Generator | DecodeError, Params | None]] = []
    for index, first in zip(working, firsts, strict=True):
        if isinstance(first, list):
            child = _children(generators[index], 1)
            _bound_product(run, len(first), child, path)
            requests += [(child, one.params) for one in first]
    seconds = iter(_child_sets(run, requests, second_path))
    total = 0
    for index, first in zip(working, firsts, strict=True):
        if not isinstance(first, list):
            words = "error failed to get params for first generator in matrix generator: "
            out[index] = first.within(words) if isinstance(first, Refused) else first
            continue
        rows = [next(seconds) for _ in first]
        total += sum(len(row) for row in rows if isinstance(row, list))
        if total > MAX_SETS:
            raise run.too_large(f"its matrix has {total:,} combinations (at most {MAX_SETS:,})", path)
        out[index] = _combine(run, first, rows, path)
    return out


def _bound_product(run: Run, count: int, child: Generator | DecodeError, path: Path) -> None:
    """Refuse before anything is filled in when the elements alone are too many."""
    if isinstance(child, DecodeError):
        return
    elements = len((child.get("list") or {}).get("elements") or ())
    if count * elements > MAX_SETS:
        raise run.too_large(f"its matrix has {count * elements:,} combinations (at most {MAX_SETS:,})", path)


def _combine(run: Run, first: Sequence[ParamSet], rows: Sequence[Outcome], path: Path) -> Outcome:
    combined: list[ParamSet] = []
    for one, row in zip(first, rows, strict=True):
        if isinstance(row, Undetermined):
            return row
        if isinstance(row, Refused):
            return row.within("failed to get params for second generator in the matrix generator: ")
        for other in row:
            try:
                if run.go:
                    params: Params = govalues.copy(other.params)
                    govalues.merge_override(params, one.params)
                else:
                    params = govalues.combine(one.params, other.params)
            except GoPanic as error:
                return Panicked(str(error), path)
            except ValueError as error:
                return Refused(
                    f"failed to combine string maps with merging params for the matrix generator: {error}", path
                )
            combined.append(ParamSet(params, (*one.origins, *other.origins)))
    return combined


def _merge(run: Run, generators: Sequence[Generator], path: Path) -> list[Outcome]:
    """The sets of the first child, each overridden by the sets of the others that agree on the merge keys."""
    out: list[Outcome] = []
    for generator in generators:
        children = generator.get("generators") or ()
        if len(children) < 2:
            out.append(Refused("found less than two generators, Merge requires two or more", (*path, "generators")))
            continue
        groups: list[list[ParamSet]] = []
        reason: Refused | Undetermined | None = None
        for index in range(len(children)):
            place = (*path, "generators", index)
            found = _child_sets(run, [(_children(generator, index), None)], place)[0]
            if isinstance(found, Refused):
                words = f"error getting params from generator {index + 1} of {len(children)}: "
                reason = found.within(f"error getting param sets from generators: {words}")
            elif isinstance(found, Undetermined):
                reason = found
            else:
                groups.append(found)
            if reason:
                break
        try:
            out.append(reason or _merged(run, generator.get("mergeKeys") or (), groups))
        except GoPanic as error:
            out.append(Panicked(str(error), path))
        except ValueError as error:
            out.append(Refused(f"error getting param sets by merge key: {error}", (*path, "mergeKeys")))
    return out


def _merged(run: Run, keys: Sequence[str], groups: Sequence[Sequence[ParamSet]]) -> list[ParamSet]:
    # One copy of all: maps that several sets share are changed for all of them, as in Argo CD.
    base = _by_key(keys, copy.deepcopy(list(groups[0])))
    for group in groups[1:]:
        others = _by_key(keys, group)
        for key, one in base.items():
            other = others.get(key)
            if other is None:
                continue
            if run.go:
                govalues.merge_override(one.params, govalues.copy(other.params))
            else:
                one.params.update(other.params)
            base[key] = ParamSet(one.params, (*one.origins, *other.origins))
    return list(base.values())


def _by_key(keys: Sequence[str], sets: Sequence[ParamSet]) -> dict[str, ParamSet]:
    if not keys:
        raise ValueError("no merge keys were specified, Merge requires at least one")
    found: dict[str, ParamSet] = {}
    for one in sets:
        key = govalues.to_json({name: one.params.get(name) for name in keys})
        if key in found:
            raise ValueError(
                "the parameters from a generator were not unique by the given mergeKeys, Merge requires all param sets "
                f"to be unique. Duplicate key was {key}"
            )
        found[key] = one
    return found
