"""The git generator finds the files that git and doublestar find."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from presync.argocd.appset.globs import GlobError, GlobUnsupported, alternatives, doublestar, git_files

PATHS = [
    ".hidden/a.yaml",
    "A/a.yaml",
    "a-b/c.yaml",
    "a.yaml",
    "a/.x",
    "a/b/a.yaml",
    "a/b/b.json",
    "a/c.yaml",
    "ab/a/b/c/x1",
    "b/[x].yaml",
    "b/a.yaml",
    "b/x*y",
]
PIECES = [
    "*",
    "**",
    "?",
    "a",
    "b",
    "/",
    ".",
    "yaml",
    "[ab]",
    "[!a]",
    "[^b]",
    "[a-c]",
    "\\a",
    "\\*",
    "[[:alpha:]]",
    "x",
    "[",
    "]",
    "{a,b}",
]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("globs")
    for path in PATHS:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("")
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    subprocess.run(["git", "add", "-A"], cwd=folder, check=True)
    return folder


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join))
def test_as_git(repository: Path, pattern: str) -> None:
    run = subprocess.run(["git", "ls-files", "-z", "--", pattern], cwd=repository, capture_output=True, check=False)
    there = None if run.returncode else sorted(name for name in run.stdout.decode().split("\0") if name)
    try:
        here = sorted(git_files(pattern, PATHS))
    except GlobError:
        here = None
    assert here == there


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("a/*.yaml", ["a/b/a.yaml", "a/c.yaml"]),
        (":(glob)a/*.yaml", ["a/c.yaml"]),
        (":(glob)**/a.yaml", [".hidden/a.yaml", "A/a.yaml", "a.yaml", "a/b/a.yaml", "b/a.yaml"]),
        (":(glob)a/**", ["a/.x", "a/b/a.yaml", "a/b/b.json", "a/c.yaml"]),
        (":(icase)a/A.YAML", ["A/a.yaml"]),
        (":(literal)b/x*y", ["b/x*y"]),
        (":/a.yaml", ["a.yaml"]),
        ("a", ["a/.x", "a/b/a.yaml", "a/b/b.json", "a/c.yaml"]),
        ("a.yaml/", []),
        ("./a//b/", ["a/b/a.yaml", "a/b/b.json"]),
        ("b/[x].yaml", ["b/[x].yaml"]),
    ],
)
def test_pathspecs(repository: Path, pattern: str, found: list[str]) -> None:
    assert git_files(pattern, PATHS) == found
    run = subprocess.run(["git", "ls-files", "-z", "--", pattern], cwd=repository, capture_output=True, check=True)
    assert sorted(name for name in run.stdout.decode().split("\0") if name) == found


def test_everything() -> None:
    assert git_files("", PATHS) == git_files(".", PATHS) == PATHS


@pytest.mark.parametrize("pattern", ["../x", "/a", "a/../../b"])
def test_outside(pattern: str) -> None:
    with pytest.raises(GlobError, match="is outside repository"):
        git_files(pattern, PATHS)


@pytest.mark.parametrize("pattern", [":!a", ":(exclude)a", ":(attr:x)a", ":(glob", ":"])
def test_magic_that_is_not_understood(pattern: str) -> None:
    with pytest.raises(GlobUnsupported):
        git_files(pattern, PATHS)


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("a/*.yaml", ["a/c.yaml"]),
        ("**/a.yaml", [".hidden/a.yaml", "A/a.yaml", "a.yaml", "a/b/a.yaml", "b/a.yaml"]),
        ("a/**/*.{yaml,json}", ["a/b/a.yaml", "a/b/b.json", "a/c.yaml"]),
        ("{a,b}/{b/,}a.yaml", ["a/b/a.yaml", "b/a.yaml"]),
        ("[ab]/a.yaml", ["b/a.yaml"]),
        ("[^b]/*.yaml", ["A/a.yaml", "a/c.yaml"]),
        ("a?b/*", ["a-b/c.yaml"]),
        ("*/b", ["a/b"]),
        ("./a//c.yaml", ["a/c.yaml"]),
        ("/a/c.yaml", ["a/c.yaml"]),
        ("a/b/**", ["a/b", "a/b/a.yaml", "a/b/b.json"]),
        ("**a/c.yaml", ["a/c.yaml"]),
        ("b/\\[x\\].yaml", ["b/[x].yaml"]),
        (".", ["."]),
        ("nothing", []),
    ],
)
def test_doublestar(pattern: str, found: list[str]) -> None:
    assert (
        sorted(doublestar(pattern, [*PATHS, "a", "a/b", "A", "a-b", "b", "ab", "ab/a", "ab/a/b", ".hidden"])) == found
    )


@pytest.mark.parametrize("pattern", ["a{b", "[", "[]", "x\\"])
def test_doublestar_refuses(pattern: str) -> None:
    with pytest.raises(GlobError, match="syntax error in pattern"):
        doublestar(pattern, PATHS)


def test_doublestar_outside() -> None:
    with pytest.raises(GlobUnsupported):
        doublestar("a/../../x", PATHS)


def test_alternatives() -> None:
    assert alternatives("a{b,c{d,}}e{f,g}") == ["abef", "abeg", "acdef", "acdeg", "acef", "aceg"]
    with pytest.raises(GlobError):
        alternatives("{a,b}" * 9)


@pytest.mark.parametrize("pattern", ["*a" * 40 + "b", "**/" * 40 + "b", ":(glob)" + "**/a" * 30])
def test_hostile_patterns_end(pattern: str) -> None:
    paths = ["a/" * 60 + "a", "a" * 200]
    begin = time.monotonic()
    git_files(pattern, paths)
    if not pattern.startswith(":"):
        doublestar(pattern, paths)
    assert time.monotonic() - begin < 2
