"""Alertmanager configurations: in files that presync.yaml names, in the tree's objects, in custom resources."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from presync.base import goyaml
from presync.base.finding import Location
from presync.platform.index import index
from presync.platform.memo import memo
from presync.platform.model import Entry, Platform
from presync.platform.validation.access import Object, items, obj, text, texts
from presync.render.model import Resource
from presync.tree import TreeError

GROUP = "monitoring.coreos.com"
Path = tuple[str | int, ...]
_MATCHER = re.compile(r'\s*"?([\w.]+)"?\s*(=~|!~|!=|=)\s*"?(.*?)"?\s*')
# Fields that say where a message goes, per kind of receiver; secrets may be left out of a file in the clear.
_ADDRESSES: dict[str, tuple[str, ...]] = {
    "slack": ("api_url", "api_url_file", "channel", "apiURL"),
    "webhook": ("url", "url_file", "urlSecret"),
    "email": ("to",),
    "pagerduty": ("routing_key", "service_key", "routing_key_file", "service_key_file", "routingKey", "serviceKey"),
    "opsgenie": ("api_key", "api_key_file", "apiKey"),
    "telegram": ("chat_id", "chatID"),
    "discord": ("webhook_url", "webhook_url_file", "apiURL"),
    "msteams": ("webhook_url", "webhook_url_file", "webhookUrl"),
    "pushover": ("user_key", "user_key_file", "userKey"),
    "victorops": ("routing_key", "routingKey"),
}


# Kinds that may have a configuration in the clear, and in which field: what is secret in it is read from files then.
_HOLDERS: dict[tuple[str, str], tuple[tuple[str, ...], ...]] = {
    ("", "ConfigMap"): (("data",),),
    ("", "Secret"): (("stringData",),),
    ("bitnami.com", "SealedSecret"): (("spec", "template", "data"), ("spec", "template", "stringData")),
    ("external-secrets.io", "ExternalSecret"): (("spec", "target", "template", "data"),),
}


@dataclass(frozen=True, slots=True)
class Route:
    """A route with where it stands."""

    data: Object
    path: Path
    receiver: str  # its own, or its parent's
    named: bool  # the receiver is named here
    children: tuple[Route, ...]


@dataclass(frozen=True, slots=True)
class Config:
    """One configuration. ``resource`` or ``location`` says where it is; ``whole``: not only a part of one."""

    environment: str
    data: Object
    entry: Entry | None
    resource: Resource | None
    path: Path
    location: Location
    whole: bool

    @property
    def receivers(self) -> dict[str, Object]:
        return {text(one, "name"): one for _, one in items(self.data, "receivers")}

    def root(self) -> Route:
        """The tree of routes."""
        return _route(obj(self.data, "route"), (*self.path, "route"), "")

    def addresses(self, receiver: str) -> Iterator[str]:
        """Where a receiver's messages go, as text that is equal where the places are."""
        for key, value in self.receivers.get(receiver, {}).items():
            kind = re.sub(r"_?configs$", "", key.lower()).removesuffix("v2")
            for one in value if isinstance(value, list) and kind in _ADDRESSES else ():
                parts = [
                    f"{field} {one[field]}" for field in _ADDRESSES[kind] if isinstance(one, dict) and one.get(field)
                ]
                if parts:
                    yield f"{kind} {', '.join(parts)}"


def walk(route: Route) -> Iterator[Route]:
    """A route and all below it."""
    yield route
    for child in route.children:
        yield from walk(child)


def silent(config: Config, receiver: str) -> bool:
    """Whether a receiver sends nothing anywhere."""
    return not any(value for key, value in config.receivers.get(receiver, {}).items() if key != "name")


def reached(route: Route, severity: str) -> Iterator[str]:
    """Receivers that an alert of a severity may reach, whatever its other labels are."""
    below: list[str] = []
    certain = False
    for child in route.children:
        fit = _fits(child.data, severity)
        if fit is False:
            continue
        below += reached(child, severity)
        if fit is True and child.data.get("continue") is not True:
            certain = True
            break
    if not certain:
        yield route.receiver
    yield from below


def configs(platform: Platform) -> tuple[Config, ...]:
    """All of a platform, computed once."""
    return memo(platform, "alertmanager", lambda one: tuple(_configs(one)))


def _route(data: Object, path: Path, inherited: str) -> Route:
    own = text(data, "receiver")
    children = tuple(_route(one, (*path, "routes", at), own or inherited) for at, one in items(data, "routes"))
    return Route(data, path, own or inherited, bool(own), children)


def _fits(route: Object, severity: str) -> bool | None:
    """Whether a route takes the severity: True for certain, None when it hangs on other labels too."""
    conditions = [(name, "=", str(value)) for name, value in obj(route, "match").items()]
    conditions += [(name, "=~", str(value)) for name, value in obj(route, "match_re").items()]
    for one in texts(route, "matchers"):
        match = _MATCHER.fullmatch(one.strip().strip("{}"))
        conditions.append((match[1], match[2], match[3]) if match else ("?", "=", ""))
    for _, listed in items(route, "matchers"):
        operator = text(listed, "matchType") or ("=~" if listed.get("regex") else "=")
        conditions.append((text(listed, "name"), operator, text(listed, "value")))
    certain = True
    for name, operator, value in conditions:
        if name != "severity":
            certain = False
            continue
        try:
            holds = severity == value if operator in ("=", "!=") else re.fullmatch(value, severity) is not None
        except re.error:
            return None
        if holds == operator.startswith("!"):
            return False
    return True if certain else None


def _configs(platform: Platform) -> Iterator[Config]:
    for one in platform.settings.alertmanager:
        try:
            data = _config(goyaml.decode(platform.tree.read(one.file)))
        except TreeError:
            data = None
        yield Config(one.environment, data or {}, None, None, (), Location(one.file, 1), True)
    for (group, kind), fields in _HOLDERS.items():
        for entry, resource in index(platform).of_kind(group, kind):
            for field in fields:
                for key, value in obj(resource.data, *field).items():
                    data = _config(value)
                    if data is not None:
                        yield Config(entry.environment, data, entry, resource, (*field, key), Location(), True)
    used = {
        (entry.application.destination.cluster, resource.namespace, name)
        for entry, resource in index(platform).of_kind(GROUP, "Alertmanager")
        if (name := text(obj(resource.data, "spec", "alertmanagerConfiguration"), "name"))
    }
    for entry, resource in index(platform).of_kind(GROUP, "AlertmanagerConfig"):
        place = (entry.application.destination.cluster, resource.namespace, resource.name)
        data = obj(resource.data, "spec")
        yield Config(entry.environment, data, entry, resource, ("spec",), Location(), place in used)


def _config(value: Any) -> Object | None:
    """A configuration, by its content: a route and receivers."""
    if not isinstance(value, str) or not re.search(r"^receivers:", value, re.MULTILINE):
        return None
    try:
        data = goyaml.load(value)
    except goyaml.GoYamlError:
        return None
    return data if isinstance(data, dict) and isinstance(data.get("route"), dict) else None
