"""Gatekeeper's policies, decided before the merge as the cluster's webhook decides them after it.

Templates are hostile input: Rego may recurse until the stack is gone or never end. Nothing of a template is parsed or
evaluated in this process; :mod:`presync.policy.worker` does both, bounded in time and memory.

The facts about Gatekeeper here and below are those of 3.23 (github.com/open-policy-agent/gatekeeper, and
github.com/open-policy-agent/frameworks/constraint).
"""
