"""Write the generated documents again, or say with --check which are out of date."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from dashboards.boards import documents as boards
from parity import fidelity
from presync.rules import documentation
from presync.rules.registry import registry
from presync.settings.model import schema

ROOT = Path(__file__).resolve().parent.parent
START, END = "<!-- values:start -->", "<!-- values:end -->"
_COMMENT = re.compile(r"^\s*#\s?")


def documents() -> Iterator[tuple[Path, str]]:
    """Every generated file with the text it should have."""
    yield ROOT / "docs" / "rules.md", documentation.as_markdown(registry())
    yield ROOT / "docs" / "settings.md", settings_page()
    yield ROOT / "docs" / "fidelity.md", fidelity.page()
    yield from boards(ROOT)
    for values in sorted(ROOT.glob("charts/*/values.yaml")):
        readme = values.with_name("README.md")
        if readme.is_file() and START in readme.read_text("utf-8"):
            text = readme.read_text("utf-8")
            before, rest = text.split(START, 1)
            yield readme, f"{before}{START}\n{values_table(values)}{END}{rest.split(END, 1)[1]}"


def values_table(path: Path) -> str:
    """The keys of a values.yaml that carry a `# -- text` comment, as a Markdown table."""
    data = YAML().load(path.read_text("utf-8"))
    lines = path.read_text("utf-8").splitlines()
    rows = ["| Key | Default | Meaning |", "| --- | --- | --- |"]
    for key, value, line in _keys(data, ""):
        meaning = _meaning(lines, line)
        if meaning:
            default = json.dumps(_plain(value), ensure_ascii=False)
            shown = f"`{default}`" if len(default) <= 60 else "see values.yaml"
            rows.append(f"| `{key}` | {_cell(shown)} | {_cell(meaning)} |")
    return "\n".join(rows) + "\n"


def _keys(data: Any, prefix: str) -> Iterator[tuple[str, Any, int]]:
    if not isinstance(data, CommentedMap):
        return
    for key, value in data.items():
        name = f"{prefix}{key}"
        yield name, value, data.lc.key(key)[0]
        yield from _keys(value, f"{name}.")


def _meaning(lines: list[str], line: int) -> str:
    """The comment block right above a key, from its `# --` on."""
    block: list[str] = []
    for above in range(line - 1, -1, -1):
        if not lines[above].lstrip().startswith("#"):
            return ""
        text = _COMMENT.sub("", lines[above])
        if text.startswith("-- "):
            return " ".join([text[3:], *block]).strip()
        block.insert(0, text.strip())
    return ""


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def settings_page() -> str:
    """docs/settings.md from the JSON Schema of presync.yaml."""
    rows = ["| Key | Type | Meaning |", "| --- | --- | --- |", *_settings(schema(), "")]
    intro = (
        "# `presync.yaml`\n\nAt the root of the repository; every key is optional. "
        "Generated from `tools/presync/settings/presync.schema.json` by `make generate`.\n\n"
    )
    return intro + "\n".join(rows) + "\n"


def _settings(node: Mapping[str, Any], prefix: str) -> Iterator[str]:
    required = set(node.get("required") or ())
    for key, value in (node.get("properties") or {}).items():
        name = f"{prefix}{key}"
        kind = " or ".join(f"`{one}`" for one in value["enum"]) if "enum" in value else str(value.get("type", "any"))
        meaning = value.get("description", "") + (" Required." if key in required else "")
        yield f"| `{name}` | {_cell(kind)} | {_cell(meaning.strip())} |"
        yield from _settings(value, f"{name}.")
        if isinstance(value.get("items"), Mapping):
            yield from _settings(value["items"], f"{name}[].")
        if isinstance(value.get("additionalProperties"), Mapping):
            yield from _settings(value["additionalProperties"], f"{name}.NAME.")


def main() -> int:
    """Write, or compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file is out of date")
    check = parser.parse_args().check
    stale = []
    for path, text in documents():
        if path.is_file() and path.read_text("utf-8") == text:
            continue
        stale.append(path.relative_to(ROOT))
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    for path in stale:
        print(f"{path}: {'out of date, run `make generate`' if check else 'written'}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
