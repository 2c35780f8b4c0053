"""ControlPlane: start it, serve it repositories, give it manifests, ask what it makes of them, stop it."""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import time
import urllib.parse
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

from controlplane import documents, gitserve
from controlplane.api import Answer, ApiError
from controlplane.components import NAMESPACE
from controlplane.documents import Document
from controlplane.instance import ARGO, ControlPlaneError, Instance, Refused

Manifests = str | Path | Mapping[str, Any] | Document | Sequence["str | Path | Mapping[str, Any] | Document"]

REFRESH = "argocd.argoproj.io/refresh"
REFRESH_SET = "argocd.argoproj.io/application-set-refresh"


class RenderError(ControlPlaneError):
    """Argo CD could not render an Application, with its own words."""


def _command_line_error(said: str) -> str:
    """The message in the log line that `argocd` ends with, without the server's own log that it carries along."""
    try:
        message = str(json.loads(said.splitlines()[-1])["msg"])
    except (ValueError, LookupError, TypeError):
        message = said
    return message.partition("\ntime=")[0].strip()


class ControlPlane(Instance):
    """One instance and what can be asked of it. As a context manager it is stopped at the end, whatever happens."""

    # -- giving it repositories and manifests

    def serve(self, url: str, folder: Path, static: bool = False, revisions: Iterable[str] = ("master",)) -> str:
        """Answer a repository URL from a folder, or push what changed in it; the commit.

        A work tree is committed to `main`, as which HEAD counts, and to each of `revisions` (a branch, or a full name
        such as refs/tags/v1). A git directory is served with all it holds. static: plain files, a chart repository.
        """
        split = urllib.parse.urlsplit(url)
        if split.scheme not in {"http", "https"} or not split.hostname:
            raise ControlPlaneError(f"only http and https URLs can be served, not {url}")
        folder = folder.resolve(strict=True)
        commit = ""
        if not static and not gitserve.is_repository(folder):
            name = re.sub("[^A-Za-z0-9._-]+", "_", f"{split.hostname}{split.path}".removesuffix(".git"))
            repository = self.folder / "git" / f"{name}.git"
            commit = gitserve.commit_tree(folder, repository, tuple(revisions))
            folder = repository
        table: dict[str, str] = json.loads(self.parts.served.read_text(encoding="utf-8"))
        if table.get(url) != str(folder):
            table[url] = str(folder)
            draft = self.parts.served.with_suffix(".new")
            draft.write_text(json.dumps(table, indent=2), encoding="utf-8")
            draft.replace(self.parts.served)
            self.sandbox.add_host(split.hostname.lower())
        return commit

    @staticmethod
    def _read(manifests: Manifests) -> Iterator[Document]:
        if isinstance(manifests, Document):
            yield manifests
        elif isinstance(manifests, Path):
            yield from documents.read_file(manifests)
        elif isinstance(manifests, str):
            yield from documents.read(manifests)
        elif isinstance(manifests, Mapping):
            yield documents.of_object(manifests)
        else:
            for entry in manifests:
                yield from ControlPlane._read(entry)

    def apply(self, manifests: Manifests, namespace: str = NAMESPACE, strict: bool = True) -> list[Document]:
        """Apply manifests (a text, a file, an object, or several), projects before what belongs to them.

        Unknown fields are refused, as `kubectl apply` and Argo CD do, unless strict is False.
        """
        order = {"Namespace": 0, "CustomResourceDefinition": 1, "AppProject": 2, "ApplicationSet": 4, "Application": 4}
        found = sorted(self._read(manifests), key=lambda document: order.get(document.kind, 3))
        for document in found:
            answer = self.kubernetes.send(document, namespace, strict=strict)
            if not answer.ok:
                raise Refused(f"{document.place}: {document.title}: {answer.message}")
            if document.kind in {"ApplicationSet", "Application"} and answer.value.get("status"):
                # It was there before: its status is about what it was then.
                self._look_again(document.kind, document.name)
        return found

    def dry_run(self, manifest: Manifests, namespace: str = "default") -> Answer:
        """What the API server would say to one manifest; nothing is stored."""
        [document] = self._read(manifest)
        return self.kubernetes.send(document, namespace, dry_run=True)

    # -- what Argo CD makes of it

    def applications(self) -> list[dict[str, Any]]:
        """Every Application, with its status."""
        return self.kubernetes.list(ARGO, "Application", NAMESPACE)

    def applicationsets(self) -> list[dict[str, Any]]:
        """Every ApplicationSet, with its status."""
        return self.kubernetes.list(ARGO, "ApplicationSet", NAMESPACE)

    def projects(self) -> list[dict[str, Any]]:
        """Every AppProject but `default`."""
        found = self.kubernetes.list(ARGO, "AppProject", NAMESPACE)
        return [entry for entry in found if entry["metadata"]["name"] != "default"]

    def application(self, name: str) -> dict[str, Any] | None:
        """One Application, with its status."""
        return self.kubernetes.read(ARGO, "Application", name, NAMESPACE)

    def manifests(self, name: str) -> list[dict[str, Any]]:
        """What Argo CD renders for an Application, or RenderError."""
        answer = self.argocd.request("GET", f"/api/v1/applications/{urllib.parse.quote(name)}/manifests", seconds=120)
        if not answer.ok:
            raise RenderError(answer.message)
        return [json.loads(text) for text in answer.value.get("manifests") or []]

    def generate(self, appset: Manifests) -> list[dict[str, Any]]:
        """The Applications of an ApplicationSet that is not applied (`argocd appset generate`), or Refused."""
        [document] = self._read(appset)
        file = self.folder / "tmp" / f"appset-{secrets.token_hex(4)}.yaml"
        file.write_text(document.text, encoding="utf-8")
        try:
            said = self.run(["argocd", "appset", "generate", str(file), "-o", "json"], seconds=120)
        except Refused as error:
            raise Refused(_command_line_error(str(error))) from error
        finally:
            file.unlink()
        found = json.loads(said)
        return found if isinstance(found, list) else [found]

    def refresh(self) -> None:
        """Make Argo CD look at every ApplicationSet and Application again, at the repositories too; see `settle`."""
        for kind, entries in (("ApplicationSet", self.applicationsets()), ("Application", self.applications())):
            for entry in entries:
                self._look_again(kind, entry["metadata"]["name"])

    def _look_again(self, kind: str, name: str) -> None:
        resource = self.kubernetes.resource(ARGO, kind)
        if resource is None:
            raise ControlPlaneError(f"Argo CD's kind {kind} is not served")
        path = resource.path(NAMESPACE, name)
        annotation = {REFRESH: "hard"}
        try:
            if kind == "ApplicationSet":
                annotation = {REFRESH_SET: "true"}
                # An error that stays the same is not written again; without the old conditions it is: `settle` waits.
                self.kubernetes.merge_at(f"{path}/status", {"status": {"conditions": None}})
            self.kubernetes.merge_at(path, {"metadata": {"annotations": annotation}})
        except ApiError as error:
            if error.answer.status != HTTPStatus.NOT_FOUND:  # it may be gone meanwhile
                raise

    def clear(self, seconds: float = 60) -> None:
        """Remove every ApplicationSet, Application and project but `default`: room for the next case.

        What was synced to the cluster stays there, and so do the repositories.
        """
        kinds = {"ApplicationSet": self.applicationsets, "Application": self.applications, "AppProject": self.projects}
        for kind, entries in kinds.items():
            for entry in entries():
                name = entry["metadata"]["name"]
                with contextlib.suppress(ApiError):
                    self.kubernetes.merge(ARGO, kind, name, {"metadata": {"finalizers": None}}, NAMESPACE)
                self.kubernetes.delete(ARGO, kind, name, NAMESPACE)
        self.wait(lambda: not any(entries() for entries in kinds.values()), "everything to be removed", seconds)

    def settle(self, seconds: float = 120, quiet: float = 1.0) -> None:
        """Wait until every ApplicationSet and Application was looked at and nothing has changed for `quiet` seconds."""
        state: list[Any] = []
        since = 0.0

        def settled() -> bool:
            nonlocal state, since
            now = self._state()
            if now is None or now != state:
                state, since = now or [], time.monotonic()
                return False
            return time.monotonic() - since >= quiet

        self.wait(settled, "Argo CD to have looked at everything", seconds, every=0.2)

    def _state(self) -> list[Any] | None:
        """What must not change any more; None while something was not looked at yet."""
        state: list[Any] = []
        for entry in self.applicationsets():
            conditions = entry.get("status", {}).get("conditions") or []
            failed = any(item["type"] == "ErrorOccurred" and item["status"] == "True" for item in conditions)
            waiting = REFRESH_SET in (entry["metadata"].get("annotations") or {}) and not failed
            if not conditions or waiting:
                return None
            state.append([entry["metadata"]["name"], [[item["type"], item.get("message")] for item in conditions]])
        for entry in self.applications():
            status = entry.get("status") or {}
            sync, annotations = status.get("sync") or {}, entry["metadata"].get("annotations") or {}
            if not sync.get("status") or REFRESH in annotations:
                return None
            phase = (status.get("operationState") or {}).get("phase")
            health = (status.get("health") or {}).get("status")
            conditions = [[item["type"], item.get("message")] for item in status.get("conditions") or []]
            entry_state = [entry["metadata"]["name"], entry["spec"], sync["status"], health, phase, conditions]
            state.append(entry_state)
        return state
