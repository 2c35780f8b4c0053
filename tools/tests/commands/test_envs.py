"""``presync envs`` as its users meet it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

import presync

from .conftest import SET, TREE, Run, write
from .test_diff import commit, git

SCHEMA = json.loads((Path(presync.__file__).parent / "report" / "envs.schema.json").read_text())
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {environment: {{ .Values.global.environment }}}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: registry.example.com/web:{{ .Values.image.tag }}
          args:
            - --url=https://web.{{ .Values.global.domain }}
            {{- if eq .Values.global.environment "prod" }}
            - --strict
            {{- end }}
"""
PLATFORM = {
    **TREE,
    "apps/all.yaml": SET.replace('valueFiles: ["', 'valueFiles: ["/envs/{{ index .path.segments 1 }}/globals.yaml", "'),
    "charts/web/templates/deployment.yaml": DEPLOYMENT,
    "charts/web/values.yaml": "level: info\nreplicas: 1\nimage: {tag: 0.0.1}\n",
    "envs/dev/globals.yaml": "global: {environment: dev, domain: dev.example.com}\n",
    "envs/prod/globals.yaml": "global: {environment: prod, domain: example.com}\n",
    "envs/dev/web/values.yaml": "image:\n  tag: 1.0.0\n",
    "envs/prod/web/values.yaml": "image:\n  tag: 1.0.0\n",
}
STRICT = """\
  - application: web
    resource: Deployment.apps *
    field: spec.template.spec.containers[name=web].args
    why: prod refuses what dev lets pass
"""


@pytest.fixture
def platform(tmp_path: Path) -> Path:
    """Two environments that differ in one thing that the chart itself decides."""
    return write(tmp_path / "tree", {"presync.yaml": f"differences:\n{STRICT}", **PLATFORM})


def found(run: Run, folder: Path, *arguments: str) -> dict[str, Any]:
    done = run("-C", folder, "envs", "-o", "json", *arguments)
    assert done.returncode in (0, 1), done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    jsonschema_rs.validate(SCHEMA, document)
    return document


def app(document: dict[str, Any], name: str = "web") -> dict[str, Any]:
    return next(one for one in document["apps"] if one["name"] == name)


def test_names_are_no_differences(platform: Path, run: Run) -> None:
    document = found(run, platform)
    assert document["environments"] == ["dev", "prod"]
    assert ["dev.example.com", "example.com"] in document["facts"]
    assert app(document)["values"] == []
    assert [one["field"] for one in app(document)["fields"]] == ["spec.template.spec.containers[name=web].args"]
    assert document["summary"]["undeclared"] == 0
    assert run("-C", platform, "envs", "--check").returncode == 0


def test_what_the_chart_decides_is_told_apart_from_values(platform: Path, run: Run) -> None:
    write(platform, {"presync.yaml": "", "envs/prod/web/values.yaml": "image: {tag: 1.0.0}\nreplicas: 3\n"})
    document = found(run, platform)
    fields = {one["field"]: one["byValues"] for one in app(document)["fields"]}
    assert fields == {"spec.replicas": True, "spec.template.spec.containers[name=web].args": False}
    (value,) = app(document)["values"]
    assert (value["key"], value["here"], value["there"], value["set"]) == ("replicas", 1, 3, [False, True])
    assert value["places"] == [None, "envs/prod/web/values.yaml:2:1"]
    text = run("-C", platform, "envs").stdout
    assert "~ replicas: 1 (default) -> 3 (line 2)" in text
    assert "= 1 field of 1 object follow" in text
    assert "rendered otherwise, though no value of the app says so" in text
    assert "2 differences that nobody declared" in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= 80
    assert run("-C", platform, "envs").returncode == 0
    assert run("-C", platform, "envs", "--check").returncode == 1


def test_declared(platform: Path, run: Run) -> None:
    entry = "  - values: [replicas, gone]\n    why: prod carries the load\n"
    write(
        platform,
        {
            "presync.yaml": f"differences:\n{STRICT}{entry}",
            "envs/prod/web/values.yaml": "image: {tag: 1.0.0}\nreplicas: 3\n",
        },
    )
    assert run("-C", platform, "envs", "--check").returncode == 0
    assert "replicas" not in run("-C", platform, "envs").stdout
    everything = run("-C", platform, "envs", "--all").stdout
    assert "meant: prod carries the load" in everything and "spec.replicas" in everything
    write(platform, {"envs/prod/web/values.yaml": "image: {tag: 1.0.0}\n"})
    done = run("-C", platform, "envs", "--check")
    assert done.returncode == 1
    assert "differences[1] (prod carries the load)" in " ".join(done.stdout.split())


def test_keys_and_objects_only_one_has(platform: Path, run: Run) -> None:
    write(
        platform,
        {
            "envs/dev/web/values.yaml": "image: {tag: 1.0.0}\nextra: {a: 1}\n",
            "charts/web/templates/more.yaml": "{{ if .Values.extra }}\n"
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more}\n{{ end }}",
        },
    )
    document = app(found(run, platform))
    assert [(one["key"], one.get("here"), "there" in one) for one in document["values"]] == [("extra", {"a": 1}, False)]
    (gone,) = (one for one in document["fields"] if not one["field"])
    assert gone["resource"] == "ConfigMap web-dev/more" and gone["byValues"] and "there" not in gone


def test_prod_is_behind_since_dev_left_its_version(platform: Path, run: Run) -> None:
    git(platform, "init", "-q", "-b", "main")
    commit(platform, "one")
    for tag in ("1.1.0", "1.10.0"):
        write(platform, {"envs/dev/web/values.yaml": f"image:\n  tag: {tag}\n"})
        commit(platform, f"Run {tag} in dev")
    (version,) = app(found(run, platform))["versions"]
    assert (version["order"], version["values"]) == ("behind", ["1.10.0", "1.0.0"])
    assert version["places"] == ["envs/dev/web/values.yaml:2", "envs/prod/web/values.yaml:2"]
    assert version["since"]["subject"] == "Run 1.1.0 in dev"
    assert run("-C", platform, "envs", "--check").returncode == 0  # a version is on its way, not a difference
    assert "prod is behind since" in " ".join(run("-C", platform, "envs").stdout.split())
    write(platform, {"envs/prod/web/values.yaml": "image:\n  tag: 2.0.0\n"})
    (version,) = app(found(run, platform))["versions"]
    assert (version["order"], version["since"], version["sinceUnknown"]) == ("ahead", None, None)


def test_a_history_that_is_not_here(platform: Path, run: Run, tmp_path: Path) -> None:
    write(platform, {"envs/dev/web/values.yaml": "image:\n  tag: 1.1.0\n"})
    (version,) = app(found(run, platform))["versions"]
    assert version["sinceUnknown"] == "this is no git repository"
    git(platform, "init", "-q", "-b", "main")
    commit(platform, "one")
    write(platform, {"other": "x"})
    commit(platform, "two")
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{platform}", "shallow")
    (version,) = app(found(run, tmp_path / "shallow"))["versions"]
    assert version["since"] is None and "shallow" in version["sinceUnknown"]
    write(platform, {"envs/dev/web/values.yaml": "image:\n  tag: 1.2.0\n"})
    (version,) = app(found(run, platform))["versions"]
    assert version["sinceUnknown"] == "not committed yet"


def test_a_shallow_clone_that_has_only_the_last_step(platform: Path, run: Run, tmp_path: Path) -> None:
    """Prod has lacked 1.1.0 since before the clone begins: the commit of 1.2.0, which is here, is not the answer."""
    git(platform, "init", "-q", "-b", "main")
    commit(platform, "one")
    for tag in ("1.1.0", "1.2.0"):
        write(platform, {"envs/dev/web/values.yaml": f"image:\n  tag: {tag}\n"})
        commit(platform, f"Run {tag} in dev")
    git(tmp_path, "clone", "-q", "--depth", "2", f"file://{platform}", "shallow")
    (version,) = app(found(run, tmp_path / "shallow"))["versions"]
    assert version["since"] is None and "shallow" in version["sinceUnknown"]
    git(tmp_path / "shallow", "fetch", "-q", "--unshallow")
    (version,) = app(found(run, tmp_path / "shallow"))["versions"]
    assert version["since"]["subject"] == "Run 1.1.0 in dev"


def test_a_version_that_is_not_committed(platform: Path, run: Run) -> None:
    """The commit that brought prod's version to dev is not the one by which dev left it."""
    git(platform, "init", "-q", "-b", "main")
    commit(platform, "one")
    write(platform, {"envs/dev/web/values.yaml": "image:\n  tag: 1.1.0\n"})
    (version,) = app(found(run, platform))["versions"]
    assert (version["since"], version["sinceUnknown"]) == (None, "not committed yet")


def test_an_app_of_one_environment(platform: Path, run: Run) -> None:
    write(platform, {"envs/prod/more/app.yaml": "chart: web\n", "envs/prod/more/values.yaml": "{}\n"})
    done = run("-C", platform, "envs", "--check")
    assert (done.returncode, done.stdout.splitlines()[0]) == (1, "only in prod: more")
    entry = "  - application: more\n    only: prod\n    why: needed once only\n"
    write(platform, {"presync.yaml": f"differences:\n{STRICT}{entry}"})
    assert run("-C", platform, "envs", "--check").returncode == 0


def test_a_switch_among_the_shared_facts(platform: Path, run: Run) -> None:
    write(platform, {"envs/prod/globals.yaml": "global: {environment: prod, domain: example.com, trace: true}\n"})
    (value,) = app(found(run, platform), "(shared)")["values"]
    assert (value["key"], value["there"]) == ("global.trace", True)


def test_what_does_not_render_is_not_compared(platform: Path, run: Run) -> None:
    write(platform, {"envs/prod/web/values.yaml": "image: {tag: 1.0.0\n"})
    done = run("-C", platform, "envs")
    assert done.returncode == 2
    assert "not compared: web-prod: it does not render" in " ".join(done.stdout.split())


def test_markdown_mentions_nobody(platform: Path, run: Run) -> None:
    write(platform, {"envs/prod/web/values.yaml": "image: {tag: 1.0.0}\nlevel: '@team ``` <b>'\n"})
    text = run("-C", platform, "envs", "-o", "markdown").stdout
    assert text.count("```") == 2 and "<details><summary>web</summary>" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("dev",), "give two environments"),
        (("dev", "dev"), "dev is compared with itself"),
        (("dev", "test"), "there is no environment 'test'"),
        (("--app", "wbe"), "there is no app 'wbe'"),
    ],
)
def test_mistakes(platform: Path, run: Run, arguments: tuple[str, ...], message: str) -> None:
    done = run("-C", platform, "envs", *arguments)
    assert done.returncode == 2
    assert message in done.stderr.lower()


def test_three_environments(platform: Path, run: Run) -> None:
    write(
        platform,
        {
            "envs/test/globals.yaml": "global: {environment: test, domain: test.example.com}\n",
            "envs/test/web/app.yaml": "chart: web\n",
            "envs/test/web/values.yaml": "image: {tag: 1.0.0}\n",
        },
    )
    done = run("-C", platform, "envs")
    assert done.returncode == 2 and "there are 3 environments here: dev, prod, test" in done.stderr
    assert found(run, platform, "test", "prod")["environments"] == ["test", "prod"]


def test_one_environment(platform: Path, run: Run) -> None:
    for name in ("globals.yaml", "web/app.yaml", "web/values.yaml"):
        (platform / "envs/dev" / name).unlink()
    done = run("-C", platform, "envs")
    assert done.returncode == 2 and "nothing to compare with prod" in done.stderr


def test_a_line_that_has_moved_since_it_was_committed(platform: Path, run: Run) -> None:
    git(platform, "init", "-q", "-b", "main")
    commit(platform, "one")
    write(platform, {"envs/dev/web/values.yaml": "image:\n  tag: 1.1.0\n"})
    commit(platform, "Run 1.1.0 in dev")
    write(platform, {"envs/dev/web/values.yaml": "# not committed\nimage:\n  tag: 1.1.0\n"})
    (version,) = app(found(run, platform))["versions"]
    assert version["since"]["subject"] == "Run 1.1.0 in dev"


def test_no_filter_of_the_repository_runs(platform: Path, run: Run, tmp_path: Path) -> None:
    """git would run it to compare a file on the disk with what is committed."""
    git(platform, "init", "-q", "-b", "main")
    write(platform, {".gitattributes": "* filter=evil diff=evil\n"})
    commit(platform, "one")
    write(platform, {"envs/dev/web/values.yaml": "image:\n  tag: 1.1.0\n"})
    commit(platform, "two")
    ran = tmp_path / "ran"
    for key in ("filter.evil.clean", "filter.evil.smudge", "diff.evil.textconv", "diff.evil.command"):
        git(platform, "config", key, f"sh -c 'touch {ran}; cat'")
    write(platform, {"envs/dev/web/values.yaml": "# new\nimage:\n  tag: 1.1.0\n"})
    (version,) = app(found(run, platform))["versions"]
    assert version["since"]["subject"] == "two"
    done = run("-C", platform, "diff", "HEAD~1")
    assert "not committed, and counted all the same: envs/dev/web/values.yaml" in " ".join(done.stdout.split())
    assert not ran.exists()
