"""The real prometheus-operator and kube-state-metrics, given what this repository renders for its environments."""
