"""Every resource of every Application of every environment, and the indexes rules need."""
