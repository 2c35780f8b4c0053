"""What every worker does to itself before it reads anything."""

from __future__ import annotations


def limit_memory(limit: int) -> None:
    """Keep the process from taking more address space than this, where the platform can."""
    try:
        import resource  # noqa: PLC0415 - not on every platform
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
