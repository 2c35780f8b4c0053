"""``presync apps``: what exists."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from presync.base.finding import Finding, Severity
from presync.commands.common import choose, opened
from presync.findings.verdict import status

if TYPE_CHECKING:
    from presync.platform.model import Platform


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
        from presync.report import applications as report  # noqa: PLC0415 - while the engine starts, see opened()
        from presync.report.files import write_folder  # noqa: PLC0415

        entries = choose(platform.entries, platform.environments, names, environment)
        if out:
            write_folder(out, report.files(entries, platform.expansions))
            click.echo(f"wrote {len(entries)} Applications to {out}", err=True)
        else:
            width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
            click.echo(report.render(entries, output, width), nl=False)
        return _status(platform)


def _status(platform: Platform) -> int:
    """What kept Applications from existing is told on standard error, so that standard output stays the list."""
    from presync.findings.collect import collect  # noqa: PLC0415 - the rules are needed only for the failures

    failures = [finding for finding in collect(platform, kinds_only=True) if _keeps_from_existing(finding)]
    for finding in failures:
        place = f"{finding.location}: " if finding.location.file else ""
        click.echo(f"{place}{finding.severity} {finding.rule}: {finding.message}", err=True)
    return status(failures)


def _keeps_from_existing(finding: Finding) -> bool:
    """About ApplicationSets and the discovery of Applications, not about what an Application renders."""
    return finding.severity != Severity.INFO and (
        finding.rule.startswith("PRE") or "ARG001" <= finding.rule <= "ARG010"
    )
