"""Rego as OPA evaluates it, on regorus. Only the worker imports this package."""
