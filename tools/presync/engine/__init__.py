"""Helm's own Go code, in processes of its own.

Templates are hostile input: one may loop, recurse until the stack is gone, or ask for all memory. The engine therefore
runs them in worker processes that are started once, bounded in time and memory, and replaced when they die; a render
that exceeds a bound is an :class:`EngineError`, and the run goes on.
"""

from presync.engine.client import Chart, Engine, EngineError, Rendered, RenderRequest

__all__ = ["Chart", "Engine", "EngineError", "RenderRequest", "Rendered"]
