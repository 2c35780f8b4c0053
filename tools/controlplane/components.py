"""The programs of one instance and their flags. Ports are fixed: every instance has a network of its own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from controlplane import build

ETCD, ETCD_PEER, REDIS, KUBERNETES, REPO, ARGOCD = 2379, 2380, 6379, 6443, 8081, 8080
REPO_METRICS, CONTROLLER_METRICS, SERVER_METRICS, SETS_METRICS = 8084, 8082, 8083, 18080
SETS_PROBE, SETS_WEBHOOK, KWOK = 18081, 7000, 10247
NAMESPACE = "argocd"

Command = list[str]


class Components:
    """Commands and environments, for an instance whose files are below `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pki = folder / "pki"
        self.kubeconfig = folder / "kubeconfig"
        self.served = folder / "served.json"

    def prepare(self, token: str) -> None:
        """The folders and files that the programs expect to find."""
        for name in ("etcd", "redis", "home", "tmp", "git", "pki", *self._argocd_folders().values()):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "argocd" / "gnupg").chmod(0o700)
        (self.folder / "argocd" / "ssh" / "ssh_known_hosts").touch()
        (self.folder / "home" / ".gitconfig").write_text("[safe]\n\tdirectory = *\n", encoding="ascii")
        (self.pki / "tokens.csv").write_text(f"{token},admin,1,system:masters\n", encoding="ascii")
        self.served.write_text("{}", encoding="ascii")
        self.kubeconfig.touch(mode=0o600)
        self.kubeconfig.write_text(
            "apiVersion: v1\nkind: Config\ncurrent-context: controlplane\n"
            "contexts: [{name: controlplane, context: {cluster: controlplane, user: admin}}]\n"
            "clusters: [{name: controlplane, cluster: "
            f'{{server: "https://127.0.0.1:{KUBERNETES}", certificate-authority: "{self.pki / "ca.crt"}"}}}}]\n'
            f'users: [{{name: admin, user: {{token: "{token}"}}}}]\n',
            encoding="utf-8",
        )

    @staticmethod
    def _argocd_folders() -> dict[str, str]:
        return {
            "ARGOCD_TLS_DATA_PATH": "argocd/tls",
            "ARGOCD_SSH_DATA_PATH": "argocd/ssh",
            "ARGOCD_PLUGINSOCKFILEPATH": "argocd/plugins",
            "ARGOCD_GNUPGHOME": "argocd/gnupg",
            "ARGOCD_GPG_DATA_PATH": "argocd/gpg",
        }

    def environment(self) -> dict[str, str]:
        """What every program gets; of the caller's environment nothing but the way to the machine's own programs."""
        authority = str(self.pki / "ca.crt")
        return {
            "PATH": f"{build.search_path()}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "LANG": "C.UTF-8",
            "HOME": str(self.folder / "home"),
            "TMPDIR": str(self.folder / "tmp"),
            "KUBECONFIG": str(self.kubeconfig),
            "SSL_CERT_FILE": authority,
            "GIT_SSL_CAINFO": authority,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": str(self.folder / "home" / ".gitconfig"),
            "GIT_TERMINAL_PROMPT": "0",
            "REDIS_PASSWORD": "",
            "ARGOCD_GPG_ENABLED": "false",
            # Outside a Pod, the "cluster Argo CD runs in" is the one of the kubeconfig.
            "ARGOCD_FAKE_IN_CLUSTER": "true",
            "ARGOCD_K8S_CLIENT_QPS": "200",
            "ARGOCD_K8S_CLIENT_BURST": "400",
            "ARGOCD_SERVER": f"127.0.0.1:{ARGOCD}",
            "ARGOCD_OPTS": f"--plaintext --server 127.0.0.1:{ARGOCD}",
            **{name: str(self.folder / folder) for name, folder in self._argocd_folders().items()},
        }

    # -- what everything else needs

    def etcd(self) -> Command:
        """Kubernetes' database; nothing here has to survive a power cut."""
        client, peer = f"http://127.0.0.1:{ETCD}", f"http://127.0.0.1:{ETCD_PEER}"
        return [
            *("etcd", "--data-dir", str(self.folder / "etcd"), "--unsafe-no-fsync", "--log-level", "warn"),
            *("--listen-client-urls", client, "--advertise-client-urls", client),
            *("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer),
            *("--initial-cluster", f"default={peer}"),
        ]

    def redis(self) -> Command:
        """Argo CD's cache."""
        place = ("--dir", str(self.folder / "redis"))
        return ["redis-server", "--bind", "127.0.0.1", "--port", str(REDIS), "--save", "", "--appendonly", "no", *place]

    def gitserve(self) -> Command:
        """The repositories."""
        return [sys.executable, "-B", "-m", "controlplane.gitserve", str(self.served), str(self.pki)]

    # -- Kubernetes

    def kube_apiserver(self, *, lenient: bool) -> Command:
        """The API server. A lenient one accepts Pods whose ServiceAccount does not exist: nothing creates one there."""
        pki = self.pki
        return [
            *("kube-apiserver", "--etcd-servers", f"http://127.0.0.1:{ETCD}", "--secure-port", str(KUBERNETES)),
            *("--bind-address", "127.0.0.1", "--advertise-address", "127.0.0.1", "--endpoint-reconciler-type", "none"),
            *("--cert-dir", str(pki), "--tls-cert-file", str(pki / "apiserver.crt")),
            *("--tls-private-key-file", str(pki / "apiserver.key"), "--token-auth-file", str(pki / "tokens.csv")),
            *("--authorization-mode", "RBAC", "--service-account-issuer", "https://kubernetes.default.svc"),
            *("--service-account-key-file", str(pki / "sa.pub")),
            *("--service-account-signing-key-file", str(pki / "sa.key")),
            *("--service-cluster-ip-range", "10.96.0.0/16", "--allow-privileged=true", "--profiling=false"),
            *(["--disable-admission-plugins=ServiceAccount"] if lenient else []),
        ]

    def _kube(self, program: str) -> Command:
        known = ("--kubeconfig", "--authentication-kubeconfig", "--authorization-kubeconfig")
        return [
            *(program, *(word for flag in known for word in (flag, str(self.kubeconfig)))),
            *("--bind-address", "127.0.0.1", "--leader-elect=false", "--profiling=false"),
            *("--cert-dir", str(self.pki / program)),
        ]

    def kube_controller_manager(self) -> Command:
        """Deployments make ReplicaSets, those make Pods; ServiceAccounts, garbage collection and so on."""
        key, authority = str(self.pki / "sa.key"), str(self.pki / "ca.crt")
        keys = ("--service-account-private-key-file", key, "--root-ca-file", authority)
        return [*self._kube("kube-controller-manager"), *keys]

    def kube_scheduler(self) -> Command:
        """Pods get a node."""
        return self._kube("kube-scheduler")

    def kwok(self) -> Command:
        """A node whose Pods become ready without running."""
        return [
            *("kwok", "--kubeconfig", str(self.kubeconfig), "--config", str(self.folder / "stages.yaml")),
            *("--manage-all-nodes=true", "--node-ip", "127.0.0.1", "--node-lease-duration-seconds", "40"),
            *("--server-address", f"127.0.0.1:{KWOK}"),
        ]

    # -- Argo CD

    def repo_server(self) -> Command:
        """Clones and renders."""
        return [
            *("argocd-repo-server", "--address", "127.0.0.1", "--port", str(REPO), "--metrics-address", "127.0.0.1"),
            *("--metrics-port", str(REPO_METRICS), "--disable-tls", "--client-ca-path", ""),
            *("--redis", f"127.0.0.1:{REDIS}", "--logformat", "text"),
        ]

    def application_controller(self, *, sync: bool) -> Command:
        """Compares, syncs, heals. Without processors for operations it compares and never syncs."""
        return [
            *("argocd-application-controller", "--kubeconfig", str(self.kubeconfig), "--namespace", NAMESPACE),
            *("--repo-server", f"127.0.0.1:{REPO}", "--repo-server-plaintext", "--redis", f"127.0.0.1:{REDIS}"),
            *("--metrics-port", str(CONTROLLER_METRICS), "--logformat", "text"),
            *([] if sync else ["--operation-processors", "0"]),
        ]

    def applicationset_controller(self) -> Command:
        """ApplicationSets make Applications."""
        return [
            *("argocd-applicationset-controller", "--kubeconfig", str(self.kubeconfig), "--namespace", NAMESPACE),
            *("--argocd-repo-server", f"127.0.0.1:{REPO}", "--repo-server-plaintext", "--logformat", "text"),
            *("--metrics-addr", f"127.0.0.1:{SETS_METRICS}", "--probe-addr", f"127.0.0.1:{SETS_PROBE}"),
            *("--webhook-addr", f"127.0.0.1:{SETS_WEBHOOK}"),
        ]

    def server(self) -> Command:
        """The API that the command line and this driver ask for rendered manifests."""
        return [
            *("argocd-server", "--kubeconfig", str(self.kubeconfig), "--namespace", NAMESPACE, "--logformat", "text"),
            *("--address", "127.0.0.1", "--port", str(ARGOCD), "--metrics-port", str(SERVER_METRICS)),
            *("--insecure", "--disable-auth", "--repo-server", f"127.0.0.1:{REPO}", "--repo-server-plaintext"),
            *("--redis", f"127.0.0.1:{REDIS}", "--dex-server", "http://127.0.0.1:5556"),
        ]
