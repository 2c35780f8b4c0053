"""A policy to begin with: small, complete, and passing its own suite."""

from __future__ import annotations

from collections.abc import Mapping

_TEMPLATE = """\
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata:
  # Always the kind in lower case.
  name: {lower}
  annotations:
    metadata.gatekeeper.sh/title: {title}
    metadata.gatekeeper.sh/version: 1.0.0
    description: >-
      Why this policy is there, for the person it stops.
spec:
  crd:
    spec:
      names:
        kind: {kind}
      validation:
        # What a constraint may say under `parameters`.
        openAPIV3Schema:
          type: object
          properties:
            label:
              description: The label that must be there.
              type: string
              default: owner
  targets:
    - target: admission.k8s.gatekeeper.sh
      code:
        - engine: Rego
          source:
            version: v1
            rego: |
              package {lower}

              # details.path names the field; presync finds the line of the values file that sets it.
              violation contains {{"msg": msg, "details": {{"path": "metadata.labels"}}}} if {{
                object_ := input.review.object
                not object_.metadata.labels[input.parameters.label]
                msg := sprintf("%s %s needs the label %s", [
                  object_.kind,
                  object_.metadata.name,
                  input.parameters.label,
                ])
              }}
"""
_CONSTRAINT = """\
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: {kind}
metadata:
  name: {name}
spec:
  enforcementAction: deny
  match:
    kinds:
      - apiGroups: ["apps"]
        kinds: ["Deployment"]
  parameters:
    label: owner
"""
_SUITE = """\
apiVersion: test.gatekeeper.sh/v1alpha1
kind: Suite
metadata:
  name: {name}
tests:
  - name: {name}
    template: template.yaml
    constraint: constraint.yaml
    cases:
      - name: allowed
        object: samples/allowed.yaml
        assertions:
          - violations: "no"
      - name: denied
        object: samples/denied.yaml
        assertions:
          - violations: 1
            message: "^Deployment web needs the label owner$"
"""
_SAMPLE = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: web-dev
{labels}spec:
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
        - name: web
          image: ghcr.io/team/web:1.0.0
"""


def files(name: str) -> Mapping[str, str]:
    """The files of a policy, by their path in its folder."""
    kind = "".join(part.capitalize() for part in name.split("-"))
    words = {"name": name, "kind": kind, "lower": kind.lower(), "title": name.replace("-", " ").capitalize()}
    return {
        "template.yaml": _TEMPLATE.format(**words),
        "constraint.yaml": _CONSTRAINT.format(**words),
        "suite.yaml": _SUITE.format(**words),
        "samples/allowed.yaml": _SAMPLE.format(labels="  labels:\n    owner: team-a\n"),
        "samples/denied.yaml": _SAMPLE.format(labels=""),
    }
