"""From an Application to the resources Argo CD would hand to the cluster."""
