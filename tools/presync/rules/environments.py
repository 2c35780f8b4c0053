"""Names that belong to one environment: namespaces, hosts, buckets, and names built alike in each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from presync.platform.memo import memo
from presync.platform.model import Platform
from presync.platform.validation.access import items, obj, text, texts
from presync.render.model import Resource
from presync.rules.texts import Text, rendered

# What a name may consist of; a URL is several names.
_TOKEN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_BUCKET = re.compile(r"\b(?:s3a?|s3n|gs|abfss?|r2)://([A-Za-z0-9][A-Za-z0-9._-]*[A-Za-z0-9])")
# Texts about all environments, or about none: schemas, sealed values, Argo CD's own objects.
_SILENT = frozenset({"AppProject", "Application", "ApplicationSet", "CustomResourceDefinition"})
_SILENT_GROUPS = frozenset({"constraints.gatekeeper.sh"})  # a policy names what it keeps out
_SILENT_FIELDS = frozenset({"encryptedData", "caBundle", "binaryData", "image", "managedFields"})
_EXCLUDING = re.compile(r"(?:!=|!~|[Nn]ot[Ii]n|denylist|exclude)[^,;\n]{0,80}$")


@dataclass(frozen=True, slots=True)
class Owned:
    """A name, what it is the name of, and the environment it belongs to."""

    what: str
    environment: str
    certain: bool  # the tree itself says whose it is; otherwise it only looks so


class Names:
    """Whose names are whose."""

    def __init__(self, platform: Platform) -> None:
        self.environments = platform.environments
        self._words = {
            name: re.compile(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])", re.I) for name in self.environments
        }
        self.texts = tuple(_texts(platform)) if len(self.environments) > 1 else ()
        self._word: dict[str, str] = {}  # what word() found
        self.mentioned: dict[tuple[str, str], tuple[tuple[str, Owned], ...]] = {}  # what mentions() found
        self._seen: dict[str, set[str]] = {}  # token -> environments whose output has it
        self.buckets: dict[str, dict[str, Text]] = {}
        for one in self.texts:
            environment = one.entry.environment
            for token in tokens(one.value):
                if self.word(token):
                    self._seen.setdefault(token, set()).add(environment)
            if "://" in one.value:
                for match in _BUCKET.finditer(one.value):
                    using = self.buckets.setdefault(match[1], {})
                    # What stands within a text, such as a Pod template in a ConfigMap, has no line of its own.
                    if environment not in using or (using[environment].path[0] == "data" and one.path[0] != "data"):
                        using[environment] = one
        self.owned = dict(self._owned(platform))

    def word(self, name: str) -> str:
        """The one environment whose name is a word of this name; empty where there is none, or two."""
        known = self._word.get(name)
        if known is None:
            found = [environment for environment, pattern in self._words.items() if pattern.search(name)]
            known = self._word[name] = found[0] if len(found) == 1 and found[0].lower() != name.lower() else ""
        return known

    def foreign(self, environment: str, token: str) -> Owned | None:
        """To whom a name of another environment belongs."""
        owned = self.owned.get(token)
        if owned is not None:
            return owned if owned.environment != environment else None
        word = self.word(token)
        if not word or word == environment or word not in self._seen.get(token, ()):
            return None
        # The same name with the own environment in it is in use here: that one was meant.
        mine = self._words[word].sub(environment, token)
        return Owned("name", word, False) if environment in self._seen.get(mine, ()) else None

    def _owned(self, platform: Platform) -> Iterator[tuple[str, Owned]]:
        spaces: dict[str, set[str]] = {}
        addresses: dict[str, set[str]] = {}
        for entry in platform.entries:
            if not entry.environment or entry.environment not in self.environments:
                continue
            spaces.setdefault(entry.application.destination.namespace, set()).add(entry.environment)
            for resource in entry.rendered.resources:
                for host in _hosts(resource):
                    addresses.setdefault(host, set()).add(entry.environment)
        for what, names in (("namespace", spaces), ("host", addresses)):
            for name, having in names.items():
                word = self.word(name)
                # A word everybody uses, such as a namespace called `monitoring`, is told only by its own environment.
                if name and word in having:
                    yield name, Owned(what, word, True)
                elif what == "host" and name and len(having) == 1 and "." in name:
                    yield name, Owned(what, next(iter(having)), True)
        for bucket, using in self.buckets.items():
            word = self.word(bucket)
            if word in using:
                yield bucket, Owned("bucket", word, True)


def names(platform: Platform) -> Names:
    """The names of a platform."""
    return memo(platform, "environment-names", Names)


def mentions(known: Names, one: Text) -> tuple[tuple[str, Owned], ...]:
    """The names of other environments in a text, each once; not what the text shuts out."""
    key = (one.entry.environment, one.value)
    if key not in known.mentioned:
        known.mentioned[key] = tuple(_mentions(known, one))
    return known.mentioned[key]


def _mentions(known: Names, one: Text) -> Iterator[tuple[str, Owned]]:
    seen: set[str] = set()
    for match in _TOKEN.finditer(one.value):
        for token in _parts(match[0]):
            owned = known.foreign(one.entry.environment, token)
            if owned is None or owned.what in seen or token in seen:
                continue
            if not _EXCLUDING.search(one.value[max(0, match.start() - 120) : match.start()]):
                seen.add(token)
                yield token, owned
                break


@lru_cache(maxsize=65536)
def tokens(value: str) -> frozenset[str]:
    """The names in a text, and the parts of host names."""
    return frozenset(part for match in _TOKEN.finditer(value) for part in _parts(match[0]))


def _parts(token: str) -> tuple[str, ...]:
    """A name with dots may be a host: `redis.redis-dev.svc` is also `redis-dev`, `a.dev.example.com` is itself."""
    return (token, *token.split(".")) if "." in token else (token,)


def _hosts(resource: Resource) -> Iterator[str]:
    spec = obj(resource.data, "spec")
    if (resource.group, resource.kind) == ("networking.k8s.io", "Ingress"):
        for _, rule in items(spec, "rules"):
            yield text(rule, "host")
    elif resource.group == "gateway.networking.k8s.io":
        yield from texts(spec, "hostnames")


def _texts(platform: Platform) -> Iterator[Text]:
    for one in rendered(platform):
        silent = one.resource.kind in _SILENT or one.resource.group in _SILENT_GROUPS
        if one.entry.environment and not silent and not _SILENT_FIELDS & set(one.path):
            yield one
