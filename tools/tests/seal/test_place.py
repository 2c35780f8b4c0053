"""Which certificate belongs to which file."""

from __future__ import annotations

from pathlib import Path

import pytest

from presync.seal.place import nearest, nearest_in

FILES = ["envs/dev/sealed-secrets.pem", "envs/prod/sealed-secrets.pem"]


@pytest.mark.parametrize(
    ("file", "certificate"),
    [
        ("envs/dev/secrets/a.yaml", FILES[0]),
        ("envs/prod/a.yaml", FILES[1]),
        ("envs/test/secrets/a.yaml", None),
        ("a.yaml", None),
    ],
)
def test_nearest(tmp_path: Path, file: str, certificate: str | None) -> None:
    for name in (file, *FILES):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert nearest_in(FILES, file) == certificate
    assert nearest(tmp_path / file, tmp_path) == (tmp_path / certificate if certificate else None)


def test_the_root_counts_too(tmp_path: Path) -> None:
    (tmp_path / "sealed-secrets.pem").touch()
    assert nearest_in(["sealed-secrets.pem"], "a/b.yaml") == "sealed-secrets.pem"
    assert nearest(tmp_path / "a" / "b.yaml", tmp_path) == tmp_path / "sealed-secrets.pem"


def test_not_above_the_root(tmp_path: Path) -> None:
    (tmp_path / "sealed-secrets.pem").touch()
    (tmp_path / "repo").mkdir()
    assert nearest(tmp_path / "repo" / "b.yaml", tmp_path / "repo") is None
