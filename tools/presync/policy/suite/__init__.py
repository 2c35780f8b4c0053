"""Gatekeeper's suites, run as ``gator verify`` runs them."""
