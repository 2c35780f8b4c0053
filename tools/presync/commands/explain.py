"""``presync explain``: what a rule is about."""

from __future__ import annotations

import click

from presync.base.errors import PresyncError
from presync.rules import documentation
from presync.rules.registry import registry


@click.command("explain")
@click.argument("rule")
def command(rule: str) -> int:
    """Say what RULE (its id, such as K8S001, or its name) is about, with a bad and a good example."""
    known = {one.id: one for one in registry()} | {one.name: one for one in registry()}
    found = known.get(rule) or known.get(rule.upper())
    if found is None:
        raise PresyncError(f"there is no rule {rule!r}", "`presync rules` lists them.")
    click.echo(documentation.as_text(found), nl=False)
    return 0
