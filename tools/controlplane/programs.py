"""Which programs the control plane consists of, and which Go module each of them comes from.

Every Go module has a folder of its own below `modules/`. One module for all of them would be shorter, but Go would then
raise the libraries they share to the highest version any of them asks for, and the result would no longer be the
programs that were released: another structured-merge-diff in the API server, another YAML library in Helm.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

MODULES = Path(__file__).resolve().parent / "modules"


@dataclass(frozen=True)
class Module:
    """A Go module and the programs built from it."""

    name: str
    path: str
    #: Program name -> package.
    programs: dict[str, str]
    #: Variables set by the linker -> value; `{version}` is the module's version, `{number}` the same without its v.
    stamps: dict[str, str] = field(default_factory=dict)
    #: Modules that upstream takes from a directory of its own tree, which a published module does not contain.
    detached: dict[str, str] = field(default_factory=dict)
    #: Other names a program answers to.
    aliases: dict[str, str] = field(default_factory=dict)
    #: Files of the module that are needed: pattern -> folder they are copied to.
    files: dict[str, str] = field(default_factory=dict)
    #: The folder of the package that pins it.
    pins: Path = MODULES

    @property
    def folder(self) -> Path:
        """Where go.mod and go.sum are."""
        return self.pins / self.name

    @cached_property
    def version(self) -> str:
        """As pinned in go.mod."""
        text = (self.folder / "go.mod").read_text(encoding="utf-8")
        found = re.search(rf"^(?:require|\t)\s*{re.escape(self.path)} (v\S+)", text, re.MULTILINE)
        if found is None:
            raise ValueError(f"{self.folder / 'go.mod'} does not require {self.path}")
        return found[1]

    @property
    def linker_flags(self) -> str:
        """No symbol tables, and the version where the program looks for it."""
        words = ["-s", "-w"]
        for variable, value in self.stamps.items():
            words += ["-X", f"{variable}={value.format(version=self.version, number=self.version.removeprefix('v'))}"]
        return " ".join(words)


ETCD = Module("etcd", "go.etcd.io/etcd/server/v3", {"etcd": "go.etcd.io/etcd/server/v3"})
KUBERNETES = Module(
    "kubernetes",
    "k8s.io/kubernetes",
    {
        name: f"k8s.io/kubernetes/cmd/{name}"
        for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl")
    },
    stamps={
        "k8s.io/component-base/version.gitVersion": "{version}",
        "k8s.io/client-go/pkg/version.gitVersion": "{version}",
    },
)
ARGOCD = Module(
    "argocd",
    "github.com/argoproj/argo-cd/v3",
    {"argocd": "github.com/argoproj/argo-cd/v3/cmd"},
    # The API refuses a command line whose version starts with a v.
    stamps={
        "github.com/argoproj/argo-cd/v3/common.version": "{number}",
        "github.com/argoproj/argo-cd/v3/common.gitTreeState": "clean",
    },
    detached={"github.com/argoproj/argo-cd/gitops-engine": "v0.0.0-20260914071520-c9c369efcc5b"},
    aliases={
        f"argocd-{part}": "argocd"
        for part in ("server", "repo-server", "application-controller", "applicationset-controller", "git-ask-pass")
    },
    # The repo-server calls the wrapper for every commit, whether signatures are checked or not.
    files={
        "manifests/crds/*-crd.yaml": "crds",
        "manifests/base/config/argocd-*.yaml": "config",
        "hack/git-verify-wrapper.sh": "bin",
    },
)
HELM = Module(
    "helm",
    "helm.sh/helm/v4",
    {"helm": "helm.sh/helm/v4/cmd/helm"},
    stamps={"helm.sh/helm/v4/internal/version.version": "{version}"},
)
KUSTOMIZE = Module(
    "kustomize",
    "sigs.k8s.io/kustomize/kustomize/v5",
    {"kustomize": "sigs.k8s.io/kustomize/kustomize/v5"},
    stamps={"sigs.k8s.io/kustomize/api/provenance.version": "{version}"},
)
KWOK = Module(
    "kwok",
    "sigs.k8s.io/kwok",
    {"kwok": "sigs.k8s.io/kwok/cmd/kwok"},
    files={
        "kustomize/stage/node/fast/node-initialize.yaml": "stages",
        "kustomize/stage/node/heartbeat-with-lease/node-*.yaml": "stages",
        "kustomize/stage/pod/fast/pod-*.yaml": "stages",
        "kustomize/stage/volume/fast/p*.yaml": "stages",
        "kustomize/stage/volume/fast/storage-class.yaml": "storage",
    },
)

#: In the order they are built: what shares most packages with the others comes first.
ALL = (KUBERNETES, ARGOCD, ETCD, HELM, KUSTOMIZE, KWOK)
#: What the API server alone needs.
KUBE_ONLY = (KUBERNETES, ETCD)
