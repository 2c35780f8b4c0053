"""``presync pin``: the hash of the rendered contract, written into the values of everyone who reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from presync.base.errors import PresyncError
from presync.commands import CLEAN, FINDINGS, UNDETERMINED
from presync.commands.common import choose, opened
from presync.report.files import write_file

if TYPE_CHECKING:
    from presync.contract.pinning import Edit, Plan
    from presync.platform.model import Platform


@click.command("pin")
@click.argument("names", nargs=-1, metavar="[APP]...")
@click.option("-e", "--env", "environment", help="Only the Applications of this environment.")
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 where a pin is stale or missing.")
@click.pass_context
def command(context: click.Context, names: tuple[str, ...], environment: str | None, check: bool) -> int:
    """Write the hashes of the rendered contract into the values of its readers.

    Readers are found, not listed: every Pod that mounts a ConfigMap with the annotation of the contract's hash, or
    carries that annotation itself. The value that sets the annotation is changed where it stands; where nobody sets
    it, it is added to the value file that is the Application's own. Nothing else in the file changes.

    Exit status: 0 every pin is current, 1 some are not (--check) or have to be written by hand, 2 could not tell.
    """
    with opened(context.obj) as platform:
        from presync.contract.parts import dark, parts  # noqa: PLC0415 - while the engine starts, see opened()
        from presync.contract.pinning import plan  # noqa: PLC0415
        from presync.contract.pins import pins  # noqa: PLC0415

        chosen = {entry.name for entry in choose(platform.entries, platform.environments, names, environment)}
        hidden = dark(platform)
        if not parts(platform).parts and not hidden:
            raise PresyncError(
                f"no ConfigMap has the annotation {platform.settings.contract.hash}, so there is no contract to pin",
                "Its name is `contract.hash` in presync.yaml.",
            )
        found = list(pins(platform))
        shown = [pin for pin in found if pin.entry.name in chosen]
        todo = plan(platform, shown)
        if not check:
            _write(platform, todo)
        for edit in todo.edits:
            click.echo(_line(edit, check))
        for one in todo.stuck:
            click.echo(f"{one.location}: {one.message}", err=True)
        for entry in hidden:
            click.echo(f"{entry.name} could not be rendered, so its pins are not known", err=True)
        if not todo.edits and not todo.stuck and not hidden:
            applications = {pin.entry.name for pin in shown}
            click.echo(f"every pin is current: {len(shown)} in {len(applications)} Applications")
        if check and (todo.edits or todo.stuck):
            click.echo("Run: presync pin", err=True)
            return FINDINGS
        if todo.stuck:
            return FINDINGS
        return UNDETERMINED if hidden else CLEAN


def _write(platform: Platform, todo: Plan) -> None:
    root = platform.repository.root
    for file, text in todo.texts.items():
        path = (root / file).resolve()
        if not path.is_relative_to(root.resolve()):
            raise PresyncError(f"{file} leads out of the repository", "Replace the link by a file.")
        write_file(path, text)


def _line(edit: Edit, check: bool) -> str:
    verb = "is to be" if check else "is"
    was = f", not {_short(edit.old)}" if edit.old else " (added)"
    return f"{edit.location}: {edit.key} {verb} {edit.new}{was}"


def _short(value: str) -> str:
    return value if len(value) <= 20 else f"{value[:15]}…"
