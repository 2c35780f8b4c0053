"""The shape of images/: what can be held without a container engine. `images/smoke.sh` tries the built ones."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import pin_image

ROOT = Path(__file__).resolve().parents[3]
IMAGES = ROOT / "images"
NAMES = sorted(path.parent.name for path in IMAGES.glob("*/Dockerfile"))
LOCKS = sorted(IMAGES.glob("*/*.lock"))
USERS = {"airflow": "50000:0", "feast": "10001:10001"}
# The distribution of an import that is called otherwise.
DISTRIBUTIONS = {"airflow": "apache-airflow", "ibis": "ibis-framework", "prometheus_client": "prometheus-client"}
# Come with another one: the module, and what brings it.
BROUGHT = {"botocore": "boto3", "duckdb": "ibis-framework", "fsspec": "s3fs", "jinja2": "apache-airflow"}


def instructions(name: str) -> list[tuple[str, str]]:
    """The Dockerfile's instructions, continued lines joined, without comments."""
    lines = (IMAGES / name / "Dockerfile").read_text("utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    joined = re.sub(r"\\\n\s*", " ", text)
    return [tuple(line.split(None, 1)) for line in joined.splitlines() if line.strip()]  # type: ignore[misc]


def pins(lock: Path) -> dict[str, set[str]]:
    """Each package with its versions."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([a-z0-9._-]+)==([^\s;]+)", lock.read_text("utf-8"), re.MULTILINE):
        found.setdefault(name, set()).add(version)
    return found


def asked(path: Path) -> dict[str, str]:
    """What a .in file asks for, each with what it says of the version."""
    lines = [line.split("#")[0].strip() for line in path.read_text("utf-8").splitlines()]
    wishes = [re.fullmatch(r"([a-z0-9-]+)(?:\[[a-z0-9,]+\])?(.*)", line) for line in lines if line and line[0] != "-"]
    assert all(wishes)
    return {wish[1]: wish[2] for wish in wishes if wish}


def test_both_images_are_known_to_the_tool() -> None:
    assert NAMES == sorted(pin_image.IMAGES) == sorted(USERS)


@pytest.mark.parametrize("name", NAMES)
def test_the_base_is_one_and_fixed(name: str) -> None:
    bases = [words for what, words in instructions(name) if what == "FROM"]
    outside = [words for words in bases if not re.fullmatch(r"base( AS \w+)?", words)]
    assert len(outside) == 1
    assert re.fullmatch(r"python:3\.12\.\d+-slim-trixie@sha256:[0-9a-f]{64} AS base", outside[0])
    assert len(bases) == 3


def test_both_have_the_same_base() -> None:
    assert len({instructions(name)[0] for name in NAMES}) == 1


@pytest.mark.parametrize("name", NAMES)
def test_the_last_stage_is_not_root_and_installs_nothing(name: str) -> None:
    found = instructions(name)
    last = found[[at for at, (what, _) in enumerate(found) if what == "FROM"][-1] :]
    assert [words for what, words in found if what == "USER"] == [USERS[name]]
    after = [what for what, _ in last[[what for what, _ in last].index("USER") :]]
    assert not {"RUN", "COPY"} & set(after)
    runs = " ".join(words for what, words in last if what == "RUN")
    assert not re.search(r"\b(pip|apt|apt-get|curl|wget) +(install|update|get|-|http)", runs)
    assert "pip uninstall" in runs
    assert not any(what == "ADD" or "--chown" in words for what, words in found)


@pytest.mark.parametrize("name", NAMES)
def test_installation_is_by_hash_from_wheels(name: str) -> None:
    (install,) = [
        words
        for what, words in instructions(name)
        if what == "RUN" and " install " in words and "pip" in words and "/opt/venv/bin/python" in words
    ]
    assert "--require-hashes --requirement /build/requirements.lock" in install
    assert "--only-binary=:all:" in install
    assert "index-url" not in install


@pytest.mark.parametrize("name", NAMES)
def test_what_is_copied_exists_and_is_all_that_the_context_holds(name: str) -> None:
    copied = set()
    for what, words in instructions(name):
        if what == "COPY" and "--from" not in words:
            copied |= set([word for word in words.split() if not word.startswith("--")][:-1])
    assert all((IMAGES / name / source).is_file() for source in copied)
    rules = [
        line for line in (IMAGES / name / ".dockerignore").read_text("utf-8").splitlines() if line[:1] not in ("", "#")
    ]
    assert rules[0] == "*"
    assert {rule[1:] for rule in rules[1:]} == copied


def test_the_commands_are_lists() -> None:
    for name in NAMES:
        for what, words in instructions(name):
            if what in {"CMD", "ENTRYPOINT"}:
                assert yaml.safe_load(words), words


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_locks_hold_versions_and_hashes_alone(lock: Path) -> None:
    text = lock.read_text("utf-8")
    assert "://" not in text
    assert not re.search(r"^-", text, re.MULTILINE)
    for block in re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]:
        assert re.match(r"[a-z0-9._-]+==[^\s;]+( ;[^\\]+)? \\\n", block), block
        assert block.count("--hash=sha256:") >= 1, block
    several = {name: versions for name, versions in pins(lock).items() if len(versions) > 1}
    assert not several, "tests on one Python would see another version than the image has"


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_locks_are_of_their_in_files(lock: Path) -> None:
    locked = pins(lock)
    for name, wish in asked(lock.with_suffix(".in")).items():
        assert name in locked, f"{name}: run make lock"
        if wish.startswith("=="):
            assert locked[name] == {wish[2:]}, f"{name}: run make lock"


@pytest.mark.parametrize(
    ("inner", "outer"), [("requirements", "requirements-test"), ("requirements-test", "requirements-spark")]
)
def test_test_sets_move_nothing_of_the_image(inner: str, outer: str) -> None:
    have, more = pins(IMAGES / "airflow" / f"{inner}.lock"), pins(IMAGES / "airflow" / f"{outer}.lock")
    assert {name: more.get(name) for name in have} == have


def test_both_images_write_and_read_with_the_same_versions() -> None:
    airflow, feast = pins(IMAGES / "airflow" / "requirements.lock"), pins(IMAGES / "feast" / "requirements.lock")
    for name in ("pandas", "pyarrow", "numpy", "s3fs", "botocore"):
        assert airflow[name] == feast[name], name


def test_the_charts_default_to_the_locked_version() -> None:
    feast = yaml.safe_load((ROOT / "charts" / "feast" / "values.yaml").read_text("utf-8"))["image"]["tag"]
    airflow = yaml.safe_load((ROOT / "charts" / "airflow" / "values.yaml").read_text("utf-8"))["airflowVersion"]
    assert pins(IMAGES / "feast" / "requirements.lock")["feast"] == {feast}
    assert pins(IMAGES / "airflow" / "requirements.lock")["apache-airflow"] == {airflow}


def test_users_are_those_of_the_charts() -> None:
    feast = yaml.safe_load((ROOT / "charts" / "feast" / "values.yaml").read_text("utf-8"))["podSecurityContext"]
    airflow = yaml.safe_load((ROOT / "charts" / "airflow" / "values.yaml").read_text("utf-8"))
    assert USERS["feast"] == f"{feast['runAsUser']}:{feast['runAsGroup']}"
    assert USERS["airflow"] == f"{airflow['uid']}:{airflow['gid']}"


def imported(path: Path) -> set[str]:
    """The top-level names of all imports in a file."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            found.add(node.module.split(".")[0])
    return found


def test_what_the_dags_import_is_asked_for() -> None:
    """By name: what only comes along with another package may go with it."""
    files = [*ROOT.glob("dags/*.py"), *ROOT.glob("dags/mlops_lib/**/*.py")]
    assert files
    own = {"mlops_lib", "pyspark"} | {path.stem for path in files}  # Spark is an engine of other workers
    outside = {name for path in files for name in imported(path)} - set(sys.stdlib_module_names) - own
    wishes = set(asked(IMAGES / "airflow" / "requirements.in"))
    missing = {name for name in outside if BROUGHT.get(name, DISTRIBUTIONS.get(name, name)) not in wishes}
    assert not missing


def workflow(name: str) -> dict[str, Any]:
    loaded = yaml.safe_load((ROOT / ".github" / "workflows" / f"{name}.yaml").read_text("utf-8"))
    assert isinstance(loaded, dict)
    return loaded


@pytest.mark.parametrize("name", ["images", "promote"])
def test_secrets_are_for_jobs_of_main(name: str) -> None:
    for job_name, job in workflow(name)["jobs"].items():
        text = yaml.safe_dump(job)
        privileged = "secrets." in text or "write" in job["permissions"].values()
        if not privileged:
            continue
        assert job["environment"] == "images", job_name
        gates = [job.get("if", ""), *(workflow(name)["jobs"][need].get("if", "") for need in needs(job))]
        assert any("github.ref == 'refs/heads/main'" in gate for gate in gates), job_name


def needs(job: dict[str, Any]) -> list[str]:
    value = job.get("needs", [])
    return [value] if isinstance(value, str) else value


@pytest.mark.parametrize("name", ["images", "promote"])
def test_nothing_is_granted_to_all_jobs(name: str) -> None:
    text = (ROOT / ".github" / "workflows" / f"{name}.yaml").read_text("utf-8")
    assert workflow(name)["permissions"] == {}
    assert "pull_request_target" not in text
    for used in re.findall(r"uses: (\S+)(.*)", text):
        assert re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}", used[0])
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", used[1])


def test_nothing_is_pushed_before_it_was_tried() -> None:
    steps = [yaml.safe_dump(step) for step in workflow("images")["jobs"]["publish"]["steps"]]

    def at(what: str) -> int:
        (found,) = [number for number, step in enumerate(steps) if what in step]
        return found

    assert at("docker build") < at("smoke.sh") < at("sbom-action") < at("scan-action") < at("docker push")
    first_secret = min(number for number, step in enumerate(steps) if "secrets." in step)
    assert first_secret == at("docker push")
