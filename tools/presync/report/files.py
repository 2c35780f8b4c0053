"""Writing results to a folder so that nothing is ever half-written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from presync.base.errors import PresyncError


def write_file(path: Path, text: str) -> None:
    """Write to a temporary file beside the target, then rename.

    Raises:
        PresyncError: the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".presync-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(text)
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise PresyncError(f"cannot write {path}: {error.strerror}") from None


def write_folder(folder: Path, files: Mapping[str, str]) -> None:
    """Write every file; the ones that an earlier run left for the same names in another form are removed.

    ``<name>.yaml``, ``<name>.error`` and ``<name>.denied`` are forms of one result, so a result that changes from one
    to another leaves no stale file behind.
    """
    for name, text in files.items():
        write_file(folder / name, text)
    stems = {_stem(name) for name in files}
    for path in folder.iterdir():
        if path.is_file() and path.name not in files and _stem(path.name) in stems and path.suffix in _FORMS:
            path.unlink()


_FORMS = (".yaml", ".error", ".denied")


def _stem(name: str) -> str:
    return next((name.removesuffix(form) for form in _FORMS if name.endswith(form)), name)
