"""tools/pin_image.py: what it writes, what it leaves alone, what it refuses."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import pin_image

ROOT = Path(__file__).resolve().parents[3]
DIGEST = f"sha256:{'0' * 63}1"
OTHER = f"sha256:{'0' * 63}2"
REPOSITORY = "registry.example.com/mlops/feast"
WISH = {"repository": REPOSITORY, "tag": "0.67.0-abc", "digest": DIGEST}
CHART = "image: {repository: r, tag: t, digest: '', pullPolicy: IfNotPresent}\n"
VALUES = """\
# yaml-language-server: $schema=x
# Above.
server:
  replicaCount: 1   # beside
  list:
    - 'quoted'
    - plain

ingress:
  enabled: true
# At the end.
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A repository with feast in dev and prod, and airflow whose chart knows no image."""
    for env in ("dev", "prod"):
        for app, chart in (("feast", "feast"), ("airflow", "namespace")):
            folder = tmp_path / "envs" / env / app
            folder.mkdir(parents=True)
            (folder / "app.yaml").write_text(f"chart: {chart}\n")
            (folder / "values.yaml").write_text(VALUES)
    for chart, values in (("feast", CHART), ("namespace", "networkPolicy: {}\n")):
        (tmp_path / "charts" / chart).mkdir(parents=True)
        (tmp_path / "charts" / chart / "values.yaml").write_text(values)
    shutil.copytree(ROOT / "images", tmp_path / "images")
    return tmp_path


def values(tree: Path, env: str = "dev", app: str = "feast") -> Path:
    return tree / "envs" / env / app / "values.yaml"


def run(tree: Path, *arguments: str) -> int:
    return pin_image.main(arguments, tree)


def pin(tree: Path, env: str = "dev", name: str = "feast", **changes: str) -> int:
    wish = WISH | changes
    return run(tree, "pin", name, env, *(f"--{field}={value}" for field, value in wish.items()))


def test_it_adds_the_key_and_touches_nothing_else(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert pin(tree) == 0
    assert capsys.readouterr().out == "envs/dev/feast/values.yaml: changed\n"
    text = values(tree).read_text()
    before = VALUES.splitlines()
    added = [line for line in text.splitlines() if line not in before]
    assert added == ["image:", f"  repository: {REPOSITORY}", "  tag: 0.67.0-abc", f"  digest: {DIGEST}"]
    assert [line for line in text.splitlines() if line in before] == before
    assert yaml.safe_load(text)["image"] == WISH


def test_a_second_time_writes_nothing(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pin(tree)
    stat = values(tree).stat()
    assert pin(tree) == 0
    assert capsys.readouterr().out.endswith("values.yaml: unchanged\n")
    assert (values(tree).stat().st_ino, values(tree).stat().st_mtime_ns) == (stat.st_ino, stat.st_mtime_ns)


def test_a_new_digest_changes_two_lines(tree: Path) -> None:
    pin(tree)
    before = values(tree).read_text()
    assert pin(tree, tag="0.67.0-def", digest=OTHER) == 0
    assert values(tree).read_text() == before.replace("0.67.0-abc", "0.67.0-def").replace(DIGEST, OTHER)


def test_what_stands_beside_it_stays(tree: Path) -> None:
    values(tree).write_text("image:\n  pullPolicy: Always  # why\n  tag: '1'\n")
    assert pin(tree) == 0
    text = values(tree).read_text()
    assert "pullPolicy: Always  # why\n" in text
    assert yaml.safe_load(text)["image"] == {"pullPolicy": "Always", **WISH}


def test_a_tag_that_looks_like_a_number_stays_text(tree: Path) -> None:
    assert pin(tree, tag="1e3") == 0
    assert yaml.safe_load(values(tree).read_text())["image"]["tag"] == "1e3"
    assert '"1e3"' in values(tree).read_text() or "'1e3'" in values(tree).read_text()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"digest": "sha256:abc"}, "sha256: and 64 hex digits"),
        ({"digest": ""}, "sha256: and 64 hex digits"),
        ({"digest": DIGEST.upper()}, "sha256: and 64 hex digits"),
        ({"tag": "latest"}, "not latest"),
        ({"tag": "a b"}, "a version"),
        ({"tag": "0.67.0\n"}, "a version"),
        ({"repository": "feast"}, "host/path"),
        ({"repository": f"{REPOSITORY}:1"}, "host/path"),
        ({"repository": f"{REPOSITORY}@{DIGEST}"}, "host/path"),
    ],
)
def test_values_of_another_form_are_refused(
    tree: Path, capsys: pytest.CaptureFixture[str], changes: dict[str, str], said: str
) -> None:
    assert pin(tree, **changes) == 2
    assert said in capsys.readouterr().err
    assert values(tree).read_text() == VALUES


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("image:\n  digset: x\n", "the chart does not know image.digset"),
        ("image: registry.example.com/mlops/feast:1\n", "image is no mapping"),
        ("- a list\n", "no mapping"),
        ("image: {tag: a, tag: b}\n", "duplicate key"),
        ("image: {\n", "values.yaml"),
    ],
)
def test_files_of_another_form_are_refused(
    tree: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    values(tree).write_text(text)
    assert pin(tree) == 2
    assert said in capsys.readouterr().err
    assert values(tree).read_text() == text


def test_a_key_that_the_chart_does_not_have_is_refused(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert pin(tree, name="airflow") == 2
    assert "charts/namespace has no images.airflow with repository, tag and digest" in capsys.readouterr().err
    assert values(tree, app="airflow").read_text() == VALUES


def test_an_environment_without_the_app_is_refused(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert pin(tree, env="staging") == 2
    assert "envs/staging/feast/app.yaml does not exist" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_stays_whole(
    tree: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert pin(tree) == 2
    assert "No space left on device" in capsys.readouterr().err
    assert values(tree).read_text() == VALUES
    assert [path.name for path in sorted(values(tree).parent.iterdir())] == ["app.yaml", "values.yaml"]


def test_promotion_copies_all_three(tree: Path) -> None:
    pin(tree)
    assert run(tree, "promote", "feast", "--from=dev", "--to=prod") == 0
    assert values(tree, "prod").read_text() == values(tree).read_text()


def test_there_is_nothing_to_promote_before_dev_is_pinned(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tree, "promote", "feast", "--from=dev", "--to=prod") == 0
    assert "nothing to promote" in capsys.readouterr().err
    assert values(tree, "prod").read_text() == VALUES


def test_half_an_image_is_not_promoted(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    values(tree).write_text(f"image:\n  digest: {DIGEST}\n")
    assert run(tree, "promote", "feast", "--from=dev", "--to=prod") == 2
    assert "image.repository is not written there" in capsys.readouterr().err


def test_the_tag_follows_what_the_image_is_made_of(tree: Path) -> None:
    before = pin_image.tag(tree, "feast")
    assert before.startswith("0.67.0-")
    (tree / "images" / "feast" / "requirements.in").write_text("")
    (tree / "images" / "smoke.sh").write_text("")
    assert pin_image.tag(tree, "feast") == before
    seen = {before}
    for path in pin_image.sources(tree, "feast"):
        text = path.read_text()
        path.write_text(text + "# changed\n")
        seen.add(pin_image.tag(tree, "feast"))
        path.write_text(text)
    assert len(seen) == 1 + len(pin_image.sources(tree, "feast")) == 4


def test_wanted_is_what_dev_does_not_name(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tree, "wanted") == 0
    out, err = capsys.readouterr()
    assert out == '["feast"]\n'
    assert "airflow is left out: envs/dev/airflow/app.yaml: charts/namespace has no images.airflow" in err
    pin(tree, tag=pin_image.tag(tree, "feast"))
    capsys.readouterr()
    assert run(tree, "wanted") == 0
    assert capsys.readouterr().out == "[]\n"


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("envs/*/*/values.yaml")), ids=lambda path: "-".join(path.parts[-3:-1])
)
def test_every_values_file_here_would_keep_its_form(path: Path) -> None:
    text = path.read_text("utf-8")
    written = pin_image.io.StringIO()
    pin_image._yaml(text).dump(pin_image._load(path), written)
    assert written.getvalue() == text


@pytest.mark.parametrize("name", sorted(pin_image.IMAGES))
@pytest.mark.parametrize("env", ["dev", "prod"])
def test_the_charts_here_have_the_key(name: str, env: str) -> None:
    """And name the repository that the workflow pushes to."""
    pin_image.read(ROOT, name, env)
    place = yaml.safe_load((ROOT / "charts" / name / "values.yaml").read_text("utf-8"))
    for key in pin_image.IMAGES[name].key:
        place = place[key]
    assert place["repository"] == f"registry.example.com/mlops/{name}"


def test_as_a_program(tree: Path) -> None:
    program = [sys.executable, str(ROOT / "tools" / "pin_image.py")]
    done = subprocess.run([*program, "tag", "feast"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == pin_image.tag(ROOT, "feast")
    wrong = subprocess.run([*program, "pin", "other", "dev"], capture_output=True, text=True, check=False)
    assert wrong.returncode == 2
