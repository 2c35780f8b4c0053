"""A Pod gets a token of the API server, and no binding gives its ServiceAccount any right.

The token is mounted unless `automountServiceAccountToken: false` stands in the Pod or its ServiceAccount; the Pod's
word counts. Here it opens nothing, so the program does not need it; but whoever gets into the Pod can log in with it,
sees what every account may see, and has each right that is bound later, to `default` more easily than to others.

Let pass are Pods that ask for a token themselves (a projected one), and those of Vault's agent, which proves with the
mounted one who it is. Where an Application that is not rendered may have the binding, nothing is said. A program may
also show its token to another that checks it: then leave it. See
<https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/>.

Bad:

    serviceAccountName: web
    containers: [{name: web, image: "web:1.4.2"}]

Good:

    serviceAccountName: web
    automountServiceAccountToken: false
    containers: [{name: web, image: "web:1.4.2"}]
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.argocd.sync import is_applied
from presync.base.finding import Severity
from presync.platform.index import index
from presync.platform.model import Platform
from presync.platform.references import resolver
from presync.platform.validation.access import Object, has, items, obj, text
from presync.render.model import Resource
from presync.rules.bindings import Subject, grants
from presync.rules.model import Match
from presync.rules.pods import Pod, pods

ID = "SEC021"
NAME = "token-for-nothing"
SEVERITY = Severity.INFO
_FIELD = "automountServiceAccountToken"
# Put into the Pod by a webhook, it logs in to Vault with the mounted token.
_VAULT = "vault.hashicorp.com/agent-inject"


def check(platform: Platform) -> Iterator[Match]:
    """Every Pod of the tree whose ServiceAccount is known."""
    for pod in pods(platform):
        if not is_applied(pod.resource.annotations) or pod.resource.kind == "PodTemplate":
            continue
        cluster, namespace = pod.entry.application.destination.cluster, pod.resource.namespace
        name = text(pod.spec.spec, "serviceAccountName") or text(pod.spec.spec, "serviceAccount")
        if not name and pod.resource.kind == "ConfigMap":
            continue  # the program that starts Pods from this text puts its own there
        name = name or "default"
        accounts = index(platform).named(cluster, namespace, "ServiceAccount", name)
        account = accounts[0][1] if accounts else None
        if (account is None and name != "default") or not _mounted(pod.spec.spec, account):
            continue  # one that somebody else makes has rights that nobody sees here
        if _asked_for(pod) or resolver(platform).in_the_dark(cluster, namespace):
            continue
        if any(grant.cluster == cluster and _given(grant.subjects, namespace, name) for grant in grants(platform)):
            continue
        yield Match(
            f"a token of ServiceAccount {name} is mounted, which no binding gives any right",
            f"Set {_FIELD}: false; or bind the rights it needs, if the binding is what is missing.",
            pod.entry,
            pod.resource,
            (*pod.spec.path, _FIELD),
        )


def _given(subjects: tuple[Subject, ...], namespace: str, name: str) -> bool:
    return any(one.covers(namespace, name) for one in subjects)


def _mounted(spec: Object, account: Resource | None) -> bool:
    if has(spec, _FIELD):
        return spec[_FIELD] is True
    return account is None or account.data.get(_FIELD) is not False


def _asked_for(pod: Pod) -> bool:
    """Whether the Pod has a use for tokens that no binding shows."""
    projected = (
        has(source, "serviceAccountToken")
        for _, volume in items(pod.spec.spec, "volumes")
        for _, source in items(obj(volume, "projected"), "sources")
    )
    return any(projected) or pod.spec.annotations.get(_VAULT) == "true"
