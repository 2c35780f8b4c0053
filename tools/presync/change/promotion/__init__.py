"""Two environments of one platform, side by side: what has not been promoted, and what is meant to differ."""

from presync.change.promotion.compare import promotion
from presync.change.promotion.model import App, Promotion

__all__ = ["App", "Promotion", "promotion"]
