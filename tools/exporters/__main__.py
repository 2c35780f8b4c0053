"""`python -m exporters [NAME ...]`: run exporters, and write what they say as tables for presync's monitoring rules.

A program that is not on this machine is skipped with the reason, and its table stays as it is. PRESYNC_EXPORTERS may
name a folder with programs; `feast-python` and `airflow-python` there are links to the Pythons of those environments.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from exporters import cluster, documented, sources
from exporters.processes import Unavailable
from exporters.tables import Exporter, write

NO_NAMES = "the names are not known; those with its prefixes are not judged"
STACK = "kube-prometheus-stack"
COMPONENTS = ("kubelet", "apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "etcd")
ALL = (
    Exporter(
        "libraries",
        sources.libraries,
        prefixes=(
            *("go_", "process_", "python_", "promhttp_", "jvm_", "nodejs_", "grpc_", "rest_client_", "workqueue_"),
            *("controller_runtime_", "leader_election_", "net_conntrack_"),
        ),
        always=True,
        open=True,
    ),
    Exporter(
        "kubernetes",
        cluster.kubernetes,
        names=("kubelet", "apiserver", "kubernetes", "cadvisor", *(f"*{one}" for one in COMPONENTS)),
        prefixes=("apiserver_", "container_", "kubelet_", "machine_", "scheduler_"),
        always=True,
    ),
    Exporter(
        "kube-state-metrics",
        cluster.kube_state_metrics,
        ("*kube-state-metrics",),
        ("*kube-state-metrics", STACK),
        ("kube_",),
    ),
    Exporter(
        "node-exporter",
        sources.node_exporter,
        ("*node-exporter", "*node_exporter"),
        ("*node-exporter", STACK),
        ("node_",),
    ),
    Exporter("prometheus", sources.prometheus, ("prometheus", "*/prometheus"), ("prometheus", STACK), ("prometheus_",)),
    Exporter(
        "alertmanager",
        sources.alertmanager,
        ("alertmanager", "*/alertmanager"),
        ("alertmanager", STACK),
        ("alertmanager_",),
    ),
    Exporter("pushgateway", sources.pushgateway, ("*pushgateway",), ("*pushgateway",), ("pushgateway_",)),
    Exporter(
        "statsd-exporter",
        sources.statsd_exporter,
        ("*statsd-exporter", "*statsd_exporter"),
        ("*statsd-exporter",),
        ("statsd_exporter_",),
    ),
    Exporter("airflow", sources.airflow, ("*airflow", "*airflow-*"), ("airflow",), ("airflow_",)),
    Exporter("feast", sources.feast, ("*feast", "*/feature-server"), ("feast*",), ("feast_",)),
    Exporter(
        "redis-exporter",
        sources.redis_exporter,
        ("*redis_exporter", "*redis-exporter"),
        ("*redis-exporter",),
        ("redis_",),
    ),
    Exporter("argocd", cluster.argocd, ("argocd", "*/argocd", "*/argo-cd"), ("argo-cd", "argocd*"), ("argocd_",)),
    Exporter(
        "cert-manager",
        documented.cert_manager,
        ("*cert-manager-controller",),
        ("cert-manager*",),
        ("certmanager_",),
    ),
    Exporter(
        "prometheus-operator",
        documented.prometheus_operator,
        ("*prometheus-operator",),
        ("prometheus-operator*", STACK),
        ("prometheus_operator_",),
    ),
    *(
        Exporter(name, documented.prefixes_only(NO_NAMES), images, names, prefixes, open=True)
        for name, images, names, prefixes in (
            (
                "blackbox-exporter",
                ("*blackbox-exporter", "*blackbox_exporter"),
                ("*blackbox*",),
                ("probe_", "blackbox_"),
            ),
            ("coredns", ("*coredns",), ("*coredns", "kube-dns"), ("coredns_",)),
            ("csi", ("*nfsplugin", "*csi-*", "*livenessprobe"), ("csi-*", "*-csi*"), ("csi_",)),
            ("gatekeeper", ("*/gatekeeper",), ("gatekeeper*",), ("gatekeeper_",)),
            ("grafana", ("grafana", "*/grafana", "*/grafana-oss", "*/grafana-enterprise"), ("grafana",), ("grafana_",)),
            ("ingress-nginx", ("*ingress-nginx*", "*nginx-ingress*"), ("ingress-nginx*",), ("nginx_ingress_",)),
            ("local-path-provisioner", ("*local-path-provisioner",), ("local-path*",), ("local_path_",)),
            ("metallb", ("*metallb/*", "*/metallb-*", "*/frr"), ("metallb*",), ("metallb_", "frrk8s_")),
            ("sealed-secrets", ("*sealed-secrets-controller",), ("sealed-secrets*",), ("sealed_secrets_",)),
        )
    ),
    # One member without peers has not all of its names.
    Exporter("etcd", documented.prefixes_only(NO_NAMES), prefixes=("etcd_",), always=True, open=True),
    Exporter("config-reloader", documented.prefixes_only(NO_NAMES), prefixes=("reloader_",), always=True, open=True),
    # Programs without metrics of their own: a Pod of them is no reason not to judge a name.
    Exporter(
        "no-metrics",
        documented.prefixes_only("programs that have no metrics"),
        (
            *("redis", "*/redis", "valkey", "*/valkey", "busybox", "*/busybox", "alpine", "*/curl", "*/kubectl"),
            *("postgres", "*/postgres", "*/postgresql", "*/git-sync*"),
        ),
        open=True,
    ),
)


def main() -> int:
    """Zero when every table that was asked for is written."""
    parser = argparse.ArgumentParser(prog="python -m exporters", description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="of: " + ", ".join(one.name for one in ALL))
    names = parser.parse_args().names
    unknown = set(names) - {one.name for one in ALL}
    if unknown:
        parser.error(f"no exporter {', '.join(sorted(unknown))}")
    skipped = 0
    for exporter in ALL:
        if names and exporter.name not in names:
            continue
        start = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="exporters-") as folder:
            try:
                found = exporter.read(Path(folder))
            except Unavailable as reason:
                skipped += 1
                print(f"{exporter.name}: SKIPPED, {reason}", file=sys.stderr)
                continue
        write(exporter, found)
        took = time.monotonic() - start
        print(f"{exporter.name}: {found.version}, {len(found.families)} families, {found.source}, {took:.1f} s")
    return 1 if skipped else 0


if __name__ == "__main__":
    sys.exit(main())
