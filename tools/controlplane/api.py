"""HTTP to the servers inside the sandbox, and of Kubernetes' API the little that the control plane needs."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import ssl
import threading
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from controlplane.documents import Document

Dial = Callable[[int], socket.socket]
MANAGER = "controlplane"


class ApiError(Exception):
    """The server refused, with its own words."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        super().__init__(answer.message)


@dataclass(frozen=True)
class Answer:
    """What a server said."""

    status: int
    body: bytes
    warnings: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether it did what was asked."""
        return self.status < 300

    @property
    def value(self) -> dict[str, Any]:
        """The JSON object in it; empty where there is none."""
        try:
            parsed = json.loads(self.body)
        except ValueError:
            return {}
        return parsed if isinstance(parsed, dict) else {}

    @property
    def message(self) -> str:
        """Its own words about what went wrong."""
        value = self.value
        return str(value.get("message") or value.get("error") or self.body.decode("utf-8", "replace").strip())


class _Connection(http.client.HTTPConnection):
    def __init__(self, dial: Dial, port: int, tls: ssl.SSLContext | None) -> None:
        super().__init__("127.0.0.1", port)
        self._dial = dial
        self._tls = tls

    def connect(self) -> None:
        made = self._dial(self.port)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = made if self._tls is None else self._tls.wrap_socket(made, server_hostname="127.0.0.1")


class Client:
    """Requests to one port; every thread keeps a connection of its own open."""

    def __init__(self, dial: Dial, port: int, tls: ssl.SSLContext | None = None, token: str = "") -> None:
        self._dial = dial
        self._port = port
        self._tls = tls
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._local = threading.local()

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        content_type: str = "application/json",
        seconds: float = 60,
    ) -> Answer:
        """One request; OSError when nobody answers."""
        connection = getattr(self._local, "connection", None)
        for _ in range(2):
            fresh = connection is None
            if connection is None:
                connection = self._local.connection = _Connection(self._dial, self._port, self._tls)
            try:
                if connection.sock is None:
                    connection.connect()
                connection.sock.settimeout(seconds)
                connection.request(method, path, body, {**self._headers, "Content-Type": content_type})
                response = connection.getresponse()
                warnings = tuple(response.headers.get_all("Warning") or ())
                return Answer(response.status, response.read(), warnings)
            except (http.client.HTTPException, OSError) as error:
                connection.close()
                connection = self._local.connection = None
                # A connection that was open for a while may have been closed by the other side: only then once more.
                if fresh or not isinstance(error, http.client.RemoteDisconnected | ConnectionError):
                    raise error if isinstance(error, OSError) else OSError(str(error)) from error
        raise OSError("the server keeps closing the connection")

    def get(self, path: str, seconds: float = 60) -> dict[str, Any]:
        """The JSON object at a path, or ApiError."""
        answer = self.request("GET", path, seconds=seconds)
        if not answer.ok:
            raise ApiError(answer)
        return answer.value

    def answers(self, path: str) -> bool:
        """Whether the server says 200 there by now."""
        with contextlib.suppress(OSError):
            return self.request("GET", path, seconds=5).ok
        return False


@dataclass(frozen=True)
class Resource:
    """How a kind is addressed."""

    base: str
    plural: str
    namespaced: bool

    def path(self, namespace: str = "", name: str = "") -> str:
        """Of an object, or of all of them."""
        middle = f"/namespaces/{urllib.parse.quote(namespace, safe='')}" if self.namespaced and namespace else ""
        end = f"/{urllib.parse.quote(name, safe='')}" if name else ""
        return f"{self.base}{middle}/{self.plural}{end}"


@dataclass
class Kubernetes:
    """Objects of the API server, as JSON or as the text of a manifest."""

    client: Client
    _known: dict[tuple[str, str], Resource] = field(default_factory=dict)

    def resource(self, api_version: str, kind: str) -> Resource | None:
        """How the server calls a kind, None where it does not know it (yet)."""
        found = self._known.get((api_version, kind))
        if found is None and api_version and kind:
            base = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
            answer = self.client.request("GET", urllib.parse.quote(base))
            for entry in answer.value.get("resources") or [] if answer.ok else []:
                if "/" not in entry["name"]:
                    made = Resource(base, entry["name"], entry["namespaced"])
                    self._known[api_version, entry["kind"]] = made
            found = self._known.get((api_version, kind))
        return found

    def serves(self, api_version: str, *kinds: str) -> bool:
        """Whether the server knows all these kinds by now."""
        return all(self.resource(api_version, kind) is not None for kind in kinds)

    def _must_know(self, api_version: str, kind: str) -> Resource:
        found = self.resource(api_version, kind)
        if found is None:
            text = f'no matches for kind "{kind}" in version "{api_version}"'
            raise ApiError(Answer(404, json.dumps({"message": text, "reason": "NotFound"}).encode()))
        return found

    def list(self, api_version: str, kind: str, namespace: str = "") -> list[dict[str, Any]]:
        """All objects of a kind."""
        found = self.client.get(self._must_know(api_version, kind).path(namespace)).get("items") or []
        return [{"apiVersion": api_version, "kind": kind, **item} for item in found]

    def read(self, api_version: str, kind: str, name: str, namespace: str = "") -> dict[str, Any] | None:
        """One object, None where there is none."""
        answer = self.client.request("GET", self._must_know(api_version, kind).path(namespace, name))
        if answer.ok:
            return answer.value
        if answer.status == http.HTTPStatus.NOT_FOUND:
            return None
        raise ApiError(answer)

    def create(self, value: Mapping[str, Any], namespace: str = "") -> Answer:
        """Create an object; it is fine when it is there already."""
        path = self._must_know(value["apiVersion"], value["kind"]).path(namespace)
        answer = self.client.request("POST", path, json.dumps(value).encode())
        if not answer.ok and answer.status != http.HTTPStatus.CONFLICT:
            raise ApiError(answer)
        return answer

    def merge(self, api_version: str, kind: str, name: str, patch: Mapping[str, Any], namespace: str = "") -> Answer:
        """Merge a patch into an object."""
        return self.merge_at(self._must_know(api_version, kind).path(namespace, name), patch)

    def merge_at(self, path: str, patch: Mapping[str, Any]) -> Answer:
        """Merge a patch into what is at a path (a subresource, say)."""
        answer = self.client.request("PATCH", path, json.dumps(patch).encode(), "application/merge-patch+json")
        if not answer.ok:
            raise ApiError(answer)
        return answer

    def delete(self, api_version: str, kind: str, name: str, namespace: str = "") -> None:
        """Delete an object and nothing that belongs to it; it is fine when it is gone already."""
        path = self._must_know(api_version, kind).path(namespace, name)
        answer = self.client.request("DELETE", f"{path}?propagationPolicy=Orphan")
        if not answer.ok and answer.status != http.HTTPStatus.NOT_FOUND:
            raise ApiError(answer)

    def send(
        self, document: Document, namespace: str, *, dry_run: bool = False, strict: bool = True, create: bool = False
    ) -> Answer:
        """Apply a manifest on the server's side (or create it), as the text it was written in."""
        try:
            resource = self._must_know(document.api_version, document.kind)
        except ApiError as error:
            return error.answer
        where = document.namespace or namespace
        options = {"fieldManager": MANAGER, "fieldValidation": "Strict" if strict else "Ignore"}
        if dry_run:
            options["dryRun"] = "All"
        if create or not document.name:
            method, path, content_type = "POST", resource.path(where), "application/yaml"
        else:
            method, path, content_type = "PATCH", resource.path(where, document.name), "application/apply-patch+yaml"
            options["force"] = "true"
        query = urllib.parse.urlencode(options)
        return self.client.request(method, f"{path}?{query}", document.text.encode(), content_type)
