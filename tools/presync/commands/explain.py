"""``presync explain``: what a rule is about, or where a rendered field comes from."""

from __future__ import annotations

import click

from presync.base.errors import PresyncError
from presync.commands.common import opened


@click.command("explain")
@click.argument("subject", metavar="RULE | APP/KIND/NAME[.field]")
@click.option(
    "-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True, help="For a field."
)
@click.pass_context
def command(context: click.Context, subject: str, output: str) -> int:
    """Say what a rule is about, or where a field comes from.

    RULE is an id or a name: K8S001. It is explained with a bad and a good example.

    APP/KIND/NAME.field is a field of what Argo CD would apply:
    redis-prod/StatefulSet/redis-master.spec.replicas. What is printed is the line to edit, the value that sets the
    field with the settings it hides, the lines of the templates that printed it, and what declares the Application.
    """
    if "/" not in subject:
        _rule(subject)
        return 0
    with opened(context.obj) as platform:
        from presync import provenance  # noqa: PLC0415 - while the engine starts, see opened()
        from presync.commands import fields  # noqa: PLC0415
        from presync.findings import lines  # noqa: PLC0415
        from presync.report import chain as report  # noqa: PLC0415

        entry, resource, path = fields.find(platform, subject)
        chain = provenance.explain(resource, path)
        place = lines.locate(platform, entry, resource, path)
        show = report.as_json if output == "json" else report.as_text
        click.echo(show(entry, resource, path, chain, place), nl=False)
    return 0


def _rule(text: str) -> None:
    from presync.rules import documentation  # noqa: PLC0415 - not needed for a field
    from presync.rules.registry import registry  # noqa: PLC0415

    known = {one.id: one for one in registry()} | {one.name: one for one in registry()}
    found = known.get(text) or known.get(text.upper())
    if found is None:
        raise PresyncError(f"there is no rule {text!r}", "`presync rules` lists them.")
    click.echo(documentation.as_text(found), nl=False)
