"""``presync test``: the suites of policies."""

from __future__ import annotations

import time
from pathlib import Path

import click

from presync.base.errors import PresyncError
from presync.tree.repository import find_root

FORMATS = ("text", "json", "junit")


@click.command("test")
@click.argument("folders", nargs=-1, metavar="[DIR]...", type=click.Path(path_type=Path))
@click.option("-r", "--run", "wanted", default="", help="Only tests and cases with these names: TEST, or TEST//CASE.")
@click.option("-v", "--verbose", is_flag=True, help="Show every case, and what the policies said.")
@click.option("-o", "--output", type=click.Choice(FORMATS), default="text", show_default=True)
@click.pass_context
def command(context: click.Context, folders: tuple[Path, ...], wanted: str, verbose: bool, output: str) -> int:
    """Run the suites of policies (kind Suite), as `gator verify DIR/...` does.

    Without DIR every suite of the repository runs. --run takes regular expressions, as gator's does.

    Exit status: 0 all passed, 1 some failed, 2 could not tell.
    """
    from presync.policy.evaluator import Evaluator  # noqa: PLC0415 - what only this verb needs
    from presync.policy.suite import filtering, reading  # noqa: PLC0415
    from presync.policy.suite.model import SuiteError, SuiteResult  # noqa: PLC0415
    from presync.policy.suite.run import Runner  # noqa: PLC0415
    from presync.report import suites as report  # noqa: PLC0415

    start = time.monotonic()
    base: Path = context.obj or find_root(Path.cwd())
    asked = [folder if context.obj is None else base / folder for folder in folders] or [base]
    chosen = filtering.parse(wanted)
    results: list[SuiteResult] = []
    with Evaluator() as evaluator:
        try:
            for path in reading.find(asked):
                shown = _shown(path, base)
                root = base if path.resolve().is_relative_to(base.resolve()) else path.parent
                try:
                    suite = reading.read(path, shown)
                except SuiteError as error:
                    results.append(SuiteResult(shown, error=str(error)))
                    continue
                if suite is not None:
                    results.append(Runner(evaluator, root, chosen).run(suite, path.parent))
        except SuiteError as error:
            raise PresyncError(str(error), "Name a folder with suites of policies, or a suite.") from None
    if not results:
        places = ", ".join(str(folder) for folder in asked)
        raise PresyncError(f"there is no suite in {places}", "A suite is a file of kind Suite (test.gatekeeper.sh).")
    seconds = time.monotonic() - start
    match output:
        case "json":
            text = report.as_json(results)
        case "junit":
            text = report.as_junit(results, seconds)
        case _:
            text = report.as_text(results, seconds, verbose)
    click.echo(text, nl=False)
    return report.status(results)


def _shown(path: Path, base: Path) -> str:
    try:
        return path.resolve().relative_to(base.resolve()).as_posix()
    except ValueError:
        return str(path)
