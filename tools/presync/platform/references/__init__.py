"""Who refers to whom, what there is to refer to, and whether the two meet."""

from presync.platform.references.model import Producer, Reference
from presync.platform.references.resolve import Resolution, Resolver, resolver
from presync.platform.references.selection import Selection, selection

__all__ = ["Producer", "Reference", "Resolution", "Resolver", "Selection", "resolver", "selection"]
