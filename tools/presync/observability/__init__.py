"""What rules, dashboards and Prometheus itself say about metrics, and who produces them."""
