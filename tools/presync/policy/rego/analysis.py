"""What Gatekeeper checks of a template's Rego before it takes it, and what regorus would not survive."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from presync.policy.model import PolicyError
from presync.policy.rego import builtins
from presync.policy.rego.syntax import Node, local_names, path_of, references, rules, walk

_EXTERNS = ("inventory", "lib")  # what of ``data`` a template may read
Key = tuple[str, str]  # package, rule


@dataclass(frozen=True)
class Module:
    """One text of a template: its file name in messages, and its tree."""

    name: str
    tree: Node

    @property
    def package(self) -> str:
        return ".".join(part or "?" for part in path_of(self.tree["package"]["refr"]))

    @property
    def aliases(self) -> Mapping[str, list[str | None]]:
        """Imported name to what it stands for."""
        found = {}
        for one in self.tree["imports"]:
            path = path_of(one["refr"])
            if path and path[0] in ("data", "input"):
                found[str(one.get("as") or path[-1])] = path
        return found


def check(modules: Sequence[Module]) -> bool:
    """Refuse what cannot be run; tells whether the template reads ``data.inventory``.

    Raises:
        PolicyError: invalid for Gatekeeper, or not evaluable here.
    """
    main, *libraries = modules
    if not any(name == "violation" for name, _, _ in rules(main.tree)):
        raise PolicyError("invalid rego: missing required rules: [violation]", invalid=True)
    for library in libraries:
        if library.package != "lib" and not library.package.startswith("lib."):
            raise PolicyError(
                f'{library.name}: package {library.package}: the package of a library begins with "lib."', invalid=True
            )
    known: set[Key] = {(module.package, name) for module in modules for name, _, _ in rules(module.tree)}
    graph: dict[Key, set[Key]] = {}
    inventory = False
    for module in modules:
        inventory = _data(module) or inventory
        for name, _, rule in rules(module.tree):
            graph.setdefault((module.package, name), set()).update(_edges(module, rule, known))
        _calls(module, known)
    _acyclic(graph)
    return inventory


def _data(module: Module) -> bool:
    """Whether it reads the inventory; anything of ``data`` but that and libraries is refused."""
    found = False
    imports = [path_of(one["refr"]) for one in module.tree["imports"]]
    for path in [*imports, *(path for path, _ in references(module.tree["rules"]))]:
        if not path or path[0] != "data":
            continue
        if len(path) < 2 or path[1] not in _EXTERNS:
            shown = ".".join(part or "_" for part in path[:2])
            raise PolicyError(
                f"{module.name}: {shown}: a template may read data.inventory and data.lib, nothing else of data",
                invalid=True,
            )
        found = found or path[1] == "inventory"
    return found


def _edges(module: Module, rule: Node, known: set[Key]) -> set[Key]:
    own = local_names(rule)
    found = set()
    heads = [value for head in rule["head"].values() for key, value in head.items() if key != "refr"]
    for path, _ in references([heads, rule["bodies"]]):
        target = _target(module, path, own, known)
        if target is not None:
            found.add(target)
    return found


def _target(module: Module, path: Sequence[str | None], own: set[str], known: set[Key]) -> Key | None:
    """The rule a reference means; None when it means something else."""
    first = str(path[0])
    if first in own:
        return None
    if first in module.aliases:
        path = [*module.aliases[first], *path[1:]]
    elif first != "data":
        return (module.package, first) if (module.package, first) in known else None
    parts = [str(part) for part in path[1:]]
    for length in range(1, len(parts)):
        key = (".".join(parts[:length]), parts[length])
        if path[0] == "data" and key in known:
            return key
    return None


def _calls(module: Module, known: set[Key]) -> None:
    """Every function that is called must be a rule, or one of OPA's that can be answered."""
    for kind, content in walk(module.tree["rules"]):
        if kind != "Call":
            continue
        path = path_of(content["fcn"])
        name = ".".join(part or "?" for part in path)
        if not path or _target(module, path, set(), known) or name in builtins.NATIVE or name in builtins.ADDED:
            continue
        line = content["span"]["line"]
        if name in builtins.UNANSWERED:
            raise PolicyError(f"{module.name}:{line}: {name} {builtins.UNANSWERED[name]}")
        if builtins.LACKING.fullmatch(name):
            raise PolicyError(f"{module.name}:{line}: presync does not have OPA's {name}")
        close = difflib.get_close_matches(name, [*builtins.NATIVE, *builtins.ADDED], 1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise PolicyError(f"{module.name}:{line}: undefined function {name}{hint}", invalid=True)


def _acyclic(graph: Mapping[Key, set[Key]]) -> None:
    """OPA refuses recursion; regorus runs it until the process dies."""
    done: set[Key] = set()
    for start in graph:
        if start in done:
            continue
        trail: list[tuple[Key, list[Key]]] = [(start, sorted(graph[start]))]
        active = {start}
        while trail:
            node, rest = trail[-1]
            if not rest:
                trail.pop()
                active.discard(node)
                done.add(node)
                continue
            below = rest.pop()
            if below in active:
                cycle = [one for one, _ in trail]
                shown = " -> ".join(name for _, name in [*cycle[cycle.index(below) :], below])
                raise PolicyError(f"rule {below[1]} is recursive: {shown}", invalid=True)
            if below not in done and below in graph:
                trail.append((below, sorted(graph[below])))
                active.add(below)
