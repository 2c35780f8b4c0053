"""``presync apps``: what exists."""

from __future__ import annotations

from pathlib import Path

import click

from presync.commands import CLEAN, FINDINGS, UNDETERMINED
from presync.commands.common import choose, opened
from presync.platform.model import Platform
from presync.report import applications as report
from presync.report.files import write_folder


@click.command("apps")
@click.argument("names", nargs=-1, metavar="[APP]...")
@click.option("-e", "--env", "environment", help="Only this environment.")
@click.option(
    "-o", "--output", type=click.Choice(["table", "json", "yaml", "name"]), default="table", show_default=True
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Write a file per Application here.")
@click.pass_context
def command(
    context: click.Context, names: tuple[str, ...], environment: str | None, output: str, out: Path | None
) -> int:
    """List every Application of every ApplicationSet, every plain one, and those another Application renders.

    With --out DIR: <application>.yaml each, and applicationset.<set>.error with the reason where a set yields nothing
    because it fails.
    """
    with opened(context.obj) as platform:
        entries = choose(platform, names, environment)
        if out:
            write_folder(out, report.files(entries, platform.expansions))
            click.echo(f"wrote {len(entries)} Applications to {out}", err=True)
        else:
            click.echo(report.render(entries, output), nl=False)
        return _status(platform)


def _status(platform: Platform) -> int:
    """Failures are told on standard error, so that standard output stays the list."""
    from presync.findings import collect  # noqa: PLC0415 - the rules are needed only for the failures

    failures = [
        finding
        for finding in collect(platform, kinds_only=True)
        if finding.rule.startswith(("ARG", "PRE")) and finding.severity != "info" and not finding.resource
    ]
    for finding in failures:
        place = f"{finding.location}: " if finding.location.file else ""
        click.echo(f"{place}{finding.severity} {finding.rule}: {finding.message}", err=True)
    if any(finding.undetermined for finding in failures):
        return UNDETERMINED
    return FINDINGS if failures else CLEAN
