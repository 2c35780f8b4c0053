"""The verbs as a user meets them: results on standard output, reasons on standard error, honest exit statuses."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import jsonschema_rs
import pytest
import yaml

import presync
from presync.base import goyaml

from .conftest import PRESYNC, SET, TREE, Run, write

SCHEMA = json.loads((Path(presync.__file__).parent / "report" / "check.schema.json").read_text())


def test_apps(tree: Path, run: Run) -> None:
    done = run("-C", tree, "apps")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["APPLICATION", "ENV", "PROJECT", "DESTINATION", "SOURCE", "SYNC"]
    assert [line.split()[0:3] for line in lines[1:]] == [["web-dev", "dev", "default"], ["web-prod", "prod", "default"]]
    assert [one["metadata"]["name"] for one in json.loads(run("-C", tree, "apps", "-o", "json").stdout)] == [
        "web-dev",
        "web-prod",
    ]
    assert run("-C", tree, "apps", "-o", "name", "--env", "prod").stdout == "web-prod\n"


def test_apps_out(tree: Path, run: Run, tmp_path: Path) -> None:
    write(tree, {"apps/bad.yaml": SET.replace("name: all", "name: bad").replace(".chart", ".chrat")})
    done = run("-C", tree, "apps", "--out", tmp_path / "out")
    assert done.returncode == 1
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "applicationset.bad.error",
        "web-dev.yaml",
        "web-prod.yaml",
    ]
    assert "map has no entry for key" in (tmp_path / "out/applicationset.bad.error").read_text()
    assert "chrat" in done.stderr


def test_render(tree: Path, run: Run, tmp_path: Path) -> None:
    done = run("-C", tree, "render", "web-dev")
    assert done.returncode == 0
    assert [document.data["data"] for document in goyaml.documents(done.stdout)] == [{"level": "debug"}]
    done = run("-C", tree, "render", "--out", tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["web-dev.yaml", "web-prod.yaml"]
    assert yaml.safe_load((tmp_path / "out/web-prod.yaml").read_text())["data"] == {"level": "info"}
    run("-C", tree, "render", "--out", tmp_path / "split", "--split")
    assert (tmp_path / "split/web-dev/web-dev_ConfigMap_web-dev.yaml").is_file()


def test_render_out_replaces_what_it_wrote_before(tree: Path, run: Run, tmp_path: Path) -> None:
    run("-C", tree, "render", "--out", tmp_path / "out")
    write(tree, {"envs/dev/web/values.yaml": "level: [\n"})
    done = run("-C", tree, "render", "--out", tmp_path / "out")
    assert done.returncode == 1
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["web-dev.error", "web-prod.yaml"]
    assert "values.yaml" in (tmp_path / "out/web-dev.error").read_text()


def test_check_clean(tree: Path, run: Run) -> None:
    done = run("-C", tree, "check", "-o", "json")
    document = json.loads(done.stdout)
    jsonschema_rs.validator_for(SCHEMA).validate(document)
    assert [finding for finding in document["findings"] if finding["severity"] != "info"] == []
    assert done.returncode == 0
    assert {one["name"]: one["resources"] for one in document["applications"]} == {"web-dev": 1, "web-prod": 1}


def test_check_text_fits_80_columns(tree: Path, run: Run) -> None:
    write(tree, {"charts/web/templates/config.yaml": TREE["charts/web/templates/config.yaml"] + "dta: {}\n"})
    done = run("-C", tree, "check", COLUMNS="80")
    assert done.returncode == 1
    assert "dta" in done.stdout and "ConfigMap web-dev/web-dev" in done.stdout
    assert "\x1b" not in done.stdout
    assert max(len(line) for line in done.stdout.splitlines()) <= 80


def test_a_generator_without_files_is_no_pass(tree: Path, run: Run) -> None:
    write(tree, {"apps/all.yaml": SET.replace("envs/*/*/app.yaml", "env/*/*/app.yaml")})
    done = run("-C", tree, "check")
    assert done.returncode != 0
    assert "apps/all.yaml" in done.stdout


def test_an_empty_tree_is_no_pass(tmp_path: Path, run: Run) -> None:
    done = run("-C", tmp_path, "check")
    assert done.returncode == 2
    assert "no Application" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["chek"], "Did you mean check?"),
        (["check", "web-dve"], "Did you mean web-dev"),
        (["check", "--env", "prd"], "Environments here: dev, prod"),
        (["render", "--split"], "--split needs --out"),
        (["explain", "K8S999"], "presync rules"),
    ],
)
def test_mistakes_get_a_sentence(tree: Path, run: Run, arguments: list[str], part: str) -> None:
    done = run("-C", tree, *arguments)
    assert done.returncode == 2
    assert part in done.stderr
    assert "Traceback" not in done.stderr


def test_wrong_folder(run: Run, tmp_path: Path) -> None:
    done = run("-C", tmp_path / "nope", "check")
    assert (done.returncode, "is not a folder" in done.stderr) == (2, True)


def test_unwritable_output(tree: Path, run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run("-C", tree, "render", "--out", tmp_path / "file" / "below")
    assert (done.returncode, "cannot write" in done.stderr) == (2, True)


def test_settings_mistake(tree: Path, run: Run) -> None:
    write(tree, {"presync.yaml": "brnch: main\n"})
    done = run("-C", tree, "check")
    assert done.returncode == 2
    assert "brnch" in done.stderr and "Traceback" not in done.stderr


def test_a_reader_that_leaves_early_is_no_error(tree: Path) -> None:
    process = subprocess.Popen([PRESYNC, "-C", tree, "render"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    assert process.wait(timeout=60) in (0, 141)
    assert b"Traceback" not in process.stderr.read()


def test_deterministic(tree: Path, run: Run) -> None:
    assert len({run("-C", tree, "render").stdout for _ in range(3)}) == 1


def test_help_names_every_verb(run: Run) -> None:
    text = run("--help").stdout
    for verb in ("apps", "render", "check", "explain", "rules", "vendor", "seal", "rotate"):
        assert verb in text
        assert run(verb, "--help").returncode == 0


def test_explain_a_field(tree: Path, run: Run) -> None:
    done = run("-C", tree, "explain", "web-dev/ConfigMap/web-dev.data.level")
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["set", "by", "envs/dev/web/values.yaml:1:1"] in rows
    assert ["level:", "debug"] in rows
    as_json = json.loads(run("-C", tree, "explain", "web-dev/configmap/web-dev.data[level]", "-o", "json").stdout)
    assert (as_json["field"], as_json["value"]) == ("data.level", "debug")
    assert as_json["edit"] == {"file": "envs/dev/web/values.yaml", "line": 1, "column": 1}
    assert as_json["templates"][0]["file"] == "charts/web/templates/config.yaml"


@pytest.mark.parametrize(
    ("subject", "message"),
    [
        ("wbe-dev/ConfigMap/web-dev", "Did you mean web-dev or web-prod?"),
        ("web-dev/ConfigMao/web-dev", "Did you mean ConfigMap?"),
        ("web-dev/ConfigMap/wbe-dev", "Did you mean web-dev?"),
        ("web-dev/ConfigMap/web-dev.data.levle", "Did you mean level?"),
        ("web-dev/ConfigMap", "Write APP/KIND/NAME"),
        ("K8S999", "there is no rule"),
    ],
)
def test_explain_what_is_not_there(tree: Path, run: Run, subject: str, message: str) -> None:
    done = run("-C", tree, "explain", subject)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
