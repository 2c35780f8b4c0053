"""Remote charts: the lock file, the cache, ``presync vendor``, and rendering from it."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from presync.commands import cli
from presync.engine import Chart, Engine
from presync.render.archive import ArchiveError, unpack
from presync.render.download import Downloader, DownloadError
from presync.render.semver import VersionError, Versions
from presync.render.vendor import Locked, LockError, parse_lock, write_lock
from presync.render.wanted import wanted
from presync.settings import Settings
from tests.render.support import URL, Repo, application, data, made

CHARTS = "https://charts.example.com/stable"
CONFIG = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: "{{ .Release.Name }}"}
data: {values: {{ toJson .Values | quote }}, version: {{ .Chart.Version }}}
"""


def packed(name: str = "web", version: str = "1.2.0", **files: str) -> bytes:
    """A chart as `helm package` packs it."""
    content = {
        "Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: {version}\n",
        "values.yaml": "color: none\n",
        "templates/a.yaml": CONFIG,
        **files,
    }
    return Chart(name, {path: text.encode() for path, text in content.items()}).archive()


def locked(repo: Repo, *charts: tuple[str, str, bytes], url: str = CHARTS) -> None:
    """Put charts into the cache and the lock file."""
    entries = []
    for name, version, archive in charts:
        digest = hashlib.sha256(archive).hexdigest()
        repo.write({f".cache/charts/{digest}.tgz": archive})
        entries.append(Locked(url, name, version, digest))
    repo.write({"charts.lock.yaml": write_lock(entries)})


def remote(version: str = "1.2.0", chart: str = "web", **more: Any) -> dict[str, Any]:
    return {"repoURL": CHARTS, "chart": chart, "targetRevision": version, **more}


def test_a_remote_chart_with_values_of_this_repository(repo: Repo) -> None:
    locked(repo, ("web", "1.2.0", packed()))
    repo.write({"envs/dev.yaml": "color: red\n"})
    sources = [remote(helm={"valueFiles": ["values.yaml", "$values/envs/dev.yaml"]}), {"repoURL": URL, "ref": "values"}]
    rendered = repo.render(made("app", "apps", sources=sources))
    assert data(rendered)[0]["data"] == {"values": '{"color":"red"}', "version": "1.2.0"}
    assert rendered.resources[0].source.file == f"{CHARTS}/web:1.2.0/templates/a.yaml"
    assert rendered.reads == {"envs/dev.yaml"}
    assert not rendered.problems


def test_value_files_of_a_remote_chart_stay_in_it(repo: Repo) -> None:
    locked(repo, ("web", "1.2.0", packed(**{"more.yaml": "color: blue\n"})))
    rendered = repo.render(made("app", "apps", source=remote(helm={"valueFiles": ["/more.yaml"]})))
    assert data(rendered)[0]["data"]["values"] == '{"color":"blue"}'
    rendered = repo.render(made("app", "apps", source=remote(helm={"valueFiles": ["../x.yaml"]})))
    assert "resolved to outside repository root" in rendered.error


def test_a_range_is_answered_by_the_lock_file_and_noticed(repo: Repo) -> None:
    locked(repo, ("web", "1.2.0", packed()), ("web", "1.10.0", packed(version="1.10.0")), ("web", "2.0.0", packed()))
    rendered = repo.render(made("app", "apps", source=remote("1.*")))
    assert data(rendered)[0]["data"]["version"] == "1.10.0"
    assert [one.kind for one in rendered.problems] == ["chart-version-range"]
    assert "1.10.0" in rendered.problems[0].remedy
    assert "web 3.* of" in repo.render(made("app", "apps", source=remote("3.*"))).unavailable
    assert not repo.render(made("app", "apps", source=remote("v1.2.0"))).problems, "another spelling of one version"


def test_what_the_cache_holds_must_be_what_was_locked(repo: Repo) -> None:
    archive = packed()
    locked(repo, ("web", "1.2.0", archive))
    repo.write({f".cache/charts/{hashlib.sha256(archive).hexdigest()}.tgz": packed(version="6.6.6")})
    rendered = repo.render(made("app", "apps", source=remote()))
    assert "its digest differs" in rendered.unavailable
    assert "presync vendor" in rendered.problems[0].remedy


def test_dependencies_come_from_the_cache(repo: Repo) -> None:
    locked(repo, ("web", "1.2.0", packed()))
    repo.chart({}).write(
        {
            "charts/web/Chart.yaml": "apiVersion: v2\nname: parent\nversion: 0.1.0\ndependencies:\n"
            f"  - {{name: web, version: 1.x, repository: '{CHARTS}'}}\n"
        }
    )
    assert data(repo.render(application(path="charts/web")))[0]["data"]["version"] == "1.2.0"
    repo.write({"charts.lock.yaml": "charts: []\n"})
    assert [one.kind for one in repo.render(application(path="charts/web")).problems] == ["chart-cache"]


def test_the_lock_file_reads_what_it_writes() -> None:
    entries = (Locked("oci://r.example.com/x", "b", "1.10", "a" * 64), Locked(CHARTS, "a", "2.0.0", "b" * 64))
    assert sorted(parse_lock(write_lock(entries))) == sorted(entries)
    assert parse_lock(write_lock(())) == ()


def test_a_broken_lock_file_is_said_where_a_chart_is_needed(repo: Repo) -> None:
    repo.write({"charts.lock.yaml": "charts: {}\n"})
    (problem,) = repo.render(made("app", "apps", source=remote())).problems
    assert (problem.kind, problem.location.file) == ("chart-lock", "charts.lock.yaml")


def test_a_conflict_in_the_lock_file_is_named_with_its_line(repo: Repo) -> None:
    repo.write({"charts.lock.yaml": "charts:\n<<<<<<< HEAD\n  - repoURL: x\n=======\n"})
    (problem,) = repo.render(made("app", "apps", source=remote())).problems
    assert (problem.kind, str(problem.location)) == ("chart-lock", "charts.lock.yaml:2")


@pytest.mark.parametrize(
    "text",
    [
        "charts: {}",
        "charts: [{chart: a}]",
        "charts: [",
        "charts: [{repoURL: a, chart: b, version: c, sha256: ../../x}]",
    ],
)
def test_a_malformed_lock_file(text: str) -> None:
    with pytest.raises(LockError):
        parse_lock(text)


def _tar(*members: tuple[str, bytes, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content, link in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            if link:
                info.type, info.linkname = tarfile.SYMTYPE, link
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def test_archives_that_mean_harm() -> None:
    for archive in (
        b"",
        b"no archive",
        packed()[:-20],
        _tar(("web/../../etc/x", b"x", "")),
        _tar(("/etc/x", b"x", "")),
        _tar(("Chart.yaml", b"x", "")),
    ):
        with pytest.raises(ArchiveError):
            unpack(archive)
    tree = unpack(_tar(("web/Chart.yaml", b"name: web", ""), ("web/link", b"", "/etc/passwd")))
    assert tree.escaping_links == ("link",)
    bomb = io.BytesIO()
    with tarfile.open(fileobj=bomb, mode="w:gz") as tar:
        info = tarfile.TarInfo("web/zero")
        info.size = 300 * 1024 * 1024
        tar.addfile(info, _Zeros(info.size))  # type: ignore[arg-type]
    with pytest.raises(ArchiveError, match="unpacks to more than"):
        unpack(bomb.getvalue())


class _Zeros(io.RawIOBase):
    def __init__(self, size: int) -> None:
        self.left = size

    def read(self, size: int = -1) -> bytes:
        size = min(size, self.left)
        self.left -= size
        return bytes(size)


def test_versions(engine: Engine) -> None:
    versions = Versions(engine)
    assert versions.satisfies("~1.2", "1.2.9")
    assert not versions.satisfies("~1.2", "1.3.0")
    assert not versions.satisfies(">=1.0.0", "2.0.0-rc.1"), "a pre-release fits only a range that names one"
    assert versions.satisfies(">=1.0.0-0", "2.0.0-rc.1")
    assert versions.greatest(["1.9.0", "1.10.0", "nonsense", "1.10.0-rc.1"]) == "1.10.0"
    assert versions.greatest([]) == ""
    assert versions.is_version("v1.2")
    assert not versions.is_version("1.*")
    with pytest.raises(VersionError):
        versions.satisfies("not a constraint", "1.0.0")


class Network:
    """Answers by address; what is not there is a 404."""

    def __init__(self, **pages: bytes | int) -> None:
        self.pages: dict[str, bytes | int] = dict(pages)
        self.seen: list[str] = []

    def __call__(self, url: str, headers: Mapping[str, str], limit: int) -> tuple[int, Mapping[str, str], bytes]:
        self.seen.append(url)
        if url.startswith("https://registry.example.com/v2/") and "Authorization" not in headers:
            realm = 'Bearer realm="https://auth.example.com/token",service="r",scope="repository:x:pull"'
            return 401, {"www-authenticate": realm}, b""
        page = self.pages.get(url.partition("?")[0])
        if not isinstance(page, bytes):
            raise DownloadError(f"{url}: 404")
        return 200, {}, page


def test_download_from_a_repository(engine: Engine) -> None:
    archive = packed()
    index = {
        "entries": {
            "web": [
                {"version": "1.2.0", "urls": ["web-1.2.0.tgz"], "digest": hashlib.sha256(archive).hexdigest()},
                {"version": "1.1.0", "urls": ["https://elsewhere.example.com/web.tgz"], "digest": "0" * 64},
            ]
        }
    }
    network = Network(
        **{
            f"{CHARTS}/index.yaml": json.dumps(index).encode(),
            f"{CHARTS}/web-1.2.0.tgz": archive,
            "https://elsewhere.example.com/web.tgz": archive,
        }
    )
    downloader = Downloader(engine, Versions(engine), network)
    assert downloader.fetch(CHARTS, "web", "1.*", False) == ("1.2.0", archive)
    with pytest.raises(DownloadError, match="its digest differs"):
        downloader.fetch(CHARTS, "web", "1.1.0", False)
    with pytest.raises(DownloadError, match=r"none of its 2 versions fits 2\.x"):
        downloader.fetch(CHARTS, "web", "2.x", False)
    with pytest.raises(DownloadError, match="none of its 0 versions"):
        downloader.fetch(CHARTS, "nope", "1.0.0", False)
    assert network.seen.count(f"{CHARTS}/index.yaml") == 1


def test_download_from_a_registry(engine: Engine) -> None:
    archive = packed()
    digest = f"sha256:{hashlib.sha256(archive).hexdigest()}"
    manifest = {"layers": [{"mediaType": "application/vnd.cncf.helm.chart.content.v1.tar+gzip", "digest": digest}]}
    api = "https://registry.example.com/v2/team/web"
    network = Network(
        **{
            "https://auth.example.com/token": b'{"token": "t"}',
            f"{api}/tags/list": b'{"tags": ["1.2.0", "1.3.0_build", "latest"]}',
            f"{api}/manifests/1.2.0": json.dumps(manifest).encode(),
            f"{api}/manifests/1.3.0_build": json.dumps(manifest).encode(),
            f"{api}/blobs/{digest}": archive,
        }
    )
    downloader = Downloader(engine, Versions(engine), network)
    assert downloader.fetch("oci://registry.example.com/team", "web", "1.2.0", True) == ("1.2.0", archive)
    assert downloader.fetch("registry.example.com/team", "web", "1.*", True) == ("1.3.0+build", archive)
    network.pages[f"{api}/blobs/{digest}"] = b"another"
    with pytest.raises(DownloadError, match="another blob"):
        downloader.fetch("registry.example.com/team", "web", "1.2.0", True)


def test_only_https(engine: Engine) -> None:
    downloader = Downloader(engine, Versions(engine))
    for url in ("http://charts.example.com", "file:///etc"):
        with pytest.raises(DownloadError, match="is not https"):
            downloader.fetch(url, "web", "1.0.0", False)


def test_what_is_wanted(repo: Repo) -> None:
    repo.write(
        {
            "charts/a/Chart.yaml": f"name: a\ndependencies: [{{name: dep, version: 1.x, repository: '{CHARTS}'}}]\n",
            "charts/b/Chart.yaml": f"name: b\ndependencies: [{{name: dep, version: 1.x, repository: '{CHARTS}'}}]\n",
            "charts/b/Chart.lock": f"dependencies: [{{name: dep, version: 1.5.0, repository: '{CHARTS}'}}]\n",
            "charts/c/Chart.yaml": "name: c\ndependencies: [{name: x, version: 1.x, repository: 'file://../a'}]\n",
        }
    )
    applications = [
        made("one", "x", source=remote()),
        made("two", "x", source=remote()),
        made("three", "x", source={"repoURL": "oci://r.example.com/team/web", "path": ".", "targetRevision": "3.0.0"}),
        made("four", "x", source={"repoURL": "r.example.com/team", "chart": "api", "targetRevision": "4.0.0"}),
        application(path="m"),
    ]
    found = wanted(applications, repo.context().repositories.head, Settings())
    assert [(one.repo_url, one.chart, one.version, one.oci) for one in found] == [
        (CHARTS, "dep", "1.5.0", False),
        (CHARTS, "dep", "1.x", False),
        (CHARTS, "web", "1.2.0", False),
        ("oci://r.example.com/team", "web", "3.0.0", True),
        ("r.example.com/team", "api", "4.0.0", True),
    ]


APPLICATION = f"""\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: web, namespace: argocd}}
spec:
  project: default
  destination: {{server: https://kubernetes.default.svc, namespace: web}}
  source: {{repoURL: {CHARTS}, chart: web, targetRevision: 1.2.0}}
"""


def test_the_command_fills_the_cache_from_a_folder(tmp_path: Path) -> None:
    root, source = tmp_path / "repository", tmp_path / "packed"
    root.mkdir()
    source.mkdir()
    (root / "presync.yaml").write_text(f"repository: [{URL}]\n")
    (root / "app.yaml").write_text(APPLICATION)
    (source / "web-1.2.0.tgz").write_bytes(packed())

    def run(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(
            cli, ["-C", str(root), "vendor", "--from", str(source), *arguments], standalone_mode=False
        )
        return int(done.return_value or 0), done.output

    code, output = run()
    assert code == 0, output
    digest = hashlib.sha256(packed()).hexdigest()
    assert parse_lock((root / "charts.lock.yaml").read_text()) == (Locked(CHARTS, "web", "1.2.0", digest),)
    assert (root / f".cache/charts/{digest}.tgz").read_bytes() == packed()
    assert "in the cache" in run()[1]
    (root / f".cache/charts/{digest}.tgz").unlink()
    (source / "web-1.2.0.tgz").write_bytes(packed(**{"templates/b.yaml": CONFIG}))
    code, output = run()
    assert code == 1
    assert "is not the chart that was locked" in output
    assert run("--update")[0] == 0
    assert parse_lock((root / "charts.lock.yaml").read_text())[0].sha256 != digest
    (root / "app.yaml").unlink()
    assert run("--prune")[0] == 0
    assert parse_lock((root / "charts.lock.yaml").read_text()) == ()


def test_the_command_says_what_it_could_not_get(tmp_path: Path) -> None:
    (tmp_path / "packed").mkdir()
    (tmp_path / "app.yaml").write_text(APPLICATION)
    done = CliRunner().invoke(
        cli, ["-C", str(tmp_path), "vendor", "--from", str(tmp_path / "packed")], standalone_mode=False
    )
    assert done.return_value == 1
    assert "holds no web 1.2.0" in done.output
