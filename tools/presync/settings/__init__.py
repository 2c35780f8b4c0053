"""``presync.yaml``: what presync must know about a repository and cannot see in it."""

from presync.settings.model import Settings, load_settings, place

__all__ = ["Settings", "load_settings", "place"]
