"""Telling credentials from what only looks like one. Values are never shown, at most their first characters."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator

# Formats that their makers gave a beginning by which they are known.
_FORMATS = {
    "access key of AWS": r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    "token of GitHub": r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,})",
    "token of GitLab": r"\bglpat-[A-Za-z0-9_-]{20,}",
    "token of Slack": r"\bxox[abeprs]-(?=[A-Za-z-]*[0-9])[A-Za-z0-9-]{10,}",
    "webhook of Slack": r"\bhooks\.slack\.com/services/T[A-Za-z0-9]{6,}/B[A-Za-z0-9]{6,}/[A-Za-z0-9]{16,}",
    "API key of Google": r"\bAIza[0-9A-Za-z_-]{35}",
    "key of Stripe": r"\b[rs]k_live_[0-9A-Za-z]{16,}",
    "JSON Web Token": r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{16,}",
    "private key": r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----\s+[A-Za-z0-9+/]{16}",
}
_KNOWN = tuple((what, re.compile(pattern)) for what, pattern in _FORMATS.items())
HINT = re.compile(
    r"AKIA|ASIA|gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|hooks\.slack\.com|AIza|k_live_|eyJ|PRIVATE KEY-----"
)
_URL = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s/:@\"'<>`]*:(?P<password>[^\s/@\"'<>`]+)@")
_WORD_BEGINS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_PASSWORD = r"pass(?:word|wd|phrase)?|pwd|requirepass|masterauth"  # noqa: S105 - a pattern, as are the next
_KEYS = r"api_?key|(?:private|secret|access|encryption|signing|fernet|account|license)_?key"
_SECRET_NAME = re.compile(rf"(?:^|_)(?:{_PASSWORD}|secret|token|credentials?|{_KEYS})$")
_PASSWORD_NAME = re.compile(rf"(?:^|_)(?:{_PASSWORD})$")
_NO_SECRET_NAME = re.compile(
    r"public|existing|(?:^|_)(?:csrf|xsrf|continue|page|next|pull|image_pull)_?(?:token|secret)$"
)
_FILLED_IN = re.compile(r"\{\{|\$[\w({]|%\(|%[sd]\b|<[^>]*>|\bENC\[|^[%@#!&*]|^\.\.\.|…")
_REFERENCE = re.compile(
    r"(?:vault|ref\+\w+|op|env|file|secret|arn|projects|valueFrom|bao|awssm|gcpsm|k8s|https?|s3|sops)[:/]|[/~.]", re.I
)
_PLACEHOLDER = re.compile(
    r"change[-_]?(?:me|it|this)|replace[-_]?(?:me|this|with)|place[-_]?holder|example|dummy|fake|sample|redacted|unused|"
    r"not[-_]?(?:set|needed|used|required|a[-_]?real)|ignored|insert|your[-_]|my[-_]?(?:password|secret|token)|todo|"
    r"(?:x{3,}|\*{3,}|\.{3,}|-{3,}|0{6,})",
    re.I,
)
_WORDS = re.compile(
    r"true|false|yes|no|on|off|null|none|nil|empty|default|auto|enabled|disabled|required|optional|basic|bearer|"
    r"jwt|password|passwd|pass|pwd|secret|token|user|username|anonymous|noop|opaque|test|stringdata|data|plain|"
    r"disable|generate|generated|random|env|file|vault|external|internal|key|value|string|str|text",
    re.I,
)
_HASH = re.compile(
    r"\$(?:2[abxy]|5|6|argon2\w*|pbkdf2\S*|scrypt|apr1|1|y)\$|\{(?:SSHA|SHA|CRYPT)\w*\}|(?:sha(?:1|256|512)|md5|pbkdf2|scrypt)[:_-]",
    re.I,
)
_PUBLIC = re.compile(r"ssh-(?:rsa|ed25519)|ecdsa-|-----BEGIN (?:CERTIFICATE|[A-Z ]*PUBLIC KEY)|age1|AgA|AgB")
_NAME_OF_A_VARIABLE = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
_NAME_OF_AN_OBJECT = re.compile(r"[a-z][a-z0-9]*(?:[-.][a-z0-9]+)+")


def formats(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    """Credentials of known formats in a text, with what they are; not those that are examples."""
    if HINT.search(text):
        for what, pattern in _KNOWN:
            for match in pattern.finditer(text):
                if len(set(match[0][-12:])) > 5 and not re.search(r"EXAMPLE|example|x{4}|X{4}|0{6}|1234567", match[0]):
                    yield what, match


def url_passwords(text: str) -> Iterator[str]:
    """Passwords in URLs."""
    if "://" in text and "@" in text:
        for match in _URL.finditer(text):
            if is_literal(match["password"]):
                yield match["password"]


def says_secret(name: str) -> bool:
    """Whether the last word of a name, or its last two, say that it holds a secret: `SLACK_TOKEN`, `adminPassword`."""
    words = _words(name)
    return _SECRET_NAME.search(words) is not None and _NO_SECRET_NAME.search(words) is None


def is_secret(name: str, value: str) -> bool:
    """Whether a value under such a name is the secret itself.

    Under a password everything is that is no placeholder. A `token` or `secret` is as often the name of an object or a
    setting, so there it must look random.
    """
    if not says_secret(name) or not is_literal(value):
        return False
    if _PASSWORD_NAME.search(_words(name)):
        return True
    return len(value) >= 12 and looks_random(value)


def is_literal(value: str) -> bool:
    """Whether a value stands for itself: no placeholder, reference, hash, public key, or name of something."""
    value = value.strip()
    if len(value) < 4 or re.search(r"\s", value) or _WORDS.fullmatch(value):
        return False
    if _FILLED_IN.search(value) or _REFERENCE.match(value) or _PLACEHOLDER.search(value):
        return False
    if _HASH.match(value) or _PUBLIC.match(value) or _NAME_OF_A_VARIABLE.fullmatch(value):
        return False
    if re.fullmatch(r"[\d.]+[smhdkMGi]{0,2}", value) and len(value) < 6:
        return False
    return _SECRET_NAME.search(_words(value)) is None  # `redis-password`: the key of a Secret


def looks_random(value: str) -> bool:
    """Whether no person would have made it up as a name."""
    if _NAME_OF_AN_OBJECT.fullmatch(value) and not re.search(r"\d[a-z]+\d|[a-z]+\d+[a-z]+\d", value):
        return False
    kinds = sum(re.search(kind, value) is not None for kind in ("[a-z]", "[A-Z]", "[0-9]"))
    return kinds > 1 and entropy(value) >= 3.0


def entropy(value: str) -> float:
    """Bits for each character, by how often each stands in the value."""
    return -sum(count / len(value) * math.log2(count / len(value)) for count in Counter(value).values())


def shown(value: str) -> str:
    """So much of a value that its owner knows which one is meant: at most four characters, a quarter at most."""
    return value[: min(4, len(value) // 4)] + "…"


def _words(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", _WORD_BEGINS.sub("_", name).lower()).strip("_")
