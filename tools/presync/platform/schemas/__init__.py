"""What the API server would say about the shape of an object, from schemas that are on this machine.

Built-in kinds are checked against the schemas of each configured Kubernetes version, custom kinds against the CRD that
the repository renders or carries, else against one bundled with presync. CEL rules of CRDs
(``x-kubernetes-validations``) are not evaluated.
"""
