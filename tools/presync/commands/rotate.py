"""``presync rotate``: which SealedSecrets are due for a new certificate, and sealing them again."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from presync.base.errors import PresyncError
from presync.commands import CLEAN, FINDINGS, UNDETERMINED
from presync.commands.sealing import STDIN, choose_certificate, forbid_core_dumps, now, read_bytes, repository_root
from presync.report.files import write_file
from presync.report.table import table
from presync.seal.files import SealedFile, find_files
from presync.seal.keys import MAX_BYTES, Certificate, read_private_keys
from presync.seal.rotation import State, Verdict, judge, reseal
from presync.seal.sealed import SealedSecret

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

_SHOW_PROGRESS = 50  # so many take about a second


@dataclass(frozen=True)
class _Item:
    """A SealedSecret, its place in a file, and what was found about it."""

    file: SealedFile
    index: int
    certificate: Certificate
    verdict: Verdict

    @property
    def sealed(self) -> SealedSecret:
        return SealedSecret(self.file.sealed[self.index])


@click.command("rotate")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path))
@click.option("--cert", type=click.Path(path_type=Path), help="The new certificate (PEM file).")
@click.option(
    "-e", "--env", "--environment", "environment", help="Use the sealed-secrets.pem in the folder of this environment."
)
@click.option(
    "--private-key",
    "private_keys",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path, allow_dash=True),
    help="A private key of the controller; - is standard input. May be repeated.",
)
@click.option("--older-than", type=click.IntRange(min=0), metavar="DAYS", help="Also due: sealed longer ago than this.")
@click.option("--dry-run", is_flag=True, help="With --private-key: open everything, write nothing.")
@click.pass_context
def command(
    context: click.Context,
    /,
    *,
    paths: tuple[Path, ...],
    cert: Path | None,
    environment: str | None,
    private_keys: tuple[Path, ...],
    older_than: int | None,
    dry_run: bool,
) -> int:
    """Show which SealedSecrets in PATH (files, folders) are due for a new certificate; or seal them again.

    The present certificate of a file is --cert, or the sealed-secrets.pem of --env, or the one in its folder or above.

    Without --private-key nothing can be opened, so nothing is changed: a table says for each one whether it is current,
    due (another certificate, or --older-than), or unknown (sealed by another program, which leaves no record).
    Exit status: 0 all current, 1 some due, 2 some unknown.

    With --private-key every one that is not current is opened, in memory, and sealed again in place for the present
    certificate; comments and everything else in the file stay. All are opened before the first file is written, and one
    that cannot be opened stops all. The key comes from the cluster, and is best not kept on disk:

    \b
      kubectl get secret -n kube-system -l sealedsecrets.bitnami.com/sealed-secrets-key -o yaml |
        presync rotate --env dev --private-key - envs/dev/secrets

    Whoever reaches the controller but not its keys can do the same online, a file at a time: kubeseal --re-encrypt. It
    drops the record of `presync seal`.

    The controller keeps its older keys, so a SealedSecret that is due still works. And the values stay the same:
    where a private key has leaked, or a value has, change the value itself (`presync seal --merge-into`).
    """
    forbid_core_dumps()
    if private_keys.count(STDIN) > 1:
        raise click.UsageError("standard input holds one thing only.")
    items = _items(context.obj, paths, cert, environment, older_than)
    if not private_keys:
        if dry_run:
            raise click.UsageError("--dry-run belongs to --private-key; without one nothing is written anyway.")
        return _report(items)
    return _reseal(items, private_keys, dry_run)


def _items(
    folder: Path | None, paths: tuple[Path, ...], cert: Path | None, environment: str | None, older_than: int | None
) -> list[_Item]:
    root = repository_root(folder)
    items = []
    for path in dict.fromkeys(find_files(paths)):
        certificate = choose_certificate(cert, environment, path, root)[0]
        file = SealedFile.read(path)
        for index, document in enumerate(file.sealed):
            verdict = judge(SealedSecret(document), certificate, older_than, now().date())
            items.append(_Item(file, index, certificate, verdict))
    if not items:
        raise PresyncError(f"there is no SealedSecret in {', '.join(str(path) for path in paths)}")
    return items


def _report(items: list[_Item]) -> int:
    rows = [
        [str(item.file.path), str(item.sealed), str(item.verdict.state), item.verdict.reason, item.certificate.file]
        for item in items
    ]
    click.echo(table(["FILE", "SEALEDSECRET", "STATE", "REASON", "CERTIFICATE"], rows), nl=False)
    for certificate in {item.certificate.file: item.certificate for item in items}.values():
        if now() > certificate.not_after:
            click.echo(f"note: {certificate.file} expired on {certificate.not_after:%Y-%m-%d}", err=True)
    states = Counter(item.verdict.state for item in items)
    if states[State.UNKNOWN]:
        return UNDETERMINED
    return FINDINGS if states[State.DUE] else CLEAN


def _reseal(items: list[_Item], private_keys: tuple[Path, ...], dry_run: bool) -> int:
    keys: dict[str, RSAPrivateKey] = {}
    for path in private_keys:
        where = "standard input" if path == STDIN else str(path)
        keys.update(read_private_keys(read_bytes(path, MAX_BYTES, "the private key"), where))
    due = [item for item in items if item.verdict.state is not State.CURRENT]
    quiet = not sys.stderr.isatty() or len(due) < _SHOW_PROGRESS
    with click.progressbar(due, label="sealing", file=sys.stderr, hidden=quiet) as bar:
        for item in bar:
            item.certificate.refuse_expired(now())
            reseal(item.file.sealed[item.index], keys, item.certificate, now().date())
    verb = "would seal" if dry_run else "sealed"
    for file in {item.file.path: item.file for item in due}.values():
        if not dry_run:
            write_file(file.path.resolve(), file.dump())
    for item in due:
        click.echo(f"{verb} {item.sealed} in {item.file.path} again (certificate {item.certificate.fingerprint})")
    if len(items) > len(due):
        click.echo(f"{len(items) - len(due)} of {len(items)} were current already")
    return CLEAN
