"""``presync diff``: what this branch does to each cluster."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from presync.commands.common import Progress, started
from presync.tree.repository import find_root, open_repository


@click.command("diff")
@click.argument("base")
@click.option("-e", "--env", "environment", help="Only this environment.")
@click.option("-a", "--app", "application", help="Only this Application.")
@click.option("--stat", is_flag=True, help="Which objects change, without their fields.")
@click.option(
    "--merge-base/--no-merge-base", default=True, show_default=True, help="Compare with where this branch began."
)
@click.option("--exit-code", is_flag=True, help="Exit 1 when anything differs at all.")
@click.option("--info", is_flag=True, help="Show what is only good to know too.")
@click.option(
    "-o",
    "--output",
    type=click.Choice(["text", "json", "markdown", "html", "sarif", "junit"]),
    default="text",
    show_default=True,
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file, whole or not at all.")
@click.pass_context
def command(  # noqa: PLR0917 - one parameter for each option
    context: click.Context,
    base: str,
    environment: str | None,
    application: str | None,
    stat: bool,
    merge_base: bool,
    exit_code: bool,
    info: bool,
    output: str,
    out: Path | None,
) -> int:
    """Render the platform at BASE (a branch, tag or commit) and as it is here, and say what differs, dangers first.

    Nothing is checked out; the working tree counts as it is, uncommitted changes included.

    Exit status: 0 nothing dangerous, 1 dangers (or, with --exit-code, any difference), 2 could not tell.
    """
    folder = context.obj
    repository = open_repository(folder) if folder else open_repository(find_root(Path.cwd()))
    progress = Progress()
    with started(repository) as engine:
        from presync.change.load import load_change  # noqa: PLC0415 - while the engine starts
        from presync.change.narrow import narrowed  # noqa: PLC0415
        from presync.findings import status  # noqa: PLC0415
        from presync.findings.change import collect_change  # noqa: PLC0415
        from presync.report import diff as report  # noqa: PLC0415
        from presync.report import junit, sarif  # noqa: PLC0415

        try:
            change = load_change(repository, engine, base, progress, merge_base)
        finally:
            progress.clear()
        findings = collect_change(change)
        if environment or application:
            change = narrowed(change, environment, application)
            names = {entry.name for entry in [*change.base.entries, *change.head.entries]}
            findings = [one for one in findings if not one.application or one.concerns(names)]
        shown = findings if info else [one for one in findings if one.severity != "info" or one.undetermined]
        match output:
            case "json":
                text = report.as_json(change, findings, base)
            case "markdown":
                text = report.as_markdown(change, shown, base)
            case "html":
                from presync.report.page import as_html  # noqa: PLC0415 - for this output alone

                text = as_html(change, findings, base)
            case "sarif":
                text = sarif.as_sarif(findings)
            case "junit":
                text = junit.as_junit(change.head.entries, findings, 0.0)
            case _:
                text = report.as_text(change, shown, base, stat, out is None and sys.stdout.isatty())
        if out is None:
            click.echo(
                text.encode() if output == "html" else text, nl=False
            )  # a page is UTF-8 whatever the terminal is
        else:
            from presync.report.files import write_file  # noqa: PLC0415

            write_file(out, text)
        if exit_code and not change.is_empty:
            return max(1, status(findings))
        return status(findings)
