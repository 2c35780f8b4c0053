"""presync: what Argo CD will do after a merge, before it."""

__version__ = "0.1.0"
