"""Which empty value would put a text where there is none."""

from __future__ import annotations

from pathlib import Path

from presync.engine import Engine
from presync.provenance import setters
from tests.render.support import Repo, application

TEMPLATE = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: x
  annotations:
    a: b
    {{- with .Values.pin.hash }}
    example.com/contract-hash: sha256:{{ . }}
    {{- end }}
"""


def test_found_by_trial_with_what_stands_before(tmp_path: Path) -> None:
    with Engine(1) as engine:
        values = 'hash: ""\nother: {hash: ""}\npin:\n  hash: ""\n'
        repo = Repo(tmp_path, engine).chart({"x.yaml": TEMPLATE}, **{"values.yaml": values})
        (resource,) = repo.render(application("web", "web", path="charts/web")).resources
        ((key, before),) = setters(resource, ("metadata", "annotations", "example.com/contract-hash"))
        assert (key.path, before) == (("pin", "hash"), "sha256:")
        assert str(key.location) == "charts/web/values.yaml:4:3"
        assert setters(resource, ("metadata", "annotations", "example.com/nothing-hash")) == ()
        assert setters(resource, ()) == ()
