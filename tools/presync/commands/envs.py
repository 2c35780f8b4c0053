"""``presync envs``: two environments side by side."""

from __future__ import annotations

import fnmatch
from dataclasses import astuple, dataclass

import click

from presync.base.errors import PresyncError
from presync.commands.common import meant, rendered
from presync.commands.kept import Answer, answered
from presync.findings.verdict import UNDETERMINED
from presync.tree.repository import Repository


@click.command("envs")
@click.argument("names", nargs=-1, metavar="[FROM TO]")
@click.option("-a", "--app", "application", help="Only this app, named without its environment (a glob).")
@click.option("--all", "everything", is_flag=True, help="Show what is meant, too, and what follows from the values.")
@click.option("--check", is_flag=True, help="Exit 1 when a difference is not declared, or a declaration is of no use.")
@click.option("-o", "--output", type=click.Choice(["text", "json", "markdown"]), default="text", show_default=True)
@click.pass_context
def command(  # noqa: PLR0917 - one parameter for each option
    context: click.Context, names: tuple[str, ...], application: str | None, everything: bool, check: bool, output: str
) -> int:
    """Compare environment FROM with TO: versions that TO lacks, values and rendered objects that differ.

    Names by which the two differ throughout count as equal. FROM and TO may be left out where there are two
    environments; the order is that of presync.yaml. Differences that are meant are declared there, under `differences`.

    Exit status: 0, or with --check 1 for anything undeclared; 2 could not tell.
    """
    if len(names) not in (0, 2):
        raise click.UsageError("give two environments, or none: presync envs dev prod")
    repository = meant(context.obj)
    asked = _Asked(names, application, everything, check, output)
    answer = answered(repository, ("envs", *astuple(asked)), lambda: _compared(repository, asked))
    click.echo(answer.text, nl=False)
    return answer.code


@dataclass(frozen=True, slots=True)
class _Asked:
    """The command line."""

    names: tuple[str, ...]
    application: str | None
    everything: bool
    check: bool
    output: str


def _compared(repository: Repository, asked: _Asked) -> Answer:
    with rendered(repository) as platform:
        from presync.change.promotion import promotion  # noqa: PLC0415 - while the engine starts, see rendered()
        from presync.findings.promotion import with_lines  # noqa: PLC0415
        from presync.report import envs as report  # noqa: PLC0415

        known = platform.environments
        if not asked.names and len(known) != 2:
            few = len(known) < 2
            raise PresyncError(
                f"there is nothing to compare with {known[0]}, the only environment here"
                if known and few
                else f"there are {len(known) or 'no'} environments here{': ' * bool(known)}{', '.join(known)}",
                "Name the environments under `environments:` in presync.yaml."
                if few
                else f"Name two of them: presync envs {known[0]} {known[1]}.",
            )
        here, there = asked.names or known
        found = promotion(platform, here, there)
        if asked.application:
            chosen = frozenset(app.name for app in found.apps if fnmatch.fnmatchcase(app.name, asked.application))
            if not chosen:
                raise PresyncError(
                    f"there is no app {asked.application!r}", f"Apps: {', '.join(app.name for app in found.apps)}."
                )
            found = found.only(chosen)
        found = with_lines(platform, found)
        match asked.output:
            case "json":
                text = report.as_json(found)
            case "markdown":
                text = report.as_markdown(found)
            case _:
                text = report.as_text(found, asked.everything)
        unmeant = asked.check and (found.undeclared or found.unused)
        return Answer(text, UNDETERMINED if any(True for _ in found.unknown) else 1 if unmeant else 0)
