"""Which image an environment runs: written into envs/<env>/<app>/values.yaml, by digest.

    tools/pin_image.py tag feast                       the tag of the image that images/feast is now
    tools/pin_image.py wanted                          images whose tag dev does not name yet, as a JSON list
    tools/pin_image.py pin feast dev --repository R --tag T --digest sha256:…
    tools/pin_image.py promote feast --from dev --to prod

Comments and order stay, a file that is right stays untouched, and a file is replaced as a whole or not at all. What the
app's chart has no key for is refused. Exit status 0: as asked; 2: refused, with the reason on stderr.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError

from presync.base.errors import PresyncError
from presync.report.files import write_file

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Image:
    """A folder of images/ and the place in the values of its app (which has the same name)."""

    package: str
    key: tuple[str, ...]


IMAGES = {
    "airflow": Image("apache-airflow", ("images", "airflow")),
    "feast": Image("feast", ("image",)),
}
FIRST = "dev"
_FIELDS = {
    "repository": re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)+"),
    "tag": re.compile(r"(?!latest$)[A-Za-z0-9_][A-Za-z0-9._-]{0,127}"),
    "digest": re.compile(r"sha256:[0-9a-f]{64}"),
}
_FORMS = {
    "repository": "host/path, in lower case, without tag",
    "tag": "a version, not latest",
    "digest": "sha256: and 64 hex digits",
}


class Refused(Exception):
    """The request or a file is not as it must be; nothing was written."""


def sources(root: Path, name: str) -> list[Path]:
    """The files an image is made of: the Dockerfile, .dockerignore, and what that lets through."""
    folder = root / "images" / name
    ignore = folder / ".dockerignore"
    let_through = [line[1:] for line in ignore.read_text("utf-8").splitlines() if line.startswith("!")]
    return [folder / "Dockerfile", ignore, *(folder / each for each in sorted(let_through))]


def tag(root: Path, name: str) -> str:
    """`<version>-<hash of the sources>`: the same sources are the same tag, and any change is another."""
    total = hashlib.sha256()
    for path in sources(root, name):
        data = path.read_bytes()
        total.update(f"{path.name} {len(data)}\n".encode() + data)
    lock = (root / "images" / name / "requirements.lock").read_text("utf-8")
    version = re.search(rf"^{re.escape(IMAGES[name].package)}==(\S+)", lock, re.MULTILINE)
    if not version:
        raise Refused(f"images/{name}/requirements.lock: {IMAGES[name].package} is not in it")
    return f"{version[1]}-{total.hexdigest()[:12]}"


def wanted(root: Path) -> list[str]:
    """Images to build: dev can take them (its app has the key) and names another tag."""
    found = []
    for name in IMAGES:
        try:
            pinned = read(root, name, FIRST).get("tag")
        except Refused as reason:
            print(f"{name} is left out: {reason}", file=sys.stderr)
            continue
        if pinned != tag(root, name):
            found.append(name)
    return found


def read(root: Path, name: str, env: str) -> Mapping[str, Any]:
    """What the environment's values say of the image; empty where the chart's defaults hold."""
    _allowed(root, name, env)
    place: Any = _load(_values(root, name, env))
    for key in IMAGES[name].key:
        place = (place or {}).get(key)
        if place is not None and not isinstance(place, Mapping):
            raise Refused(f"{_show(root, name, env)}: {'.'.join(IMAGES[name].key)} is no mapping")
    return place or {}


def pin(root: Path, name: str, env: str, wish: Mapping[str, str]) -> bool:
    """Write repository, tag and digest; whether anything was to be changed."""
    for field, form in _FIELDS.items():
        if not form.fullmatch(wish[field]):
            raise Refused(f"{field} {wish[field]!r}: expected {_FORMS[field]}")
    allowed = _allowed(root, name, env)
    present = read(root, name, env)
    dotted = ".".join(IMAGES[name].key)
    unknown = sorted(set(present) - allowed)
    if unknown:
        raise Refused(f"{_show(root, name, env)}: the chart does not know {dotted}.{unknown[0]}")
    if all(present.get(field) == wish[field] for field in _FIELDS):
        return False
    path = _values(root, name, env)
    text = path.read_text("utf-8")
    data = _load(path)
    place = data
    for key in IMAGES[name].key:
        if place.get(key) is None:
            place[key] = CommentedMap()
        place = place[key]
    for field in _FIELDS:
        if place.get(field) != wish[field]:
            place[field] = wish[field]
    stream = io.StringIO()
    _yaml(text).dump(data, stream)
    try:
        write_file(path, stream.getvalue())
    except PresyncError as error:
        raise Refused(str(error)) from None
    return True


def promote(root: Path, name: str, source: str, target: str) -> bool:
    """Give an environment the image that another one runs; whether anything was to be changed."""
    if source == target:
        raise Refused(f"from {source} to {target} is nowhere")
    found = read(root, name, source)
    if not found.get("digest"):
        print(f"{source} runs no {name} image by digest yet: nothing to promote", file=sys.stderr)
        return False
    missing = [field for field in _FIELDS if not found.get(field)]
    if missing:
        raise Refused(f"{_show(root, name, source)}: {'.'.join(IMAGES[name].key)}.{missing[0]} is not written there")
    return pin(root, name, target, {field: str(found[field]) for field in _FIELDS})


def _allowed(root: Path, name: str, env: str) -> set[str]:
    """The keys that the app's chart has for the image."""
    app = root / "envs" / env / name / "app.yaml"
    if not app.is_file():
        raise Refused(f"{app.relative_to(root)} does not exist")
    chart = _load(app).get("chart")
    if not isinstance(chart, str):
        raise Refused(f"{app.relative_to(root)}: the chart is not one of charts/, so its keys are not known")
    place: Any = _load(root / "charts" / chart / "values.yaml")
    for key in IMAGES[name].key:
        place = place.get(key) if isinstance(place, Mapping) else None
    if not isinstance(place, Mapping) or not set(_FIELDS) <= set(place):
        wish = f"{'.'.join(IMAGES[name].key)} with repository, tag and digest"
        raise Refused(f"{app.relative_to(root)}: charts/{chart} has no {wish}")
    return set(place)


def _values(root: Path, name: str, env: str) -> Path:
    return root / "envs" / env / name / "values.yaml"


def _show(root: Path, name: str, env: str) -> str:
    return str(_values(root, name, env).relative_to(root))


def _load(path: Path) -> Any:
    try:
        text = path.read_text("utf-8")
        data = _yaml(text).load(text)
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}") from None
    except (YAMLError, ValueError) as error:
        raise Refused(f"{path}: {getattr(error, 'problem', None) or error}") from None
    if data is None:
        data = CommentedMap()
    if not isinstance(data, CommentedMap):
        raise Refused(f"{path}: no mapping")
    return data


def _yaml(text: str) -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 1 << 30
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.explicit_start = bool(re.match(r"(?:\s*#[^\n]*\n)*---\s", text))
    return yaml


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Which image an environment runs, written into its values by digest.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("wanted", help="images whose tag dev does not name yet, as a JSON list")
    for verb, text in (
        ("tag", "the tag of the image that images/<name> is now"),
        ("pin", "write an image into an environment's values"),
        ("promote", "give an environment the image another one runs"),
    ):
        sub = verbs.add_parser(verb, help=text)
        sub.add_argument("name", choices=sorted(IMAGES))
        if verb == "pin":
            sub.add_argument("env")
            for field in _FIELDS:
                sub.add_argument(f"--{field}", required=True)
        if verb == "promote":
            sub.add_argument("--from", dest="source", required=True)
            sub.add_argument("--to", dest="target", required=True)
    given = parser.parse_args(arguments)
    try:
        if given.verb == "tag":
            print(tag(root, given.name))
        elif given.verb == "wanted":
            print(json.dumps(wanted(root)))
        else:
            if given.verb == "pin":
                env, changed = (
                    given.env,
                    pin(root, given.name, given.env, {field: getattr(given, field) for field in _FIELDS}),
                )
            else:
                env, changed = given.target, promote(root, given.name, given.source, given.target)
            print(f"{_show(root, given.name, env)}: {'changed' if changed else 'unchanged'}")
    except Refused as reason:
        print(f"pin_image: {reason}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
