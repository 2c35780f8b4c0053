"""``presync render``: what Argo CD would hand to the cluster."""

from __future__ import annotations

from pathlib import Path

import click

from presync.commands import CLEAN, FINDINGS, UNDETERMINED
from presync.commands.common import choose, opened


@click.command("render")
@click.argument("names", nargs=-1, metavar="[APP]...")
@click.option("-e", "--env", "environment", help="Only this environment.")
@click.option("-o", "--output", type=click.Choice(["yaml", "json"]), default="yaml", show_default=True)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Write a file per Application here.")
@click.option("--split", is_flag=True, help="With --out: a folder per Application, a file per resource.")
@click.pass_context
def command(
    context: click.Context,
    *,
    names: tuple[str, ...],
    environment: str | None,
    output: str,
    out: Path | None,
    split: bool,
) -> int:
    """Show the resources of every Application, in the order Argo CD lists them.

    With --out DIR: <application>.yaml each, or <application>.error with the reason, and <application>.denied where Argo
    CD would refuse to sync it.
    """
    if split and not out:
        raise click.UsageError("--split needs --out DIR.")
    with opened(context.obj) as platform:
        from presync.report import manifests as report  # noqa: PLC0415 - while the engine starts, see opened()
        from presync.report.files import write_folder  # noqa: PLC0415

        entries = choose(platform.entries, platform.environments, names, environment)
        if out:
            write_folder(out, report.files(entries, split))
            count = sum(len(entry.rendered.resources) for entry in entries)
            click.echo(f"wrote {count} resources of {len(entries)} Applications to {out}", err=True)
        else:
            click.echo(report.render(entries, output), nl=False)
        code = CLEAN
        for entry in entries:
            rendered = entry.rendered
            for reason in (rendered.error, rendered.unavailable):
                if reason:
                    click.echo(f"{entry.name}: {reason}", err=True)
            for denial in entry.denials:
                click.echo(f"{entry.name}: {denial.message}", err=True)
            if rendered.unavailable and not rendered.external:
                code = UNDETERMINED
            elif (rendered.error or entry.denials) and code == CLEAN:
                code = FINDINGS
        return code
