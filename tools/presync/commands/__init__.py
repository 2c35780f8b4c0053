"""The command line: one module per verb, imported only when it is used."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

import click

from presync import __version__
from presync.base.errors import PresyncError

CLEAN, FINDINGS, UNDETERMINED = 0, 1, 2
CACHE = "PRESYNC_CACHE"  # the folder of the cache, see presync.engine.store

# verb -> (module, one line for --help); the module exports ``command``
_VERBS = {
    "apps": ("presync.commands.apps", "List every Application that Argo CD would have."),
    "render": ("presync.commands.render", "Show what Argo CD would hand to the cluster."),
    "check": ("presync.commands.check", "Render everything and report what would break."),
    "diff": ("presync.commands.diff", "Show what this branch does to each cluster, dangers first."),
    "envs": ("presync.commands.envs", "Compare two environments: what prod lacks, and what differs."),
    "test": ("presync.commands.test", "Run the suites of policies."),
    "new": ("presync.commands.new", "Lay out a policy that works."),
    "explain": ("presync.commands.explain", "Say where a field comes from, or what a rule is about."),
    "rules": ("presync.commands.rules", "List every rule."),
    "vendor": ("presync.commands.vendor", "Fill the local cache of remote charts."),
    "pin": ("presync.commands.pin", "Write the contract's hashes into the values of its readers."),
    "contract": ("presync.commands.contract", "Show, compare or export the contract."),
    "seal": ("presync.commands.seal", "Encrypt a Secret for the sealed-secrets controller."),
    "rotate": ("presync.commands.rotate", "Seal again for a new certificate."),
}


class _Verbs(click.Group):
    """Verbs that cost nothing until they run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _VERBS:
            return None
        command: click.Command = importlib.import_module(_VERBS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl([(name, text) for name, (_, text) in _VERBS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _VERBS and not args[0].startswith("-"):
            import difflib  # noqa: PLC0415 - only for a mistyped verb

            close = difflib.get_close_matches(args[0], _VERBS, 1)
            hint = f" Did you mean {close[0]}?" if close else " presync --help lists them."
            raise click.UsageError(f"there is no verb {args[0]!r}.{hint}")
        return super().resolve_command(ctx, args)


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "-C",
    "folder",
    type=click.Path(path_type=Path),
    help="Root of the GitOps repository. Default: the nearest folder upwards with a presync.yaml or a git repository.",
)
@click.option("--no-cache", is_flag=True, help="Look at everything again, and keep nothing of it.")
@click.version_option(__version__, prog_name="presync")
@click.pass_context
def cli(context: click.Context, folder: Path | None, no_cache: bool) -> None:
    """Shows before a merge what Argo CD will do after it, and refuses what would break.

    Exit status: 0 clean, 1 findings, 2 could not tell.
    """
    context.obj = folder
    if no_cache:
        os.environ[CACHE] = "off"


def main() -> None:
    """Entry point: errors become a sentence and exit status 2, Ctrl-C 130, a closed pipe is no error."""
    try:
        # Not cli.main(): it would turn a closed pipe into exit status 1, which means findings.
        with cli.make_context("presync", sys.argv[1:]) as context:
            code = cli.invoke(context)
    except click.exceptions.Exit as error:
        code = error.exit_code
    except click.exceptions.Abort:
        click.echo("presync: interrupted", err=True)
        code = 130
    except click.ClickException as error:
        error.show()
        code = UNDETERMINED
    except PresyncError as error:
        click.echo(f"presync: {error}", err=True)
        code = UNDETERMINED
    except BrokenPipeError:
        # The reader (head, less) went away: nobody to tell. Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = CLEAN
    except KeyboardInterrupt:
        click.echo("presync: interrupted", err=True)
        code = 130
    except Exception as error:
        # Python would exit with 1, which means findings; a failure of the tool must not look like a verdict.
        if os.environ.get("PRESYNC_DEBUG"):
            raise
        click.echo(
            f"presync: internal error, {type(error).__name__}: {error}\n"
            "  This is a bug in presync. PRESYNC_DEBUG=1 shows where; please report it with that.",
            err=True,
        )
        code = UNDETERMINED
    sys.exit(code if isinstance(code, int) else CLEAN)
