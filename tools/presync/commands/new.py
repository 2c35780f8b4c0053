"""``presync new``: files to begin with."""

from __future__ import annotations

import re
from pathlib import Path

import click

from presync.base.errors import PresyncError
from presync.tree.repository import find_root

_NAME = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")
_LISTED = re.compile(r"^resources:\n(?:  - .*\n)+", re.MULTILINE)


@click.group("new")
def command() -> None:
    """Lay out something new that works, to be changed into what is wanted."""


@command.command("policy")
@click.argument("name")
@click.option("--in", "folder", default="policies", show_default=True, help="Folder of policies.")
@click.pass_context
def policy(context: click.Context, name: str, folder: str) -> int:
    """Lay out a Gatekeeper policy: template, constraint, suite and samples.

    NAME is lower case, with dashes: owner-label. The policy asks for an owner label; `presync test` passes on it as it
    stands. Change the samples first, then the rule.
    """
    if not _NAME.fullmatch(name) or len(name) > 50:
        raise PresyncError(f"{name!r} is no name for a policy", "Lower case letters, digits and dashes: owner-label.")
    from presync.policy import layout  # noqa: PLC0415 - only this verb needs it

    root: Path = context.obj or find_root(Path.cwd())
    place = root / folder / name
    if place.exists():
        raise PresyncError(f"{folder}/{name} is there already", "Choose another name, or edit what is there.")
    for path, text in layout.files(name).items():
        target = place / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        click.echo(f"{folder}/{name}/{path}")
    if _add(root / folder / "kustomization.yaml", f"{name}/constraint.yaml"):
        click.echo(f"{folder}/kustomization.yaml  (added {name}/constraint.yaml)")
    click.echo(f"Now: presync test {folder}/{name}")
    return 0


def _add(file: Path, resource: str) -> bool:
    """List a constraint, where there is such a list."""
    if not file.is_file():
        return False
    text = file.read_text(encoding="utf-8")
    found = _LISTED.search(text)
    if found is None:
        return False
    head, *entries = found.group().splitlines(keepends=True)
    entries = sorted({*entries, f"  - {resource}\n"})
    file.write_text(text[: found.start()] + head + "".join(entries) + text[found.end() :], encoding="utf-8")
    return True
