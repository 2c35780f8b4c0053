"""What the API server checks in built-in kinds and no schema says.

Written after k8s.io/kubernetes/pkg/apis/*/validation; messages are near the server's, so that what presync says before
the merge is what Argo CD would say after it. Only what makes the server refuse an object is here.
"""

from presync.platform.validation.check import violations

__all__ = ["violations"]
