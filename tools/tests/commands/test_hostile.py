"""Hostile repositories: bounded time and memory, a finding that says why, never a traceback, nothing read outside."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import PRESYNC, SET, TREE, write

SECONDS = 90.0
MEMORY = 3 * 2**30  # bytes, of the largest process

Make = Callable[[Path], None]


def _alias_bomb(tree: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    write(tree, {"envs/dev/web/values.yaml": "\n".join(lines)})


def _alias_bomb_in_generator_file(tree: Path) -> None:
    _alias_bomb(tree)
    (tree / "envs/dev/web/app.yaml").write_text((tree / "envs/dev/web/values.yaml").read_text() + "\nchart: web\n")


def _symlink(tree: Path) -> None:
    (tree / "envs/dev/web/values.yaml").unlink()
    (tree / "envs/dev/web/values.yaml").symlink_to("/etc/passwd")


def _symlinked_template(tree: Path) -> None:
    (tree / "charts/web/templates/passwd.yaml").symlink_to("../../../../../../../../etc/passwd")


def _value_file_outside(tree: Path) -> None:
    write(
        tree,
        {"apps/all.yaml": SET.replace("/envs/{{ index .path.segments 1 }}/{{ .path.basename }}", "../../../../../etc")},
    )
    write(tree, {"apps/all.yaml": (tree / "apps/all.yaml").read_text().replace("values.yaml", "passwd")})


def _matrix(tree: Path) -> None:
    elements = "".join(f"              - {{n{{}}: x{index}}}\n" for index in range(5000))
    generators = "    - matrix:\n        generators:\n" + "".join(
        f"          - list:\n              elements:\n{elements.replace('{}', which)}" for which in ("a", "b")
    )
    head, rest = SET.split("    - git:\n", 1)
    write(tree, {"apps/all.yaml": head + generators + "  template:" + rest.split("  template:", 1)[1]})


def _looping_template(tree: Path) -> None:
    write(
        tree,
        {
            "charts/web/templates/loop.yaml": "{{ range until 100000 }}{{ range until 100000 }}{{ range until 100000 }}"
            "{{ end }}{{ end }}{{ end }}"
        },
    )


def _recursive_template(tree: Path) -> None:
    write(tree, {"charts/web/templates/r.yaml": '{{ define "r" }}{{ include "r" . }}{{ end }}{{ include "r" . }}'})


def _greedy_template(tree: Path) -> None:
    text = '{{ $x := repeat 1000000 "x" }}{{ range until 100000 }}{{ $x = cat $x $x }}{{ end }}'
    write(tree, {"charts/web/templates/greedy.yaml": text})


def _looping_set(tree: Path) -> None:
    loop = "{{ range until 100000 }}{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}{{ end }}"
    write(tree, {"apps/all.yaml": SET.replace('name: "{{', f'name: "{loop}{{{{')})


def _git_option(tree: Path) -> None:
    write(tree, {"apps/all.yaml": SET.replace("targetRevision: HEAD", 'targetRevision: "--upload-pack=touch owned"')})


def _git_option_in_generator(tree: Path) -> None:
    write(
        tree,
        {"apps/all.yaml": SET.replace("revision: HEAD\n        files", 'revision: "--output=owned"\n        files')},
    )


def _large_yaml(tree: Path) -> None:
    write(tree, {"envs/dev/web/values.yaml": "level: debug\n" + "".join(f"k{n}: {'v' * 90}\n" for n in range(520_000))})


def _large_manifest(tree: Path) -> None:
    write(tree, {"apps/large.yaml": SET + "".join(f"# {'x' * 98}\n" for _ in range(520_000))})


def _invalid_utf8(tree: Path) -> None:
    (tree / "envs/dev/web/values.yaml").write_bytes(b"level: \xff\xfe\n")


def _deep(tree: Path) -> None:
    write(tree, {"envs/dev/web/app.yaml": "chart: web\nx: " + "[" * 200_000})


def _chart_is_fifo_like(tree: Path) -> None:
    os.mkfifo(tree / "charts/web/templates/pipe.yaml")


# name, how to make it, a part of the message; a template that runs for ever is cut off by the engine's own bound
CASES: list[tuple[str, Make, str]] = [
    ("alias bomb in values", _alias_bomb, "values.yaml"),
    ("alias bomb in a generator's file", _alias_bomb_in_generator_file, "aliasing"),
    ("symlink out of the tree", _symlink, "link"),
    ("symlinked template", _symlinked_template, "link"),
    ("value file outside", _value_file_outside, "outside"),
    ("matrix of 25 million", _matrix, "25,000,000"),
    ("template that loops", _looping_template, "loop"),
    ("template that recurses", _recursive_template, "r.yaml"),
    ("template that takes all memory", _greedy_template, "web-dev"),
    ("set that loops", _looping_set, "loop"),
    ("option as revision", _git_option, "--upload-pack"),
    ("option as generator revision", _git_option_in_generator, "--output"),
    ("50 MB of values", _large_yaml, "values.yaml"),
    ("50 MB manifest", _large_manifest, "large.yaml"),
    ("invalid UTF-8", _invalid_utf8, "values.yaml"),
    ("deep nesting", _deep, "depth"),
]


@pytest.mark.parametrize(("make", "part"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_hostile(tmp_path: Path, make: Make, part: str) -> None:
    tree = write(tmp_path / "tree", TREE)
    subprocess.run(["git", "-C", tree, "init", "-q"], check=True)
    make(tree)
    start = time.monotonic()
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    done = subprocess.run(
        [PRESYNC, "-C", tree, "check", "-o", "json"],
        capture_output=True,
        text=True,
        timeout=SECONDS + 30,
        check=False,
        env={**os.environ, "PRESYNC_RENDER_TIMEOUT": "5"},
    )
    took = time.monotonic() - start
    assert done.returncode in (1, 2), done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    findings: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
    messages = "\n".join(f"{one['file']} {one['application']} {one['message']}" for one in findings)
    assert part in messages
    assert "root:" not in done.stdout + done.stderr  # /etc/passwd
    assert not list(tmp_path.rglob("owned"))
    assert took < SECONDS
    assert max(before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) * 1024 < MEMORY


def test_pipes_and_sockets_are_no_files(tmp_path: Path) -> None:
    tree = write(tmp_path / "tree", TREE)
    _chart_is_fifo_like(tree)
    done = subprocess.run([PRESYNC, "-C", tree, "check"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
