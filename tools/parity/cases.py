"""The cases: read from `cases.yaml` of each group, and written out as the trees they stand for.

A group's file holds texts only, so that nothing is read as YAML before Argo CD or presync reads it:

    trees:                     # files that several cases share
      chart:
        app/Chart.yaml: |
          ...
    cases:
      values-order:
        why: the later file wins
        trees: [chart]
        files: {app/b.yaml: "..."}
        source: |              # of an Application with the case's name; or
        sources: |             # several sources; or
        set: |                 # the spec of an ApplicationSet with the case's name; or
        manifests: |           # whatever is applied
        spec: |                # further fields of the Application's spec
        template: |            # an ApplicationSet's template
        settings: |            # further lines of presync.yaml
        clusters: |            # Secrets of further clusters
        sync: true             # the verdict is known only after a sync
        unsupported: [ARG035]  # presync says that it cannot tell, by these rules

`@CASE@` and `@URL@` stand for the case's name and its repository. Objects are named after their case, so that many
cases can be asked of one control plane at once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from parity.model import Case

ROOT = Path(__file__).resolve().parent.parent / "tests" / "parity" / "cases"

_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_KEYS = {"why", "trees", "files", "source", "sources", "set", "manifests", "spec", "template", "settings"}
_KEYS |= {"clusters", "sync", "unsupported", "differs"}

_APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: @CASE@
  namespace: argocd
spec:
"""
_SET = """\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata:
  name: @CASE@
  namespace: argocd
spec:
"""
_SPEC = {
    "project": "project: default",
    "destination": "destination: {server: https://kubernetes.default.svc, namespace: parity}",
}
_SOURCE = {"repoURL": "repoURL: @URL@", "targetRevision": "targetRevision: main", "path": "path: app"}
_TEMPLATE = """\
metadata: {name: '@CASE@-%s'}
spec:
  project: default
  destination: {server: https://kubernetes.default.svc, namespace: parity}
  source: {repoURL: @URL@, targetRevision: main, path: app}
"""
_CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\n"


class CaseError(Exception):
    """A file of cases cannot be understood."""


def groups(root: Path = ROOT) -> list[str]:
    """The names of all groups."""
    return sorted(file.parent.name for file in root.glob("*/cases.yaml"))


def read(root: Path = ROOT) -> list[Case]:
    """Every case of every group.

    Raises:
        CaseError: a file is not as described above, or two cases share a name.
    """
    found: dict[str, Case] = {}
    for group in groups(root):
        data = yaml.load((root / group / "cases.yaml").read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506
        for name, value in data["cases"].items():
            if name in found:
                raise CaseError(f"{group}/{name}: there is a case {found[name].id} already")
            found[name] = _case(group, name, value, data.get("trees") or {})
    return list(found.values())


def _case(group: str, name: str, value: Mapping[str, Any], trees: Mapping[str, Mapping[str, str]]) -> Case:
    unknown = sorted(value.keys() - _KEYS)
    if unknown or not value.get("why"):
        raise CaseError(f"{group}/{name}: {'unknown: ' + ', '.join(unknown) if unknown else 'no why'}")
    if not re.fullmatch("[a-z0-9]([-a-z0-9]*[a-z0-9])?", name):
        raise CaseError(f"{group}/{name}: the name must be that of an Application")
    files: dict[str, str] = {}
    for tree in value.get("trees") or ():
        files |= trees[tree]
    files |= value.get("files") or {}
    case = Case(
        group,
        name,
        value["why"],
        _manifests(value),
        files,
        value.get("clusters", ""),
        value.get("sync") == "true",
        tuple(value.get("unsupported") or ()),
        value.get("differs", ""),
    )
    settings = f"repository: [{case.url}]\nbranch: main\n{value.get('settings', '')}"
    if case.clusters:
        files["clusters.yaml"] = case.clusters
        settings += "clusters: clusters.yaml\n"
    if "set" in value and not any(path.startswith("app/") for path in files):
        files["app/app.yaml"] = _CONFIG_MAP
    files |= {"presync.yaml": settings, "manifests.yaml": case.manifests}
    placed = {path: _filled(text, case) for path, text in files.items()}
    return Case(
        case.group,
        case.name,
        case.why,
        placed["manifests.yaml"],
        placed,
        placed.get("clusters.yaml", ""),
        case.sync,
        case.unsupported,
        case.differs,
    )


def _filled(text: str, case: Case) -> str:
    return text.replace("@CASE@", case.name).replace("@URL@", case.url)


def _manifests(value: Mapping[str, Any]) -> str:
    parts = [value["manifests"]] if "manifests" in value else []
    if "source" in value:
        source = _with_defaults(value["source"], _SOURCE if "chart:" not in value["source"] else {})
        parts.append(_APPLICATION + _spec(value, f"source:\n{_indented(source, 2)}"))
    if "sources" in value:
        parts.append(_APPLICATION + _spec(value, f"sources:\n{_indented(value['sources'], 2)}"))
    if "set" in value:
        name = "{{.name}}" if "goTemplate: true" in value["set"] else "{{name}}"
        template = value.get("template", "")
        if not re.search("^metadata:", template, re.MULTILINE):
            template = _TEMPLATE.replace("%s", name).split("\n", 1)[0] + "\n" + template
        if not re.search("^spec:", template, re.MULTILINE):
            template += _TEMPLATE.split("\n", 1)[1]
        parts.append(_SET + _indented(f"{value['set']}template:\n{_indented(template, 2)}", 2))
    return "---\n".join(parts)


def _spec(value: Mapping[str, Any], source: str) -> str:
    return _indented(_with_defaults(value.get("spec", ""), _SPEC) + source, 2)


def _with_defaults(text: str, defaults: Mapping[str, str]) -> str:
    """The text with a line for every field it does not set."""
    added = [line for field, line in defaults.items() if not re.search(f"^{field}:", text, re.MULTILINE)]
    return "".join(f"{line}\n" for line in added) + text


def _indented(text: str, width: int) -> str:
    return "".join(" " * width + line if line.strip() else line for line in text.splitlines(keepends=True))


def write(case: Case, folder: Path) -> Path:
    """Write the tree of a case into an empty folder."""
    for path, text in case.files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder
