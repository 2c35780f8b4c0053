"""An API server alone, and one program of the platform that runs beside it as it does in a cluster."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Any, ClassVar, Self

from controlplane.documents import Document, of_object
from controlplane.driver import ControlPlane
from controlplane.instance import ControlPlaneError


class Hosted(ABC):
    """A running instance. As a context manager it is stopped at the end, whatever happens."""

    #: What is raised when the API server refuses something, or it cannot run here.
    failure: ClassVar[type[Exception]] = ControlPlaneError

    def __init__(self) -> None:
        self.plane = ControlPlane()

    @abstractmethod
    def _unavailable(self) -> str | None:
        """Why it cannot run here, or None."""

    @abstractmethod
    def _begin(self) -> None:
        """Fill the API server and start the program."""

    def __enter__(self) -> Self:
        reason = self._unavailable()
        if reason is not None:
            raise self.failure(reason)
        self.plane.start(kube_only=True)
        try:
            self._begin()
        except BaseException:
            self.plane.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.plane.stop()

    def apply(self, value: dict[str, Any], namespace: str = "") -> dict[str, Any]:
        """Apply one object on the server's side, unknown fields refused; what the server made of it."""
        return self.send(of_object(value), namespace)

    def send(self, document: Document, namespace: str = "") -> dict[str, Any]:
        """The same with a manifest as it is written."""
        answer = self.plane.kubernetes.send(document, namespace)
        if not answer.ok:
            raise self.failure(f"{document.title}: {answer.message}")
        return answer.value

    def token(self, namespace: str, account: str) -> str:
        """A token of a ServiceAccount: what runs with it has the rights of its manifests and no others."""
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 7200}}
        answer = self.plane.kubernetes.client.request("POST", path, json.dumps(body).encode())
        if not answer.ok:
            raise self.failure(f"no token for {namespace}/{account}: {answer.message}")
        return str(answer.value["status"]["token"])
