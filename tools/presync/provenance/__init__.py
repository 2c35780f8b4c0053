"""Where a rendered field comes from: which line of which file somebody edits to change it."""

from presync.provenance.chain import Chain, Key, Line, explain, setters, within
from presync.provenance.influence import get

__all__ = ["Chain", "Key", "Line", "explain", "get", "setters", "within"]
