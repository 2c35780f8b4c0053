"""A SealedSecret has a secret value in its template, where nothing is encrypted.

`spec.template.data` is for text that is put together from sealed values, such as a configuration file. What is written
there itself stands in git for everybody to read. A value counts as secret by the name of its key, or when it holds a
private key or a URL with a password. Values are never shown.

Bad:

    kind: SealedSecret
    spec:
      template:
        data:
          password: hunter2

Good:

    kind: SealedSecret
    spec:
      encryptedData:
        password: AgBy3i...
      template:
        data:
          redis.conf: requirepass {{ .password }}
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.platform.validation.access import obj
from presync.rules.model import Match
from presync.rules.sealed_secrets import sealed_secrets

ID = "SEC105"
NAME = "plain-value-in-sealed-secret"
SEVERITY = Severity.ERROR

_REMEDY = "Seal it (presync seal --merge-into) and change it: git keeps the old one."
# The last word of a key, or its last two: `SLACK_TOKEN`, `adminPassword` and `fernet-key`, but not `tokenUrl` or `key`.
_SECRET_KEY = re.compile(
    r"(?:^|_)(?:pass(?:word|wd|phrase)?|pwd|secret|token|credentials?|api_?key"
    r"|(?:private|secret|access|encryption|signing|fernet)_?key)$"
)
_WORD_BEGINS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SECRET_TEXT = re.compile(
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----\s*[A-Za-z0-9+/=]"  # with something in it
    r"|://[^\s/:@]*:[^\s/@]+@"  # user and password of a URL
)
_ACTION = re.compile(r"\{\{(?:(?!\{\{).)*?\}\}", re.DOTALL)


def check(platform: Platform) -> Iterator[Match]:
    """Every value of a template; the controller knows no stringData there, but git shows it all the same."""
    for entry, resource, sealed in sealed_secrets(platform):
        for field in ("data", "stringData"):
            for key, value in obj(sealed.template, field).items():
                if isinstance(value, str) and _is_secret(str(key), value):
                    message = f"the value of {key} stands in the template as plain text"
                    path = ("spec", "template", field, key)
                    yield Match(message, _REMEDY, entry, resource, path, key=str(key))


def _is_secret(key: str, value: str) -> bool:
    """Judged without what a template fills in from sealed values."""
    if _SECRET_TEXT.search(_ACTION.sub(" ", value)):
        return True
    if not value.strip() or "{{" in value:
        return False
    words = re.sub(r"[^a-z0-9]+", "_", _WORD_BEGINS.sub("_", key).lower())
    return bool(_SECRET_KEY.search(words))
