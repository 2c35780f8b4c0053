"""What Argo CD makes of a tree, as files: its Applications, what it renders for them, and what it refuses.

OUT/apps/<application>.yaml              the Application, without its status and what the server adds
OUT/apps/applicationset.<set>.error      why an ApplicationSet yields nothing, or not all of it
OUT/render/<application>.yaml            what is rendered, sorted
OUT/render/<application>.error           why nothing is
OUT/render/<application>.denied          why it would not be synced (AppProject, invalid spec)
OUT/status.yaml                          sync, health, conditions: the moment when nothing changed any more
OUT/versions.yaml                        the programs that gave these answers
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from controlplane import documents, programs
from controlplane.documents import Document, DocumentError
from controlplane.driver import REFRESH, ControlPlane, RenderError
from controlplane.instance import ControlPlaneError

KINDS = ("AppProject", "ApplicationSet", "Application")
_MENTIONS = re.compile(rf"""^["']?kind["']?\s*:\s*["']?({"|".join(KINDS)})["']?\s*(#.*)?$""", re.MULTILINE)
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


@dataclass
class Result:
    """What was found; written by `write`."""

    applications: dict[str, dict[str, Any]] = field(default_factory=dict)
    rendered: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    denied: dict[str, str] = field(default_factory=dict)
    sets: dict[str, str] = field(default_factory=dict)
    status: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


# -- what a tree holds


def _candidates(tree: Path) -> Iterator[Path]:
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
    )
    names = listed.stdout.split("\0") if not listed.returncode else [str(file) for file in tree.rglob("*")]
    for name in sorted({name for name in names if name.endswith((".yaml", ".yml"))}):
        file = tree / name
        parents = [parent for parent in file.parents if parent.is_relative_to(tree)]
        # Templates of a chart are no manifests, whatever they look like.
        in_chart = any(folder.name == "templates" and (folder.parent / "Chart.yaml").is_file() for folder in parents)
        if not in_chart and file.is_file():
            yield file


def find_manifests(tree: Path) -> list[Path]:
    """Every file of a tree with an AppProject, ApplicationSet or Application in it."""
    return [file for file in _candidates(tree) if _MENTIONS.search(file.read_text(encoding="utf-8", errors="replace"))]


def repository_urls(manifests: Iterable[Document]) -> set[str]:
    """The repositories that generators and sources name; not those of charts, and none with a template in it."""
    found: set[str] = set()
    pending: list[Any] = [documents.fields(document) for document in manifests if document.kind in KINDS[1:]]
    while pending:
        value = pending.pop()
        if isinstance(value, list):
            pending.extend(value)
        elif isinstance(value, dict):
            pending.extend(value.values())
            url = value.get("repoURL")
            if isinstance(url, str) and re.match(r"https?://[^{]*\Z", url) and not value.get("chart"):
                found.add(url)
    return found


# -- what Argo CD says


def _cleaned(application: dict[str, Any]) -> dict[str, Any]:
    value = documents.without_server_fields(application)
    value.pop("status", None)
    value.pop("operation", None)
    annotations = value["metadata"].get("annotations") or {}
    for name in (REFRESH, _APPLIED):
        annotations.pop(name, None)
    if not annotations:
        value["metadata"].pop("annotations", None)
    return value


def _conditions(value: dict[str, Any]) -> list[dict[str, str]]:
    keep = ("type", "status", "reason", "message")
    found = (value.get("status") or {}).get("conditions") or []
    return [{name: item[name] for name in keep if item.get(name)} for item in found]


def _stable(message: str) -> str:
    """Without what differs from one run to the next."""
    return message.replace(" (cached)", "").strip()


def _denials(application: dict[str, Any]) -> list[str]:
    """Why it would not be synced: known before a sync for the whole of it, only by a sync for single resources."""
    found = [item["message"] for item in _conditions(application) if item["type"] == "InvalidSpecError"]
    operation = (application.get("status") or {}).get("operationState") or {}
    for resource in (operation.get("syncResult") or {}).get("resources") or []:
        message = resource.get("message", "")
        if "is not permitted in project" in message:
            found.append(f"{resource['kind']} {resource.get('namespace', '')}/{resource['name']}: {message}")
    return sorted(found)


def _status(application: dict[str, Any]) -> dict[str, Any]:
    status = application.get("status") or {}
    operation = status.get("operationState") or {}
    value = {
        "sync": (status.get("sync") or {}).get("status"),
        "health": (status.get("health") or {}).get("status"),
        "sourceType": status.get("sourceType") or status.get("sourceTypes"),
        "operation": operation.get("phase"),
        "conditions": _conditions(application),
    }
    return {name: item for name, item in value.items() if item}


def take(plane: ControlPlane, manifests: Iterable[Document], seconds: float = 120, workers: int = 8) -> Result:
    """Apply manifests to a running instance, wait until everything was looked at, and ask for the results."""
    result = Result()
    wanted = [document for document in manifests if document.kind in KINDS]
    for kind in KINDS:
        for document in (document for document in wanted if document.kind == kind):
            try:
                plane.apply(document)
            except ControlPlaneError as error:
                result.notes.append(str(error))
                if kind == "ApplicationSet":
                    result.sets[document.name] = str(error)
    try:
        plane.settle(seconds)
    except ControlPlaneError as error:
        result.notes.append(f"{error}; what follows is the state it was in")
    applications = plane.applications()
    for entry in plane.applicationsets():
        conditions = _conditions(entry)
        result.status[f"applicationset/{entry['metadata']['name']}"] = {"conditions": conditions}
        for item in conditions:
            if item["type"] == "ErrorOccurred" and item["status"] == "True":
                result.sets[entry["metadata"]["name"]] = _stable(item["message"])
    for entry in applications:
        name = entry["metadata"]["name"]
        result.applications[name] = _cleaned(entry)
        result.status[f"application/{name}"] = _status(entry)
        denials = _denials(entry)
        if denials:
            result.denied[name] = _stable("\n".join(denials))

    def render(name: str) -> None:
        try:
            result.rendered[name] = [documents.without_server_fields(value) for value in plane.manifests(name)]
        except RenderError as error:
            result.errors[name] = _stable(str(error))

    with ThreadPoolExecutor(workers, thread_name_prefix="render") as pool:
        list(pool.map(render, sorted(result.applications)))
    return result


def write(result: Result, out: Path) -> None:
    """Into a folder, of which `apps` and `render` are replaced."""
    for name in ("apps", "render"):
        if (out / name).is_dir():
            shutil.rmtree(out / name)
        (out / name).mkdir(parents=True)
    files: dict[str, str] = {}
    for name, application in result.applications.items():
        files[f"apps/{name}.yaml"] = documents.canonical([application])
    for name, message in result.sets.items():
        files[f"apps/applicationset.{name}.error"] = f"{message}\n"
    for name, manifests in result.rendered.items():
        files[f"render/{name}.yaml"] = documents.canonical(manifests)
    for name, message in result.errors.items():
        files[f"render/{name}.error"] = f"{message}\n"
    for name, message in result.denied.items():
        files[f"render/{name}.denied"] = f"{message}\n"
    files["status.yaml"] = documents.canonical([result.status])
    files["versions.yaml"] = documents.canonical([{module.name: module.version for module in programs.ALL}])
    for name, text in files.items():
        (out / name).write_text(text, encoding="utf-8")


def read_manifests(files: Iterable[Path]) -> tuple[list[Document], list[str]]:
    """The objects of these files, and a note on each file that could not be read."""
    found: list[Document] = []
    notes: list[str] = []
    for file in files:
        try:
            found.extend(documents.read_file(file))
        except DocumentError as error:
            notes.append(str(error))
    return found, notes


def summary(result: Result) -> str:
    """One line of JSON."""
    counts = {
        "applications": len(result.applications),
        "rendered": len(result.rendered),
        "errors": len(result.errors),
        "denied": len(result.denied),
        "failedApplicationSets": len(result.sets),
    }
    return json.dumps(counts)
