"""Where somebody edits what differs between two environments."""

from __future__ import annotations

from dataclasses import replace

from presync.change.promotion.model import App, FieldDifference, Promotion
from presync.findings.lines import locate
from presync.platform.model import Entry, Platform


def with_lines(platform: Platform, found: Promotion) -> Promotion:
    """The same with the line of every field that nobody has declared and no value explains."""
    return replace(found, apps=tuple(_app(platform, app) for app in found.apps))


def _app(platform: Platform, app: App) -> App:
    if app.there is None or app.here is None:
        return app
    return replace(app, fields=tuple(_field(platform, app.there, one) for one in app.fields))


def _field(platform: Platform, entry: Entry, one: FieldDifference) -> FieldDifference:
    if one.settled or one.found_in is None or not one.path:
        return one
    return replace(one, place=locate(platform, entry, one.found_in, one.path))
