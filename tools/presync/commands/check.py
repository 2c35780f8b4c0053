"""``presync check``: everything."""

from __future__ import annotations

import time

import click

from presync.commands.common import choose, opened

FORMATS = ("text", "json", "sarif", "junit", "github", "gitlab")


@click.command("check")
@click.argument("names", nargs=-1, metavar="[APP]...")
@click.option("-e", "--env", "environment", help="Only this environment.")
@click.option("-o", "--output", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("--info", is_flag=True, help="Show what is only good to know too; other formats always have it.")
@click.pass_context
def command(context: click.Context, names: tuple[str, ...], environment: str | None, output: str, info: bool) -> int:
    """Render every Application and report what would break, each finding with the place to edit.

    With APP or --env only findings of those Applications are shown; the whole platform is read all the same, since
    references cross Applications.

    Exit status: 0 clean, 1 findings, 2 could not tell.
    """
    start = time.monotonic()
    with opened(context.obj) as platform:
        from presync.findings import collect, status  # noqa: PLC0415 - while the engine starts, see opened()
        from presync.report import annotations, junit, sarif  # noqa: PLC0415
        from presync.report import check as report  # noqa: PLC0415

        entries = choose(platform, names, environment)
        findings = collect(platform)
        if names or environment:
            shown = {entry.name for entry in entries}
            findings = [finding for finding in findings if not finding.application or finding.concerns(shown)]
        match output:
            case "json":
                text = report.as_json(platform, entries, findings)
            case "sarif":
                text = sarif.as_sarif(findings)
            case "junit":
                text = junit.as_junit(entries, findings, time.monotonic() - start)
            case "github":
                text = annotations.as_github(findings)
            case "gitlab":
                text = annotations.as_gitlab(findings)
            case _:
                text = report.as_text(platform, entries, findings, time.monotonic() - start, info)
        click.echo(text, nl=False)
        return status(findings)
