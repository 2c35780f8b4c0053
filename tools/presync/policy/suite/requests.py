"""AdmissionReviews as the object of a case: the request is taken as it is."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from presync.policy.model import Object, mapping
from presync.policy.suite.model import SuiteError


@dataclass(frozen=True, slots=True)
class Request:
    """What the API server would send: its objects, and the review."""

    objects: tuple[Object, ...] = field(repr=False)
    document: bytes = field(repr=False)
    operation: str
    namespace: str


def is_request(data: Object) -> bool:
    """Whether an object is an AdmissionReview."""
    return data.get("kind") == "AdmissionReview" and str(data.get("apiVersion") or "").startswith("admission.k8s.io/")


def read(data: Object) -> Request:
    """The request of an AdmissionReview.

    Raises:
        SuiteError: it has none, or no object.
    """
    request = mapping(data.get("request"))
    if not request:
        raise SuiteError("request did not actually pass in an AdmissionRequest")
    operation = str(request.get("operation") or "")
    current, old = request.get("object"), request.get("oldObject")
    if current is None and old is None:
        raise SuiteError('AdmissionRequest does not contain an "object" or "oldObject" to review')
    if operation == "DELETE":
        if old is None:
            raise SuiteError("oldObject cannot be nil for DELETE operations")
        current = old  # Gatekeeper's templates look at `object`, whatever the operation
    review = {
        "uid": "",
        "kind": {"group": "", "version": "", "kind": ""},
        "resource": {"group": "", "version": "", "resource": ""},
        "operation": operation,
        "userInfo": {},
        "options": None,
        "namespaceObject": None,
        **request,
        "object": current,
        "oldObject": old,
    }
    objects = tuple(mapping(one) for one in (current, old) if one is not None)
    return Request(objects, json.dumps(review, default=str).encode(), operation, str(request.get("namespace") or ""))
