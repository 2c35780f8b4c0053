"""A template's Rego, compiled and evaluated."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import regorus

from presync.policy.model import PolicyError
from presync.policy.rego import builtins, heads
from presync.policy.rego.analysis import Module, check
from presync.policy.rego.hoist import hoist
from presync.policy.rego.repair import repair
from presync.policy.rego.syntax import Node, rules
from presync.policy.rego.tolerant import tolerant, try_call

MAIN = "template.rego"
_PLACE = re.compile(r"--> ([^\s:]+:\d+):\d+")
_WHAT = re.compile(r"^error: (.*)$", re.MULTILINE)
# What regorus says about the policy itself, whatever the input.
_COMPILING = re.compile(
    r"could not find function|used before definition|is unsafe|not a valid rule path|cannot find|recursi"
)


class Program:
    """Ready to be asked for violations.

    Raises:
        PolicyError: the policy cannot be compiled.
    """

    def __init__(self, code: Mapping[str, Any]) -> None:
        self.v0 = code.get("version") != "v1"
        libraries = code.get("libs") or []
        texts = [(MAIN, str(code.get("rego") or ""))]
        texts += [(f"lib{at}.rego", str(text)) for at, text in enumerate(libraries)]
        self._sources = [(name, repair(text).encode()) for name, text in texts]
        modules = self._parse(self._sources)
        self.reads_inventory = check(modules)
        self._rewrite(hoist, modules)
        self._rewrite(heads.settle, self._parse(self._sources))
        self._query = f"data.{modules[0].package}.violation"
        self._inventory = "{}"
        self._engine = self._compiled(self._sources)
        self._lenient: regorus.Engine | None = None

    def set_inventory(self, inventory: str) -> None:
        """What ``data.inventory`` is from now on, as JSON."""
        self._inventory = f'{{"inventory":{inventory}}}' if inventory else "{}"
        self._engine.clear_data()
        self._engine.add_data_json(self._inventory)
        self._lenient = None

    def violations(self, document: str) -> list[dict[str, Any]]:
        """What the policy says about an input, given as JSON: ``msg`` and ``details`` of each violation.

        A function that fails leaves its expression undefined in OPA. regorus stops instead; the input is then evaluated
        again by a slower form of the policy that goes on.

        Raises:
            PolicyError: regorus cannot evaluate it.
        """
        try:
            found = _evaluated(self._engine, self._query, document)
        except RuntimeError as error:
            try:
                found = _evaluated(self._tolerant(), self._query, document)
            except RuntimeError:
                raise PolicyError(reason(error)) from None
        out = []
        for one in found:
            if not isinstance(one, dict) or "msg" not in one:
                continue  # Gatekeeper's own rule asks for r.msg, which is then undefined
            if not isinstance(one["msg"], str):
                raise PolicyError("msg of a violation is not text")
            out.append({"msg": one["msg"], "details": one.get("details", {})})
        return out

    def _rewrite(self, into: Callable[[bytes, Node, frozenset[str]], bytes], modules: Sequence[Module]) -> None:
        self._sources = [
            (module.name, into(source, module.tree, _names(module)))
            for module, (_, source) in zip(modules, self._sources, strict=True)
        ]

    def _tolerant(self) -> regorus.Engine:
        if self._lenient is None:
            modules = self._parse(self._sources)
            sources = [
                (module.name, tolerant(source, module.tree))
                for module, (_, source) in zip(modules, self._sources, strict=True)
            ]
            self._lenient = self._compiled(sources)
            self._lenient.add_data_json(self._inventory)
        return self._lenient

    def _parse(self, sources: Sequence[tuple[str, bytes]]) -> list[Module]:
        found = []
        for name, source in sources:
            engine = self._new()
            _add(engine, name, source)
            try:
                tree = json.loads(engine.get_ast_as_json())[0]["ast"]
            except RecursionError:
                raise PolicyError(f"{name}: nested too deeply") from None
            found.append(Module(name, tree))
        return found

    def _compiled(self, sources: Sequence[tuple[str, bytes]]) -> regorus.Engine:
        engine = self._new()
        for name, source in sources:
            _add(engine, name, source)
        try:
            # Only an evaluation makes regorus look at variables and functions; what the empty input gives is not asked.
            engine.set_input_json("{}")
            engine.eval_rule_as_json(self._query)
        except RuntimeError as error:
            if _COMPILING.search(str(error)):
                raise PolicyError(reason(error), invalid=True) from None
        return engine

    def _new(self) -> regorus.Engine:
        engine = regorus.Engine()
        engine.set_rego_v0(self.v0)
        engine.set_gather_prints(True)
        for name, (arity, function) in builtins.ADDED.items():
            engine.add_extension(name, arity, _defined(function))
        engine.add_extension("presync.try", 2, try_call)
        return engine


def _add(engine: regorus.Engine, name: str, source: bytes) -> None:
    try:
        engine.add_policy(name, source.decode())
    except RuntimeError as error:
        raise PolicyError(reason(error), invalid=True) from None


def _defined(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        try:
            return function(*arguments)
        except builtins.Undefined:
            raise ValueError("undefined") from None

    return call


def _names(module: Module) -> frozenset[str]:
    return frozenset([*module.aliases, *(name for name, _, _ in rules(module.tree))])


def _evaluated(engine: regorus.Engine, query: str, document: str) -> list[Any]:
    engine.set_input_json(document)
    found = json.loads(engine.eval_rule_as_json(query))
    engine.take_prints()
    if not isinstance(found, list):
        raise PolicyError("violation is not a set")
    return found


def reason(error: BaseException) -> str:
    """regorus' message in one line: file, line, what is wrong."""
    text = str(error).split("Stack backtrace:")[0].strip()
    place = _PLACE.search(text)
    what = _WHAT.findall(text)
    message = what[-1].strip() if what else text.splitlines()[-1].strip() if text else type(error).__name__
    return f"{place.group(1)}: {message}" if place else message
