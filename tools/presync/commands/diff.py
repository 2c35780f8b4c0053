"""``presync diff``: what this branch does to each cluster."""

from __future__ import annotations

import sys
from dataclasses import astuple, dataclass, replace
from pathlib import Path

import click

from presync.commands.common import Progress, meant, started
from presync.commands.kept import Answer, answered
from presync.findings.verdict import UNDETERMINED, status
from presync.tree.repository import Repository


@click.command("diff")
@click.argument("base", required=False)
@click.option("-e", "--env", "environment", help="Only this environment.")
@click.option("-a", "--app", "application", help="Only this Application.")
@click.option("--stat", is_flag=True, help="Which objects change, without their fields.")
@click.option(
    "--merge-base/--no-merge-base", default=True, show_default=True, help="Compare with where this branch began."
)
@click.option("--argocd", metavar="VERSION", default="", help="Render the tree as this Argo CD does, such as 3.4.")
@click.option("--helm", metavar="VERSION", default="", help="Render with this Helm, such as 3.19.")
@click.option("--kubernetes", metavar="VERSION", multiple=True, help="Check against this Kubernetes, such as 1.37.")
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
    base: str | None,
    environment: str | None,
    application: str | None,
    stat: bool,
    merge_base: bool,
    argocd: str,
    helm: str,
    kubernetes: tuple[str, ...],
    exit_code: bool,
    info: bool,
    output: str,
    out: Path | None,
) -> int:
    """Render the platform at BASE (a branch, tag or commit) and as it is here, and say what differs, dangers first.

    Nothing is checked out; the working tree counts as it is, uncommitted changes included.

    With --argocd, --helm or --kubernetes the tree is rendered under those versions. BASE may then be left out: the same
    tree under today's versions, so that only what the versions do is shown, findings that are new included.

    Exit status: 0 nothing dangerous, 1 dangers (or, with --exit-code, any difference), 2 could not tell.
    """
    if base is None and not (argocd or helm or kubernetes):
        raise click.UsageError("give a branch, a tag or a commit to compare with: presync diff main")
    repository = meant(context.obj)
    coloured = out is None and sys.stdout.isatty()
    asked = _Asked(
        base, environment, application, stat, merge_base, argocd, helm, kubernetes, exit_code, info, output, coloured
    )
    # What a name such as main@{1} stands for is known to git's log alone.
    question = ("diff", *astuple(asked), base and repository.checked_out(base))
    answer = answered(repository, question, lambda: _compared(repository, asked))
    _give(answer.text, out, page=output == "html")
    return answer.code


@dataclass(frozen=True, slots=True)
class _Asked:
    """The command line."""

    base: str | None
    environment: str | None
    application: str | None
    stat: bool
    merge_base: bool
    argocd: str
    helm: str
    kubernetes: tuple[str, ...]
    exit_code: bool
    info: bool
    output: str
    coloured: bool


def _compared(repository: Repository, asked: _Asked) -> Answer:
    from presync.change import blind, upgrade  # noqa: PLC0415 - not for --help

    wanted = upgrade.Wanted(asked.argocd, asked.helm, asked.kubernetes)
    progress = Progress()
    with started(repository) as engine:
        from presync.change.load import load_change  # noqa: PLC0415 - while the engine starts
        from presync.change.narrow import narrowed  # noqa: PLC0415
        from presync.findings.change import collect_change, collect_upgrade  # noqa: PLC0415
        from presync.report import diff as report  # noqa: PLC0415
        from presync.report import junit, sarif  # noqa: PLC0415

        try:
            change = load_change(repository, engine, asked.base, progress, asked.merge_base, wanted=wanted)
        finally:
            progress.clear()
        deprecated = upgrade.deprecated(change.head) if wanted else ()
        findings = collect_upgrade(change) if wanted else collect_change(change)
        if asked.environment or asked.application:
            change = narrowed(change, asked.environment, asked.application)
            names = {entry.name for entry in [*change.base.entries, *change.head.entries]}
            findings = [one for one in findings if not one.application or one.concerns(names)]
            deprecated = tuple(one for one in deprecated if one.entry.name in names)
        change = replace(change, notes=(*change.notes, *blind.notes(change), *upgrade.summary(deprecated)))
        label = asked.base if asked.base is not None else "today's versions"
        shown = findings if asked.info else [one for one in findings if one.severity != "info" or one.undetermined]
        match asked.output:
            case "json":
                text = report.as_json(change, findings, label, deprecated)
            case "markdown":
                text = report.as_markdown(change, shown, label)
            case "html":
                from presync.report.page import as_html  # noqa: PLC0415 - for this output alone

                text = as_html(change, findings, label)
            case "sarif":
                text = sarif.as_sarif(findings)
            case "junit":
                text = junit.as_junit(change.head.entries, findings, 0.0)
            case _:
                text = report.as_text(change, shown, label, asked.stat, asked.coloured)
        code = UNDETERMINED if blind.unsure(change) else status(findings)
        return Answer(text, max(1, code) if asked.exit_code and not change.is_empty else code)


def _give(text: str, out: Path | None, page: bool) -> None:
    """Print it, or write the file, whole or not at all."""
    if out is None:
        click.echo(text.encode() if page else text, nl=False)  # a page is UTF-8 whatever the terminal is
        return
    from presync.report.files import write_file  # noqa: PLC0415 - only with --out

    write_file(out, text)
