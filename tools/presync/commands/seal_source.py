"""Where ``presync seal`` gets its values from: a manifest, files, a pipe, the terminal."""

from __future__ import annotations

import getpass
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click

from presync.base.errors import PresyncError
from presync.base.goyaml import MAX_BYTES as MANIFEST_BYTES
from presync.commands.sealing import STDIN, read_bytes
from presync.seal.reading import read_env_file, read_manifests
from presync.seal.secret import MAX_BYTES, Secret, check_key

_ATTEMPTS = 3


@dataclass(frozen=True)
class Source:
    """What the command line says about the values."""

    manifest: Path | None
    name: str
    namespace: str
    from_file: tuple[str, ...]
    from_env_file: tuple[Path, ...]
    keys: tuple[str, ...]
    type: str
    labels: tuple[str, ...]

    @property
    def builds(self) -> bool:
        """Whether the Secret is put together from options instead of read as a manifest."""
        return bool(self.from_file or self.from_env_file or self.keys)


def check_source(source: Source) -> None:
    """Say before anything is read or asked that the options do not fit."""
    if source.manifest and source.builds:
        raise click.UsageError("give either MANIFEST or --from-file, --from-env-file and --key.")
    if not source.builds and (source.type or source.labels):
        raise click.UsageError("--type and --label belong to a Secret that is put together; a manifest has its own.")
    if not source.manifest and not source.builds and sys.stdin.isatty():
        raise click.UsageError("there is nothing to seal: name a manifest, pipe one in, or use --from-file or --key.")
    pipes = [item for item in source.from_file if item.endswith("=-")] + [p for p in source.from_env_file if p == STDIN]
    if len(pipes) > 1:
        raise click.UsageError("only one value can come from standard input.")
    for key in source.keys:
        check_key(key)
    if source.keys and not sys.stdin.isatty():
        raise PresyncError(
            "--key asks on a terminal, and standard input is none", "To pipe a value in: --from-file KEY=-"
        )


def read_secrets(source: Source, allow_empty: bool, merging: bool = False) -> list[Secret]:
    """Read and ask.

    Args:
        source: where from.
        allow_empty: whether the terminal may answer with nothing.
        merging: the name and the namespace are those of a file, and a type is claimed only where one is given.

    Raises:
        PresyncError: something cannot be read, or contradicts the options.
    """
    if source.builds:
        return [_built(source, allow_empty, merging)]
    path = source.manifest or STDIN
    secrets = read_manifests(
        read_bytes(path, MANIFEST_BYTES, "the manifest"), "standard input" if path == STDIN else str(path)
    )
    if source.name and len(secrets) > 1 and not merging:
        raise PresyncError(f"{len(secrets)} Secrets cannot all be called {source.name}")
    return [_placed(secret, source) for secret in secrets]


def _placed(secret: Secret, source: Source) -> Secret:
    """With name and namespace from the options where the manifest has none; a contradiction is an error."""
    for word, own, option in (
        ("name", secret.name, source.name),
        ("namespace", secret.namespace, source.namespace),
    ):
        if own and option and own != option:
            raise PresyncError(f"the manifest's {word} is {own}, and {option} is asked for", "Change one of them.")
    return replace(secret, name=secret.name or source.name, namespace=secret.namespace or source.namespace)


def _built(source: Source, allow_empty: bool, merging: bool) -> Secret:
    values: dict[str, bytes] = {}
    for key, path in map(_key_and_path, source.from_file):
        _add(values, key, read_bytes(path, MAX_BYTES, f"the value of {key}"))
        _mention_newline(key, values[key])
    for path in source.from_env_file:
        where = "standard input" if path == STDIN else str(path)
        for key, value in read_env_file(read_bytes(path, MAX_BYTES, "the values"), where).items():
            _add(values, key, value)
    secret = Secret(source.name, source.namespace, values, source.type, _labels(source.labels))
    for key in source.keys:
        _add(values, key, _ask(key, str(secret), allow_empty))
    return secret if secret.type or merging else replace(secret, type="Opaque")


def _add(values: dict[str, bytes], key: str, value: bytes) -> None:
    if key in values:
        raise PresyncError(f"the key {key} is given twice")
    values[key] = value


def _key_and_path(text: str) -> tuple[str, Path]:
    key, equals, path = text.partition("=")
    if not equals:
        key, path = Path(text).name, text
        if text == "-":
            raise click.UsageError("--from-file - needs a key: --from-file KEY=-")
    check_key(key)
    if not path:
        raise click.UsageError(f"--from-file {key}= names no file.")
    return key, Path(path)


def _labels(given: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not key or not equals:
            raise click.UsageError(f"--label {text} is not of the form KEY=VALUE.")
        found[key] = value
    return found


def _mention_newline(key: str, value: bytes) -> None:
    """``echo`` adds a newline that no program wants in a password, and that nobody sees."""
    if value.endswith(b"\n") and value.count(b"\n") == 1:
        click.echo(
            f"note: the value of {key} ends with a newline, which is sealed with it (tr -d '\\n' removes it)", err=True
        )


def _ask(key: str, secret: str, allow_empty: bool) -> bytes:
    """Ask twice on the terminal, without echo.

    Raises:
        PresyncError: the terminal cannot hide what is typed, or the two never agree.
    """
    for _ in range(_ATTEMPTS):
        with warnings.catch_warnings():
            warnings.simplefilter("error", getpass.GetPassWarning)
            try:
                first = getpass.getpass(f"{key} of {secret}: ")
                if not first and not allow_empty:
                    click.echo("It is empty.", err=True)
                    continue
                second = getpass.getpass("again: ")
            except getpass.GetPassWarning:
                raise PresyncError("this terminal cannot hide what is typed", "Use --from-file KEY=-") from None
            except EOFError:
                raise PresyncError("the terminal was closed before a value was given") from None
        if first == second:
            return first.encode("utf-8", "surrogateescape")
        click.echo("The two differ.", err=True)
    raise PresyncError(f"no value for {key} after {_ATTEMPTS} attempts; nothing was written")
