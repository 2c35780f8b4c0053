"""``presync seal``: a Secret goes in, a SealedSecret comes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from presync.base.errors import PresyncError
from presync.commands.seal_source import Source, check_source, read_secrets
from presync.commands.sealing import choose_certificate, forbid_core_dumps, now, repository_root
from presync.report.files import write_file
from presync.seal.files import SealedFile, dump
from presync.seal.keys import Certificate
from presync.seal.scope import Scope, scope_of
from presync.seal.sealed import SealedSecret, merge_secret, seal_secret
from presync.seal.secret import check_place, check_values


@click.command("seal")
@click.argument("manifest", type=click.Path(path_type=Path, allow_dash=True), required=False)
@click.option("--cert", type=click.Path(path_type=Path), help="Certificate of the controller (PEM file).")
@click.option(
    "-e", "--env", "--environment", "environment", help="Use the sealed-secrets.pem in the folder of this environment."
)
@click.option("--scope", type=click.Choice([str(scope) for scope in Scope]), help="Default: strict.")
@click.option("--name", default="", help="Name of the Secret.")
@click.option("-n", "--namespace", default="", help="Namespace of the Secret.")
@click.option("--from-file", multiple=True, metavar="[KEY=]PATH", help="A value from a file; PATH - is standard input.")
@click.option(
    "--from-env-file",
    multiple=True,
    metavar="PATH",
    type=click.Path(path_type=Path, allow_dash=True),
    help="Values from KEY=VALUE lines.",
)
@click.option("--key", "keys", multiple=True, metavar="KEY", help="Ask for this value on the terminal, unseen.")
@click.option("--type", "type_", default="", help="Type of the Secret. Default: Opaque.")
@click.option("--label", "labels", multiple=True, metavar="KEY=VALUE", help="Label of the Secret.")
@click.option("--allow-empty", is_flag=True, help="An empty value is meant.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write here instead of standard output.")
@click.option(
    "--merge-into",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Add or replace values in this SealedSecret; everything else in the file stays.",
)
@click.pass_context
def command(
    context: click.Context,
    /,
    *,
    manifest: Path | None,
    cert: Path | None,
    environment: str | None,
    scope: str | None,
    type_: str,
    allow_empty: bool,
    out: Path | None,
    merge_into: Path | None,
    **given: Any,
) -> int:
    """Encrypt the Secrets in MANIFEST (a file, or - for standard input) for the sealed-secrets controller.

    What comes out is what kubeseal writes; only the controller that holds the private key opens it. No cluster is
    asked. Type, labels and annotations of the Secret stay readable. Without MANIFEST the Secret is put together:

    \b
      presync seal --env dev secret.yaml --out envs/dev/secrets/redis-auth.yaml
      presync seal --env dev -n redis-dev --name redis-auth --key password
      pass show redis | tr -d '\\n' | presync seal --env dev -n redis-dev --name redis-auth --from-file password=-
      presync seal --merge-into envs/dev/secrets/redis-auth.yaml --key exporter-password

    A value is never taken from the command line, where the shell's history and every process list would keep it.

    The certificate is --cert, or the sealed-secrets.pem of --env, or the one in the folder of the file that is
    written or above it.

    \b
    --scope strict          only this name in this namespace can be opened
            namespace-wide  any name in this namespace
            cluster-wide    any name in any namespace
    A manifest may choose with kubeseal's annotations instead.

    Sealing the same value twice gives different text: the session key is random, on purpose. Beside the values a
    record is left, in two annotations: what they are sealed for, when, and with which certificate. `presync check`
    refuses a SealedSecret that was renamed or moved since, and `presync rotate` knows which are due.
    """
    source = Source(manifest=manifest, type=type_, **given)
    forbid_core_dumps()
    if out and merge_into:
        raise click.UsageError("--out and --merge-into exclude each other.")
    check_source(source)
    target = out or merge_into
    if target and not target.resolve().parent.is_dir():
        raise PresyncError(f"cannot write {target}: there is no folder {target.parent}")
    certificate = choose_certificate(cert, environment, target, repository_root(context.obj))[0]
    certificate.refuse_expired(now())
    wanted = Scope(scope) if scope else None
    if merge_into:
        return _merge(source, merge_into, wanted, certificate, allow_empty)
    if source.builds:  # before somebody types a value for nothing
        check_place(source.name, source.namespace, wanted is not Scope.CLUSTER_WIDE)
    documents = []
    for secret in read_secrets(source, allow_empty):
        chosen = wanted or scope_of(secret.annotations)
        check_place(secret.name, secret.namespace, chosen is not Scope.CLUSTER_WIDE)
        check_values(secret, allow_empty)
        documents.append(seal_secret(secret, chosen, certificate, now().date()))
    text = dump(documents)
    if not out:
        click.echo(text, nl=False)
        return 0
    lost = _lost(out, documents)
    write_file(out.resolve(), text)
    for document in documents:
        _tell(SealedSecret(document), sorted(document["spec"]["encryptedData"]), out, certificate)
    if lost:
        click.echo(f"note: {out} had {', '.join(lost)} before; --merge-into keeps what is there", err=True)
    return 0


def _merge(source: Source, path: Path, scope: Scope | None, certificate: Certificate, allow_empty: bool) -> int:
    if not path.exists():
        raise PresyncError(f"{path} does not exist", "--merge-into changes a SealedSecret; --out makes a new one.")
    file = SealedFile.read(path)
    named = [
        document
        for document in file.sealed
        if source.name in ("", SealedSecret(document).name)
        and source.namespace in ("", SealedSecret(document).namespace)
    ]
    if len(named) != 1:
        present = ", ".join(str(SealedSecret(document)) for document in file.sealed)
        raise PresyncError(f"{path} holds {present}: which one?", "Give --name and --namespace of one of them.")
    sealed = SealedSecret(named[0])
    if scope and scope is not sealed.scope:
        raise PresyncError(
            f"{sealed} is sealed {sealed.scope}, and a SealedSecret has one scope", "Seal every value again with --out."
        )
    check_place(sealed.name, sealed.namespace, sealed.scope is not Scope.CLUSTER_WIDE)
    secrets = read_secrets(replace(source, name=sealed.name, namespace=sealed.namespace), allow_empty, merging=True)
    if len(secrets) != 1:
        raise PresyncError(f"there are {len(secrets)} Secrets to put into one", "Merge one at a time.")
    [secret] = secrets
    asked = scope_of(secret.annotations)
    if asked is not Scope.STRICT and asked is not sealed.scope:
        raise PresyncError(f"{sealed} is sealed {sealed.scope}, and the manifest wants {asked}")
    check_values(secret, allow_empty, sealed.encrypted.keys())
    merge_secret(named[0], secret, certificate, now().date())
    write_file(path.resolve(), file.dump())
    _tell(sealed, sorted(secret.values), path, certificate)
    return 0


def _lost(path: Path, documents: Sequence[dict[str, Any]]) -> list[str]:
    """What an existing file holds and the new text does not."""
    try:
        present = SealedFile.read(path).sealed if path.exists() else []
    except PresyncError:
        return []
    new = {(str(SealedSecret(document)), key) for document in documents for key in SealedSecret(document).encrypted}
    old = {(str(SealedSecret(document)), key) for document in present for key in SealedSecret(document).encrypted}
    return [f"{name} {key}" for name, key in sorted(old - new)]


def _tell(sealed: SealedSecret, keys: Sequence[str], path: Path, certificate: Certificate) -> None:
    click.echo(
        f"sealed {', '.join(keys)} for {sealed.binding} into {path} (certificate {certificate.fingerprint})", err=True
    )
