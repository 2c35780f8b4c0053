"""An API server with the real Gatekeeper: what its webhook answers, and what its audit reports."""

from __future__ import annotations

import base64
import datetime
import functools
import json
import re
import shutil
import ssl
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import yaml

from controlplane import build, instance, pki
from controlplane.api import Client, Kubernetes
from controlplane.components import KUBERNETES
from controlplane.documents import of_object, read_file
from controlplane.hosted import Hosted
from gatekeeper import crds, programs

T = TypeVar("T")
Object = dict[str, Any]

WEBHOOK_PORT = 8443
NAMESPACE = "gatekeeper-system"
CONSTRAINTS, TEMPLATES, EXPANSION = "constraints.gatekeeper.sh", "templates.gatekeeper.sh", "expansion.gatekeeper.sh"
STATUS = "status.gatekeeper.sh/v1beta1"
#: Who may do everything: who applies what is in git, and somebody of whom no policy has heard.
ARGOCD, SOMEBODY = "argocd:argocd-application-controller", "default:somebody"
_WEBHOOK_POD, _AUDIT_POD = "gatekeeper-controller-manager-0", "gatekeeper-audit-0"
_DENIED = re.compile(r'(?:.*: )?admission webhook "([^"]+)" denied the request: (.*)', re.DOTALL)
# Of a template in CEL Gatekeeper makes a ValidatingAdmissionPolicy.
_POLICY = re.compile(
    r"(?:.*: )?ValidatingAdmissionPolicy '(gatekeeper-[^']+)' with binding '([^']+)' denied request: (.*)", re.DOTALL
)
_WARNING = re.compile(r'\d{3} \S+ "(.*)"\Z', re.DOTALL)
_NEXT = re.compile(r"\n(?=\[[a-z0-9][-a-z0-9.]*\] )")
_ESCAPED = re.compile(r"\\(.)")
_OURS = "validation.gatekeeper.sh"
# What the deploy manifest has for Pods that run; here a program plays each Pod.
_LEFT_OUT = {"Deployment", "PodDisruptionBudget", "ResourceQuota", "MutatingWebhookConfiguration"}
_WEBHOOKS = "ValidatingWebhookConfiguration"
_NOT_THE_STAGE = {"name": "not-the-stage", "expression": "request.userInfo.username != 'admin'"}
_STATUSES = {
    CONSTRAINTS: ("ConstraintPodStatus", "constraintUID"),
    TEMPLATES: ("ConstraintTemplatePodStatus", "templateUID"),
    EXPANSION: ("ExpansionTemplatePodStatus", "templateUID"),
}


class ClusterError(Exception):
    """The API server refused something, or Gatekeeper did not do in time what was waited for."""


def unavailable() -> str | None:
    """Why it cannot run here, or None."""
    reason = instance.unavailable(kube_only=True)
    if reason is not None:
        return reason
    unbuilt = build.missing(programs.ALL)
    if unbuilt:
        go = "`make gatekeeper` builds it" if shutil.which("go") else "and Go, which builds it, is not installed"
        return f"Gatekeeper is not built; {go}"
    return None


@dataclass(frozen=True)
class Admission:
    """What came of a request: Gatekeeper's messages, `[constraint] message` each, or another refusal."""

    denied: tuple[str, ...] = ()
    warned: tuple[str, ...] = ()
    refused: str = ""  # by the API server itself, before it asks Gatekeeper
    first: bool = False  # the API server decided by the CEL that Gatekeeper gave it, and tells the first message only

    @property
    def admitted(self) -> bool:
        """Whether it was done."""
        return not self.denied and not self.refused


class Cluster(Hosted):
    """A running instance: `apply` sets the stage, with objects that Gatekeeper is not asked about."""

    failure = ClusterError

    def __init__(self) -> None:
        super().__init__()
        self._folder = build.folder_of(programs.GATEKEEPER)
        self._users: dict[str, Kubernetes] = {}

    def _unavailable(self) -> str | None:
        return unavailable()

    def _begin(self) -> None:
        self._install()
        self._start_webhook()

    # -- putting it there

    def _install(self) -> None:
        """Gatekeeper's own manifest."""
        # Only then its own roles are there, without which a program gives up; a kubelet would start it again.
        self.wait(functools.partial(self.plane.kubernetes.client.answers, "/readyz"), "the API server", 60)
        documents = read_file(self._folder / "deploy" / "gatekeeper.yaml")
        self.plane.install_crds(one for one in documents if one.kind == "CustomResourceDefinition")
        left = {*_LEFT_OUT, _WEBHOOKS, "CustomResourceDefinition"}
        for one in documents:
            if one.kind not in left:
                self.send(one)
        # The API server makes it for itself, shortly after it answers.
        known = functools.partial(
            self.plane.kubernetes.read, "scheduling.k8s.io/v1", "PriorityClass", "system-cluster-critical"
        )
        self.wait(known, "the priority of Gatekeeper's Pods", 60)
        for one in documents:
            if one.kind == "Deployment":
                # Owns the statuses that the program writes; nothing runs it here.
                template = yaml.safe_load(one.text)["spec"]["template"]
                metadata = {**template["metadata"], "name": f"{one.name}-0", "namespace": NAMESPACE}
                self.apply({**template, "apiVersion": "v1", "kind": "Pod", "metadata": metadata})
        self.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": ARGOCD.partition(":")[0]}})
        for namespace, _, account in (user.partition(":") for user in (ARGOCD, SOMEBODY)):
            self.apply(
                {
                    "apiVersion": "v1",
                    "kind": "ServiceAccount",
                    "metadata": {"name": account, "namespace": namespace},
                }
            )
            self.apply(
                {
                    "apiVersion": "rbac.authorization.k8s.io/v1",
                    "kind": "ClusterRoleBinding",
                    "metadata": {"name": account},
                    "roleRef": {
                        "apiGroup": "rbac.authorization.k8s.io",
                        "kind": "ClusterRole",
                        "name": "cluster-admin",
                    },
                    "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": namespace}],
                }
            )

    def _start_webhook(self) -> None:
        folder = self.plane.folder / "certificates"
        folder.mkdir()
        pki.certificate(self.plane.parts.pki, "webhook", ["IP:127.0.0.1"])
        for ending in ("crt", "key"):
            shutil.copyfile(self.plane.parts.pki / f"webhook.{ending}", folder / f"tls.{ending}")
        self._start(
            "gatekeeper-webhook",
            _WEBHOOK_POD,
            *("--operation=webhook", f"--port={WEBHOOK_PORT}", "--host=127.0.0.1", f"--cert-dir={folder}"),
            *("--health-addr=127.0.0.1:9090", "--prometheus-port=8888", f"--exempt-namespace={NAMESPACE}"),
        )
        self._start(
            "gatekeeper-status",
            _AUDIT_POD,
            # The audit's program without its runs: `audit` starts them when everything is there.
            *("--operation=audit", "--operation=status", "--operation=generate", "--audit-interval=0"),
            f"--cert-dir={folder}",
            *("--health-addr=127.0.0.1:9091", "--prometheus-port=8889", f"--api-cache-dir={folder}"),
        )
        for port in (9090, 9091):
            client = Client(self.plane.sandbox.connect, port)
            self.plane.wait(functools.partial(client.answers, "/readyz"), "Gatekeeper", 120)
        authority = base64.b64encode((self.plane.parts.pki / "ca.crt").read_bytes()).decode("ascii")
        for one in read_file(self._folder / "deploy" / "gatekeeper.yaml"):
            if one.kind == _WEBHOOKS:
                self.apply(_on_loopback(yaml.safe_load(one.text), authority))

    def _start(self, name: str, pod: str, *arguments: str) -> None:
        """One of Gatekeeper's programs, with the rights of its ServiceAccount."""
        kubeconfig = self.plane.folder / f"{name}.kubeconfig"
        token = self.token(NAMESPACE, "gatekeeper-admin")
        server = {
            "server": f"https://127.0.0.1:{KUBERNETES}",
            "certificate-authority": str(self.plane.parts.pki / "ca.crt"),
        }
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "here",
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": "here"}}],
            "clusters": [{"name": "here", "cluster": server}],
            "users": [{"name": "here", "user": {"token": token}}],
        }
        kubeconfig.touch(mode=0o600)
        kubeconfig.write_text(json.dumps(config), encoding="utf-8")
        environment = {
            **self.plane.parts.environment(),
            "KUBECONFIG": str(kubeconfig),
            "POD_NAME": pod,
            "POD_NAMESPACE": NAMESPACE,
            "NAMESPACE": NAMESPACE,
            "CONTAINER_NAME": "manager",
        }
        same = ("--logtostderr", "--disable-cert-rotation", "--disable-opa-builtin={http.send}")
        self.plane.sandbox.start(name, [str(self._folder / "bin" / "gatekeeper"), *same, *arguments], environment)

    # -- asking it

    def _as(self, user: str) -> Kubernetes:
        """The API server, for a ServiceAccount `namespace:name`."""
        made = self._users.get(user)
        if made is None:
            tls = ssl.create_default_context(cafile=str(self.plane.parts.pki / "ca.crt"))
            token = self.token(*user.split(":"))
            made = self._users[user] = Kubernetes(Client(self.plane.sandbox.connect, KUBERNETES, tls, token))
        return made

    def admit(self, value: Object, user: str = SOMEBODY, *, dry_run: bool = True) -> Admission:
        """What is said when a user applies an object."""
        answer = self._as(user).send(of_object(value), "", dry_run=dry_run)
        warned = tuple(text for text in map(_warning, answer.warnings) if text.startswith("["))
        if answer.ok:
            return Admission((), warned)
        found = _POLICY.fullmatch(answer.message)
        if found is not None:
            return Admission((f"[{found[2].removeprefix(f'{found[1]}-')}] {found[3]}",), warned, first=True)
        found = _DENIED.fullmatch(answer.message)
        if found is None or found[1] != _OURS:
            return Admission((), warned, answer.message)
        return Admission(_messages(found[2]), warned)

    def review(self, request: Mapping[str, Any]) -> Admission:
        """What Gatekeeper's webhook itself answers to a request, for those the API server would not send."""
        tls = ssl.create_default_context(cafile=str(self.plane.parts.pki / "ca.crt"))
        client = Client(self.plane.sandbox.connect, WEBHOOK_PORT, tls)
        sent = {"uid": "0", "userInfo": {}, **request}
        body = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": sent}
        answer = client.request("POST", "/v1/admit", json.dumps(body).encode())
        if not answer.ok:
            raise ClusterError(f"the webhook: {answer.message}")
        response = answer.value["response"]
        warned = tuple(response.get("warnings") or ())
        if response["allowed"]:
            return Admission((), warned)
        message, reason = response["status"].get("message", ""), response["status"].get("reason")
        return Admission(_messages(message), warned) if reason == "Forbidden" else Admission((), warned, message)

    def delete(self, value: Object) -> None:
        """Take an object out; it is fine when it is gone."""
        metadata = value["metadata"]
        resource = self.plane.kubernetes.resource(value["apiVersion"], value["kind"])
        if resource is not None:
            # Without a policy: nobody runs here who would take a finalizer off again.
            self.plane.kubernetes.client.request(
                "DELETE", resource.path(metadata.get("namespace") or "", metadata["name"])
            )

    def need_kinds(self, objects: Iterable[Object], definitions: Iterable[Object] = ()) -> list[str]:
        """Have every kind of these objects served: by these CRDs, or by one that takes anything; the names of those."""
        self.plane.install_crds(of_object(one) for one in definitions)
        unknown: dict[tuple[str, str], Object] = {}
        for one in objects:
            version, kind = one["apiVersion"], one["kind"]
            if "/" in version and self.plane.kubernetes.resource(version, kind) is None:
                unknown.setdefault((version, kind), one)
        made = list(crds.anything(unknown.values()))
        self.plane.install_crds(of_object(one) for one in made)
        return [one["metadata"]["name"] for one in made]

    def take_in(self, objects: Iterable[Object], seconds: float = 60) -> None:
        """Apply Gatekeeper's own objects, templates first, and wait until the webhook goes by them."""
        by_group: dict[str, list[Object]] = {TEMPLATES: [], CONSTRAINTS: []}
        for one in objects:
            by_group.setdefault(one["apiVersion"].partition("/")[0], []).append(one)
        applied: list[tuple[str, Object]] = []
        for group, some in by_group.items():
            if group == CONSTRAINTS:
                kinds = {one["kind"] for one in some}
                known = functools.partial(self.plane.kubernetes.serves, f"{group}/v1beta1", *kinds)
                self.wait(known, f"the kinds {', '.join(sorted(kinds))}", seconds)
            for one in some:
                # A kind that is served for a moment only may be refused once more.
                sent = functools.partial(self._applied, one)
                applied.append((group, self.wait(sent, f"{one['kind']} {one['metadata']['name']}", 20)))
        for group in _STATUSES:
            pending = {one["metadata"]["uid"]: one for where, one in applied if where == group}
            taken = functools.partial(self._taken, group, pending)
            self.wait(taken, f"Gatekeeper to take in what there is of {group}", seconds)

    def _applied(self, value: Object) -> Object | None:
        answer = self.plane.kubernetes.send(of_object(value), "")
        if answer.status == 404 or answer.status >= 500:
            return None
        if not answer.ok:
            raise ClusterError(f"{value['kind']} {value['metadata']['name']}: {answer.message}")
        return answer.value

    def _taken(self, group: str, pending: dict[str, Object]) -> bool:
        """Whether the webhook's statuses are about what is there now; those that are leave, a complaint is an error."""
        kind, key = _STATUSES[group]
        for one in self.plane.kubernetes.list(STATUS, kind, NAMESPACE) if pending else []:
            status = one.get("status") or {}
            value = pending.get(status.get(key, ""))
            if value is None or status.get("id") != _WEBHOOK_POD:
                continue
            if status.get("observedGeneration", 0) < value["metadata"]["generation"]:
                continue
            if status.get("errors"):
                raise ClusterError(f"{value['kind']} {value['metadata']['name']}: {json.dumps(status['errors'])}")
            if group != CONSTRAINTS or status.get("enforced"):
                del pending[status[key]]
        return not pending

    def wait(self, condition: Callable[[], T | None], what: str, seconds: float) -> T:
        """The first result that counts as true; the end of the webhook's log where there is none in time."""
        try:
            found = self.plane.wait(condition, what, seconds, every=0.1)
        except instance.ControlPlaneError as error:
            raise ClusterError(f"{error}\n{self.plane.sandbox.log_end('gatekeeper-webhook', 10)}") from error
        if found is None:
            raise ClusterError(f"nothing came of {what}")
        return found

    # -- its audit

    def audit(self, seconds: float = 180) -> dict[tuple[str, str], list[Object]]:
        """(kind, name) of every constraint to the violations that a whole run of the audit found."""
        folder = self.plane.folder / "audit"
        folder.mkdir()
        self._start(
            "gatekeeper-audit",
            _AUDIT_POD,
            *("--operation=audit", f"--cert-dir={self.plane.folder / 'certificates'}", "--audit-interval=3"),
            *(f"--api-cache-dir={folder}", "--constraint-violations-limit=2000"),
            *("--health-addr=127.0.0.1:9092", "--prometheus-port=8890"),
        )
        ready = Client(self.plane.sandbox.connect, 9092)
        self.wait(functools.partial(ready.answers, "/readyz"), "the audit to know every policy", seconds)
        # A run that began earlier may have missed some. Gatekeeper writes down when it began, in whole seconds.
        since = datetime.datetime.now(datetime.UTC)
        kinds = [
            entry["name"]
            for entry in self.plane.kubernetes.client.get(f"/apis/{CONSTRAINTS}/v1beta1").get("resources") or []
            if "/" not in entry["name"]
        ]

        def audited() -> dict[tuple[str, str], list[Object]] | None:
            found: dict[tuple[str, str], list[Object]] = {}
            for kind in kinds:
                for one in self.plane.kubernetes.client.get(f"/apis/{CONSTRAINTS}/v1beta1/{kind}")["items"]:
                    status, key = one.get("status") or {}, (one["kind"], one["metadata"]["name"])
                    stamp = status.get("auditTimestamp")
                    if not stamp or datetime.datetime.fromisoformat(stamp) <= since:
                        return None
                    found[key] = status.get("violations") or []
                    if status.get("totalViolations", 0) != len(found[key]):
                        return None  # the sum was there before the list (seen once): look again
            return found

        return self.wait(audited, "an audit of everything", seconds)


def _on_loopback(configuration: Object, authority: str) -> Object:
    """The manifest's webhooks at the address of the program, never passed over, with time to answer.

    In a cluster one that does not answer in three seconds is left out; a proof must not pass because nobody was asked.
    Who only sets the stage is not asked: what is there before a request may be what the request would be refused for.
    """
    for webhook in configuration["webhooks"]:
        path = webhook["clientConfig"]["service"]["path"]
        webhook["clientConfig"] = {"url": f"https://127.0.0.1:{WEBHOOK_PORT}{path}", "caBundle": authority}
        webhook["failurePolicy"] = "Fail"
        webhook["timeoutSeconds"] = 30
        webhook["matchConditions"] = [_NOT_THE_STAGE]
    return configuration


def _messages(text: str) -> tuple[str, ...]:
    """Each begins with the name of its constraint, and may have several lines."""
    return tuple(_NEXT.split(text))


def _warning(header: str) -> str:
    found = _WARNING.match(header)
    return _ESCAPED.sub(r"\1", found[1]) if found else header
