"""``presync rules``: the list of rules."""

from __future__ import annotations

import json

import click

from presync.report.table import table
from presync.rules import documentation
from presync.rules.registry import registry


@click.command("rules")
@click.option("-o", "--output", type=click.Choice(["table", "json", "markdown"]), default="table", show_default=True)
def command(output: str) -> int:
    """List every rule: id, severity, name."""
    rules = registry()
    if output == "markdown":
        click.echo(documentation.as_markdown(rules), nl=False)
    elif output == "json":
        listed = [
            {"id": rule.id, "name": rule.name, "severity": str(rule.severity), "undetermined": rule.undetermined}
            for rule in rules
        ]
        click.echo(json.dumps(listed, indent=2))
    else:
        click.echo(
            table(["RULE", "SEVERITY", "NAME"], [[rule.id, str(rule.severity), rule.name] for rule in rules]), nl=False
        )
    return 0
