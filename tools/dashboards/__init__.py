"""The dashboards of charts/kube-prometheus-stack, written once and generated as Grafana's JSON."""
