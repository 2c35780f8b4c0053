"""``presync check``: everything."""

from __future__ import annotations

import time
from dataclasses import replace

import click

from presync.commands.common import choose, meant, rendered
from presync.commands.kept import Kept
from presync.findings.checked import Checked, checked, from_json, to_json
from presync.findings.verdict import UNDETERMINED, status
from presync.report import check as report
from presync.tree.repository import Repository

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
    found, again = _checked(meant(context.obj))
    applications = choose(found.applications, found.environments, names, environment)
    findings = found.findings
    if names or environment:
        shown = {one.name for one in applications}
        findings = tuple(one for one in findings if not one.application or one.concerns(shown))
    found = replace(found, applications=tuple(applications), findings=findings)
    seconds = time.monotonic() - start
    took = f"{seconds:.1f} s" + ", from the cache" * again
    text = report.as_text(found, took, info) if output == "text" else _for_programs(found, output, seconds)
    click.echo(text, nl=False)
    return status(findings)


def _for_programs(found: Checked, output: str, seconds: float) -> str:
    from presync.report import annotations, junit, sarif  # noqa: PLC0415 - slow, and not for people

    match output:
        case "sarif":
            return sarif.as_sarif(found.findings)
        case "junit":
            return junit.as_junit(found.applications, found.findings, seconds)
        case "github":
            return annotations.as_github(found.findings)
        case "gitlab":
            return annotations.as_gitlab(found.findings)
        case _:
            return report.as_json(found)


def _checked(repository: Repository) -> tuple[Checked, bool]:
    """What is to be said, and whether that was known from before."""
    with Kept(repository, "check") as kept:
        before = kept.find()
        if before is not None:
            return from_json(before), True
        with rendered(repository) as platform:
            from presync.findings.collect import collect  # noqa: PLC0415 - while the engine starts

            found = checked(platform, collect(platform))
        if status(found.findings) != UNDETERMINED:
            kept.keep(to_json(found))
        return found, False
