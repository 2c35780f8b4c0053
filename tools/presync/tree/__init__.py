"""The files of a repository at a revision. A working tree and a commit look alike; nothing is checked out."""

from presync.tree.model import MAX_FILE_BYTES, TooLarge, Tree, TreeError
from presync.tree.repository import Repository, open_repository

__all__ = ["MAX_FILE_BYTES", "Repository", "TooLarge", "Tree", "TreeError", "open_repository"]
