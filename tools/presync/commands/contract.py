"""``presync contract``: what the feature sets promise, to whom, and what a change of it means."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from presync.base.errors import PresyncError
from presync.commands import CLEAN, FINDINGS
from presync.commands.common import opened
from presync.report.files import write_file
from presync.report.table import table

if TYPE_CHECKING:
    from presync.contract.comparison import Comparison
    from presync.contract.model import Contract
    from presync.contract.readers import Reading
    from presync.platform.model import Platform

FORMATS = ("jsonschema", "feast", "markdown", "html")


@click.group("contract")
def command() -> None:
    """The contract between the pipeline that stores features and everyone who reads them."""


@command.command("show")
@click.argument("sets", nargs=-1, metavar="[SET]...")
@click.option("-e", "--env", "environment", help="The contract of this environment; default: the first.")
@click.pass_context
def show(context: click.Context, sets: tuple[str, ...], environment: str | None) -> int:
    """Show sets, features, thresholds, hashes and readers."""
    with opened(context.obj) as platform:
        where, contract = _contract(platform, environment)
        unknown = [name for name in sets if name not in contract.sets]
        if unknown:
            raise PresyncError(f"there is no set {unknown[0]!r}", f"Sets here: {', '.join(contract.sets)}.")
        click.echo(_shown(platform, where, contract, sets or tuple(contract.sets)), nl=False)
        return CLEAN


@command.command("diff")
@click.argument("base", metavar="REVISION")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_context
def diff(context: click.Context, base: str, output: str) -> int:
    """Say what became of the contract since REVISION (a branch, tag or commit), and who reads it.

    Every change is none (words for people), compatible or breaking, with the reason. A breaking change takes a new set,
    with a new name, or a waiver with a date.

    Exit status: 0 nothing breaking, 1 something is, 2 could not tell.
    """
    with opened(context.obj) as platform:
        from presync.contract.comparison import comparisons  # noqa: PLC0415 - while the engine starts
        from presync.contract.compatibility import Level  # noqa: PLC0415

        before = _at(platform, base)
        found = comparisons(before, platform)
        for one in found:
            _known(one, before, platform, base)
        if output == "json":
            document = [{"level": str(one.level), **asdict(one)} for one in found]
            click.echo(json.dumps(document, indent=2, ensure_ascii=False))
        else:
            click.echo("\n".join(map(_compared, found)) or "the contract is the same\n", nl=False)
        return FINDINGS if any(one.level is Level.BREAKING for one in found) else CLEAN


@command.command("export")
@click.option("-f", "--format", "kind", type=click.Choice(FORMATS), required=True, help="What to write.")
@click.option("-e", "--env", "environment", help="The contract of this environment; default: the first.")
@click.option(
    "--to",
    "target",
    type=click.Path(path_type=Path),
    help="Folder for jsonschema and feast, file for markdown and html; default: standard output.",
)
@click.pass_context
def export(context: click.Context, kind: str, environment: str | None, target: Path | None) -> int:
    """Write the contract for other tools.

    jsonschema: the JSON Schema of every stored table. feast: the repository as Feast mounts it; ${REDIS_PASSWORD} in it
    is a variable of whoever uses it. markdown, html: a data dictionary; the HTML page needs no other file.
    """
    with opened(context.obj) as platform:
        where, contract = _contract(platform, environment)
        if kind in ("jsonschema", "feast"):
            files = dict(_files(platform, where, kind))
            if target is None:
                click.echo(json.dumps(files, indent=2, ensure_ascii=False))
            for name, content in files.items() if target is not None else ():
                write_file(_inside(target, name), content)
                click.echo(str(target / name) if target else name, err=True)
            return CLEAN
        from presync.contract.page import as_html, as_markdown  # noqa: PLC0415

        page = (as_html if kind == "html" else as_markdown)(contract, _readers(platform, where))
        if target is None:
            click.echo(page, nl=False)
        else:
            write_file(target, page)
        return CLEAN


def _inside(folder: Path | None, name: str) -> Path:
    """A key of a ConfigMap is a plain name; whatever else it is does not become a path."""
    if folder is None or "/" in name or name in ("", ".", ".."):
        raise PresyncError(f"{name!r} is no name of a file")
    return folder / name


def _contract(platform: Platform, environment: str | None) -> tuple[str, Contract]:
    from presync.contract.model import contracts  # noqa: PLC0415

    found = contracts(platform)
    if not found:
        raise PresyncError(
            f"no ConfigMap with the annotation {platform.settings.contract.hash} holds a featuresets.json",
            "Is the Application that renders the contract there, and does it render? `presync check` says.",
        )
    if environment is None:
        environment = next((name for name in platform.environments if name in found), next(iter(found)))
    if environment not in found:
        raise PresyncError(f"environment {environment!r} has no contract", f"Those with one: {', '.join(found)}.")
    return environment, found[environment]


def _at(platform: Platform, base: str) -> Platform:
    from presync.engine import Engine  # noqa: PLC0415
    from presync.platform.load import load  # noqa: PLC0415
    from presync.tree import TreeError  # noqa: PLC0415

    try:
        tree = platform.repository.at(base)
    except TreeError as error:
        raise PresyncError(str(error), "Fetch it, or name another revision.") from None
    with Engine() as engine:
        return load(platform.repository, engine, tree)


def _known(one: Comparison, before: Platform, now: Platform, base: str) -> None:
    """A contract that is not rendered is not gone."""
    from presync.contract.parts import dark  # noqa: PLC0415

    side, where = (before, f"at {base}") if not one.old else (now, "here")
    hidden = [entry.name for entry in dark(side) if entry.environment in one.environments]
    if one.one_sided and hidden:
        raise PresyncError(
            f"{', '.join(hidden)} could not be rendered {where}, so what changes is not known",
            "`presync check` says why.",
        )


def _readers(platform: Platform, environment: str) -> list[Reading]:
    from presync.contract.parts import parts  # noqa: PLC0415
    from presync.contract.readers import readers  # noqa: PLC0415

    return readers(parts(platform), environment)


def _files(platform: Platform, environment: str, kind: str) -> Iterator[tuple[str, str]]:
    from presync.contract.parts import FEAST, SCHEMA, parts  # noqa: PLC0415

    for part in parts(platform).of(environment):
        if kind == "feast" and FEAST in part.files:
            yield from part.files.items()
        if kind == "jsonschema":
            yield from ((name, content) for name, content in part.files.items() if name.endswith(SCHEMA))


def _shown(platform: Platform, environment: str, contract: Contract, sets: tuple[str, ...]) -> str:
    from presync.contract.page import shown, values  # noqa: PLC0415
    from presync.platform.validation.access import text  # noqa: PLC0415

    out = [f"contract {contract.hash} of {environment or 'no environment'}\n"]
    for name in sets:
        one = contract.sets[name]
        keys = ", ".join(f"{key} {text(entity, 'type')}" for key, entity in one.entities.items())
        limits = ", ".join(f"{key} {shown(value)}" for key, value in one.validation.items())
        out.append(
            f"\n{name}: by {keys}, at {one.timestamp}, of events by {one.event_time}, "
            f"served for {text(one.spec, 'ttl')}, built at {one.schedule}\n"
            f"  {limits}\n"
        )
        rows = [
            [
                feature,
                text(spec, "dtype"),
                "never null" if spec.get("nullable") is False else "nullable",
                values(spec),
                f"{text(spec, 'transform')} of {text(spec, 'source')}",
            ]
            for feature, spec in one.features.items()
        ]
        lines = table(["FEATURE", "DTYPE", "NULLS", "VALUES", "TRANSFORM"], rows)
        out.append("".join(f"  {line}\n" for line in lines.splitlines()))
    out.append("\nread by\n")
    out += [f"  {one}\n" for one in _readers(platform, environment)]
    return "".join(out)


def _compared(one: Comparison) -> str:
    from presync.contract.compatibility import Level  # noqa: PLC0415

    environments = ", ".join(name or "no environment" for name in one.environments)
    out = [f"{one.level}: {environments}, {one.old[:15] or 'none'} -> {one.new[:15] or 'none'}"]
    out += [f"  {change.level:<10}  {change}" for change in one.changes]
    if not one.changes:
        out.append("  the same sets, written otherwise")
    if any(change.level is Level.BREAKING and not change.successor for change in one.changes):
        out.append("  give what changed a new name, and take the old one away when nobody reads it any more")
    out.append("  read by")
    out += [f"    {reading}" for reading in one.readers]
    return "\n".join(out) + "\n"
