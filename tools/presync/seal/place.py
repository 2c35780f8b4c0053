"""Which certificate belongs to which file.

The certificate of an environment is called ``sealed-secrets.pem`` and lies in a folder above its SealedSecrets:
``envs/dev/sealed-secrets.pem`` serves ``envs/dev/secrets/*.yaml``. Where the controller has several keys, the file may
hold several certificates, the newest first: the first one seals, the others are known to be still in use.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from pathlib import Path

CERTIFICATE = "sealed-secrets.pem"


def nearest(path: Path, root: Path) -> Path | None:
    """The certificate file in the folder of ``path`` or above it, not above ``root``."""
    folder = path.resolve().parent
    for candidate in (folder, *folder.parents):
        if (candidate / CERTIFICATE).is_file():
            return candidate / CERTIFICATE
        if candidate == root.resolve():
            return None
    return None


def nearest_in(paths: Iterable[str], file: str) -> str | None:
    """The same in a tree, where ``paths`` are the certificate files it has."""
    known = set(paths)
    folder = posixpath.dirname(file)
    while True:
        candidate = posixpath.join(folder, CERTIFICATE)
        if candidate in known:
            return candidate
        if not folder:
            return None
        folder = posixpath.dirname(folder)
