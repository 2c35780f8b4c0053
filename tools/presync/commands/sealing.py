"""What ``seal`` and ``rotate`` share: the certificate, reading files that may hold something secret."""

from __future__ import annotations

import contextlib
import posixpath
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from presync.base.errors import PresyncError
from presync.seal.keys import MAX_BYTES, Certificate, read_certificates
from presync.seal.place import CERTIFICATE, nearest
from presync.tree.repository import find_root, open_repository

STDIN = Path("-")


def forbid_core_dumps() -> None:
    """A crash must not leave the values on disk. Best effort: Python cannot wipe memory, and swap is not ours."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource  # noqa: PLC0415 - not on every system

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def read_bytes(path: Path, limit: int, what: str) -> bytes:
    """The content of a file, of standard input for ``-``.

    Raises:
        PresyncError: it cannot be read, has more than ``limit`` bytes, or is a terminal where a pipe is meant.
    """
    try:
        if path == STDIN:
            if sys.stdin.isatty():
                raise PresyncError(f"{what} is to come from standard input, and that is a terminal", "Pipe it in.")
            data = sys.stdin.buffer.read(limit + 1)
        else:
            with path.open("rb") as stream:
                data = stream.read(limit + 1)
    except OSError as error:
        raise PresyncError(f"cannot read {what} from {path}: {error.strerror}") from None
    if len(data) > limit:
        raise PresyncError(f"{what} has more than {limit:,} bytes")
    return data


def repository_root(folder: Path | None) -> Path:
    """The repository the user means."""
    return folder.resolve() if folder else find_root(Path.cwd())


def choose_certificate(
    file: Path | None, environment: str | None, beside: Path | None, root: Path
) -> tuple[Certificate, ...]:
    """The certificates of ``file``, of the environment, or those nearest to the file that is written; the first seals.

    Raises:
        PresyncError: none, several, or not a certificate.
    """
    if file and environment:
        raise click.UsageError("--cert and --env exclude each other: both name a certificate.")
    if file and "://" in str(file).replace(":/", "://"):
        raise PresyncError(
            f"--cert takes a file, not the address {file}",
            "Keep the certificate in the repository: `kubeseal --fetch-cert > FILE`, or curl it once.",
        )
    found = file or (_of_environment(environment, root) if environment else beside and nearest(beside, root))
    if not found:
        raise PresyncError(
            "which certificate? "
            + (f"There is no {CERTIFICATE} beside {beside} or above it." if beside else "Nothing says so."),
            f"Give --cert FILE, or --env ENV for the {CERTIFICATE} in the folder of that environment.",
        )
    return read_certificates(read_bytes(found, MAX_BYTES, "the certificate"), _short(found))


def _of_environment(environment: str, root: Path) -> Path:
    paths = [path for path in open_repository(root).worktree.paths if posixpath.basename(path) == CERTIFICATE]
    named = [path for path in paths if posixpath.basename(posixpath.dirname(path)) == environment]
    if len(named) == 1:
        return root / named[0]
    if named:
        raise PresyncError(f"{environment!r} could be {' or '.join(named)}", "Say which one with --cert.")
    known = ", ".join(posixpath.basename(posixpath.dirname(path)) for path in paths) or "none"
    raise PresyncError(
        f"there is no {CERTIFICATE} in a folder called {environment!r}",
        f"Environments that have one: {known}. `kubeseal --fetch-cert` prints the one of a cluster.",
    )


def _short(path: Path) -> str:
    """Relative to where the user stands, if below."""
    with contextlib.suppress(ValueError):
        return str(path.resolve().relative_to(Path.cwd()))
    return str(path)


def now() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)
