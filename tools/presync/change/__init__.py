"""What a branch changes: two rendered states of the platform, compared."""

from presync.change.compare import compare
from presync.change.model import ApplicationChange, Change, Difference, ResourceChange

__all__ = ["ApplicationChange", "Change", "Difference", "ResourceChange", "compare"]
