"""Versions of a feature set in S3, and `latest/`.

    <base>/<set>/v_YYYYMMDDTHHMMSS/   features.parquet  features.csv  schema.json  metadata.json
    <base>/<set>/latest/              the same four

A version is immutable: every object of it is created with If-None-Match, and metadata.json comes last. A folder without
metadata.json is no version.

S3 replaces one object at a time, so latest/ has one object that decides: latest/metadata.json, the pointer. It is a
byte copy of the metadata.json of a complete version and is replaced with If-Match, so of two writers one sees the
other. The other three objects follow it: whoever finds one that is not of the pointer's version copies it again
(`follow`). This needs no memory of what was going on when a writer died.

docs/data-pipeline.md says what readers may rely on; tests/test_latest.py proves it by killing the writer everywhere.
"""

import json
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from mlops_lib.errors import ConflictError, StorageError, VersionError
from mlops_lib.logs import logger
from mlops_lib.storage import Object, Storage

PARQUET, CSV, SCHEMA, METADATA = "features.parquet", "features.csv", "schema.json", "metadata.json"
# In the order in which latest/ follows its pointer: Feast reads the first.
FILES = (PARQUET, SCHEMA, CSV)
NAME = re.compile(r"v_[0-9]{8}T[0-9]{6}")
# User metadata of the objects in latest/: of which version they are.
VERSION_KEY, DIGEST_KEY = "feature-version", "feature-sha256"
# Each round is lost only to another writer that has got on.
ROUNDS = 20

log = logger(__name__)


def stamp(moment: datetime) -> str:
    return f"v_{moment:%Y%m%dT%H%M%S}"


@dataclass(frozen=True)
class Version:
    """A complete version, as its metadata.json describes it."""

    uri: str
    raw: bytes

    @cached_property
    def metadata(self) -> dict[str, Any]:
        try:
            data = json.loads(self.raw)
            if not isinstance(data["version"], str) or not isinstance(data["files"], dict):
                raise TypeError("version and files have other types")
            datetime.fromisoformat(data["as_of"])
        except (ValueError, KeyError, TypeError) as error:
            raise VersionError(f"{self.uri} is no metadata of a version: {error!r}") from error
        return dict(data)

    @property
    def name(self) -> str:
        return str(self.metadata["version"])

    @property
    def as_of(self) -> datetime:
        return datetime.fromisoformat(self.metadata["as_of"])

    def digest(self, file: str) -> str:
        return str(self.metadata["files"][file]["sha256"])


class FeatureSetFolder:
    """<base>/<set>."""

    def __init__(self, storage: Storage, base: str, feature_set: str) -> None:
        self.storage = storage
        self.feature_set = feature_set
        self.uri = f"{base}/{feature_set}"

    def at(self, folder: str, file: str) -> str:
        return f"{self.uri}/{folder}/{file}"

    def version(self, name: str) -> Version | None:
        """A version, or None where there is none or only the beginning of one."""
        try:
            raw, _ = self.storage.read(self.at(name, METADATA))
        except FileNotFoundError:
            return None
        return Version(self.at(name, METADATA), raw)

    def names(self) -> list[str]:
        """Folders of versions, complete or not, oldest first."""
        return sorted(name for name in self.storage.folders(self.uri) if NAME.fullmatch(name))

    def versions(self) -> Iterator[Version]:
        """Complete versions, newest first. Read as they are asked for."""
        for name in reversed(self.names()):
            if version := self.version(name):
                yield version

    def pointer(self) -> tuple[Version | None, Object | None]:
        try:
            raw, seen = self.storage.read(self.at("latest", METADATA))
        except FileNotFoundError:
            return None, None
        return Version(self.at("latest", METADATA), raw), seen

    def current(self) -> Version | None:
        """What readers get."""
        return self.pointer()[0]

    def accepted_before(self, as_of: datetime) -> Version | None:
        """The last accepted version before a moment: what a run for that moment is compared with.

        Usually that is what latest/ points to, which after a rollback is not the newest. For a run of the past (a
        backfill, a run once more) it is the newest one that is older.
        """
        current = self.current()
        if current and current.as_of < as_of:
            return current
        return next((version for version in self.versions() if version.as_of < as_of), None)

    def fetch(self, version: Version, file: str, path: Path) -> Path:
        """A file of a version, verified."""
        uri = self.at(version.name, file)
        try:
            found = self.storage.download(uri, path)
        except FileNotFoundError as error:
            raise VersionError(f"{uri} is missing: {version.name} of {self.feature_set} is damaged") from error
        if found != version.digest(file):
            raise VersionError(f"{uri} is damaged: it has {found}, its metadata says {version.digest(file)}")
        return path

    def point(self, version: Version, may_replace: Callable[[Version], bool]) -> bool:
        """Make latest/ this version, unless what stands there may not be replaced. Then latest/ follows."""
        for _ in range(ROUNDS):
            current, seen = self.pointer()
            if current and current.raw == version.raw:
                break
            if current and not may_replace(current):
                self.follow()
                return False
            try:
                self.storage.write(
                    self.at("latest", METADATA),
                    version.raw,
                    absent=seen is None,
                    match=seen.etag if seen else None,
                    metadata={VERSION_KEY: version.name},
                )
            except ConflictError:
                # Another writer was faster, or our own request was repeated after its answer was lost. Look again.
                continue
            break
        else:
            raise StorageError(f"{self.uri}/latest/ is being moved by others all the time")
        self.follow()
        return True

    def follow(self) -> list[str]:
        """Copy what latest/ lacks of the version its pointer names. Gives the files that were copied."""
        copied: list[str] = []
        for _ in range(ROUNDS):
            version, seen = self.pointer()
            if version is None or seen is None:
                return copied
            behind = []
            for file in FILES:
                there = self.storage.head(self.at("latest", file))
                wanted = {VERSION_KEY: version.name, DIGEST_KEY: version.digest(file)}
                if not there or not wanted.items() <= there.metadata.items():
                    behind.append((file, there))
            if not behind:
                return copied
            # The objects were looked at before the pointer is looked at again. So if somebody moves it after this, he
            # finds these objects or ours, and either way one of the two conditional writes fails and looks again.
            _, again = self.pointer()
            if again is None or again.etag != seen.etag:
                continue
            with tempfile.TemporaryDirectory() as folder:
                for file, there in behind:
                    path = self.fetch(version, file, Path(folder) / file)
                    try:
                        self.storage.write(
                            self.at("latest", file),
                            path,
                            absent=there is None,
                            match=there.etag if there else None,
                            metadata={VERSION_KEY: version.name, DIGEST_KEY: version.digest(file)},
                        )
                    except ConflictError:
                        break
                    copied.append(file)
                    path.unlink()
        raise StorageError(f"{self.uri}/latest/ is being moved by others all the time")
