"""A ConfigMap holds a secret as plain text.

Who may read ConfigMaps is seldom thought of, and git keeps the value for everybody. Judged are keys, and lines of
configuration files (`name: value`, `name = value`), whose name says that they hold a password, token or key. Programs
and prose are left out. The value is not shown.

Bad:

    kind: ConfigMap
    data:
      redis.conf: |
        requirepass hunter2

Good:

    kind: ConfigMap
    data:
      redis.conf: |
        include /etc/redis/auth.conf
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.index import index
from presync.platform.model import Platform
from presync.platform.validation.access import obj
from presync.rules.credentials import is_secret, shown
from presync.rules.model import Match

ID = "SEC013"
NAME = "secret-in-configmap"
SEVERITY = Severity.ERROR

_REMEDY = "Put it into a Secret (presync seal) and let the file or the program read it from there. Change the value."
_CODE = re.compile(r"\.(?:py|sh|bash|js|mjs|ts|lua|go|rb|pl|php|java|sql|md|txt|rst|html|css|tmpl|tpl|j2)$")
_LINE = re.compile(
    r"^[ \t]*(?:-[ \t]+)?[\"']?(?P<name>[A-Za-z][\w.-]*)[\"']?[ \t]*[:=][ \t]*"
    r"(?P<quote>[\"']?)(?P<value>[^\s\"'#;,()\[\]{}]+)(?P=quote)[ \t]*[,;]?[ \t]*$",
    re.MULTILINE,
)
_REDIS = re.compile(r"^[ \t]*(?P<name>requirepass|masterauth)[ \t]+[\"']?(?P<value>[^\s\"']+)", re.MULTILINE)


def check(platform: Platform) -> Iterator[Match]:
    """Every key; of a file each name once."""
    for entry, resource in index(platform).of_kind("", "ConfigMap"):
        for key, value in obj(resource.data, "data").items():
            if isinstance(value, str):
                found = {name: secret for name, secret in _pairs(str(key), value) if is_secret(name, secret)}
                for name, secret in found.items():
                    place = "" if name == key else f" in {key}"
                    message = f"{name}{place} holds a secret ({shown(secret)}) as plain text"
                    path = ("data", str(key))
                    yield Match(message, _REMEDY, entry, resource, path, key=f"{key} {name}", quote=secret)


def _pairs(key: str, value: str) -> Iterator[tuple[str, str]]:
    if "\n" not in value.strip():
        yield key, value.strip()
    if not _CODE.search(key) and not value.startswith("#!"):
        for pattern in (_LINE, _REDIS):
            for match in pattern.finditer(value):
                yield match["name"], match["value"]
