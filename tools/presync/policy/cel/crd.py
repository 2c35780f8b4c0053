"""Rules of a CRD (x-kubernetes-validations), in the worker."""

from __future__ import annotations

from functools import cache, cached_property
from typing import Any

from cel_expr_python import cel

from presync.policy.cel.environment import environment


class Rules:
    """Each rule is compiled once."""

    @cached_property
    def _environment(self) -> Any:
        return environment("self")

    def ask(self, rule: str, value: Any) -> dict[str, Any]:
        """Whether a rule holds for a value; ``undetermined`` says why that cannot be told."""
        program = self._compiled(rule)
        if isinstance(program, str):
            return {"undetermined": program}
        try:
            result = program.eval(data={"self": value})
        except Exception as error:  # noqa: BLE001 - the binding raises what absl's status says, of several types
            return {"undetermined": _first_line(error)}
        if result.type() != cel.Type.BOOL:
            return {"undetermined": _first_line(result)}
        return {"holds": bool(result.value())}

    @cache  # noqa: B019 - there is one of these, for as long as the process lives
    def _compiled(self, rule: str) -> Any:
        try:
            return self._environment.compile(rule)
        except Exception as error:  # noqa: BLE001 - see above
            return _first_line(error)


def _first_line(value: object) -> str:
    return (str(value).splitlines() or ["no reason"])[0][:200]
