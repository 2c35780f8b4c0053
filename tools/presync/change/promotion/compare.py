"""Two environments of a platform, compared."""

from __future__ import annotations

from dataclasses import replace

from presync.base.errors import PresyncError
from presync.change.promotion import rendered, values, versions
from presync.change.promotion.declared import Declared
from presync.change.promotion.facts import Facts
from presync.change.promotion.model import SHARED, App, Promotion, Version
from presync.change.promotion.pairs import Pair, facts, paired, shared_files, shared_layers
from presync.platform.model import Entry, Platform
from presync.tree.history import History


def promotion(platform: Platform, here: str, there: str) -> Promotion:
    """What differs between two environments, names left out.

    Raises:
        PresyncError: there is no such environment, or both are the same.
    """
    for name in (here, there):
        if name not in platform.environments:
            others = ", ".join(platform.environments) or "none"
            raise PresyncError(f"there is no environment {name!r}", f"Environments here: {others}.")
    if here == there:
        raise PresyncError(f"{here} is compared with itself", "Give two environments: presync envs dev prod.")
    pairs, alone = paired(platform, here, there)
    if not pairs and not alone:
        raise PresyncError(
            f"no Application of {here} or {there} has the name of its environment in its own name",
            "presync recognises an app by that: web-dev and web-prod are one app.",
        )
    readable = [pair for pair in pairs if not _dark(pair.here) and not _dark(pair.there)]
    shared = shared_files(readable)
    layers = shared_layers(readable, shared, here, there)
    known = facts(readable, layers, here, there, platform.settings.contract.config)
    declared = Declared(platform.settings.differences, here, there)
    history = History(platform.repository)
    apps = [
        App(SHARED, None, None, values=tuple(values.of_shared(layers, known))),
        *(_app(pair, known, shared, platform, history) for pair in pairs),
        *(App(name, entry if entry.environment == here else None, entry if entry.environment == there else None)
          for name, entry in alone),
    ]  # fmt: skip
    settled = sorted((_settled(app, declared) for app in apps), key=lambda app: app.name)
    found = tuple(app for app in settled if app.name != SHARED or app.values)
    named = {entry.name for pair in pairs for entry in (pair.here, pair.there)} | {entry.name for _, entry in alone}
    strangers = tuple(
        entry.name for entry in platform.entries if entry.environment in (here, there) and entry.name not in named
    )
    return Promotion(here, there, found, known.pairs, declared.unused(found), strangers)


def _app(pair: Pair, known: Facts, shared: frozenset[str], platform: Platform, history: History) -> App:
    reasons = [f"{entry.name}: {why}" for entry in (pair.here, pair.there) if (why := _dark(entry))]
    if reasons:
        return App(pair.name, pair.here, pair.there, unknown="; ".join(reasons))
    fields = rendered.of_pair(pair, known, shared)
    found: list[Version] = [
        *versions.of_sources(pair, platform.tree),
        *versions.of_images(pair, fields, platform.tree),
    ]
    images = [
        (one.here, one.there)
        for one in fields
        if one.field.rpartition(".")[2] == "image" and isinstance(one.here, str) and isinstance(one.there, str)
    ]
    told = {(one.name, one.here, one.there) for one in found}
    return App(
        pair.name,
        pair.here,
        pair.there,
        tuple(replace(one, version=values.sets_version(one, images)) for one in values.of_pair(pair, known, shared)),
        tuple(one for one in fields if not _is_version(one.here, one.there, told)),
        tuple(versions.dated(one, platform.tree, history) for one in found),
    )


def _is_version(here: object, there: object, told: set[tuple[str, str, str]]) -> bool:
    if not isinstance(here, str) or not isinstance(there, str):
        return False
    (name, mine), (_, theirs) = versions.split(here), versions.split(there)
    return (name, mine, theirs) in told


def _settled(app: App, declared: Declared) -> App:
    return replace(
        app,
        declared=declared.alone(app.name, app.alone) if app.alone else None,
        values=tuple(
            one if one.version else replace(one, declared=declared.value(app.name, one.path)) for one in app.values
        ),
        fields=tuple(
            one if one.by_values else replace(one, declared=declared.field(app.name, one.resource, one.field))
            for one in app.fields
        ),
    )


def _dark(entry: Entry) -> str:
    """Why nothing is known of what it renders; what presync.yaml leaves out on purpose is compared as far as it is
    there."""
    if entry.rendered.error:
        return f"it does not render: {entry.rendered.error.splitlines()[0]}"
    return entry.rendered.unavailable if entry.rendered.unavailable and not entry.rendered.external else ""
