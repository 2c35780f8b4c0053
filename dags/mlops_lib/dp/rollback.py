"""Set latest/ back to an earlier version: verified before anything moves, and harmless to repeat."""

import json
import tempfile
from pathlib import Path
from typing import Any

from mlops_lib.contract import FeatureSet
from mlops_lib.dp.run import Platform
from mlops_lib.errors import VersionError
from mlops_lib.logs import logger
from mlops_lib.versions import FILES, NAME, PARQUET, SCHEMA, FeatureSetFolder, Version

# So many versions are named to someone who asked for one that is not there.
SHOWN = 30
log = logger(__name__)


def rollback(platform: Platform, feature_set: str, version: str) -> dict[str, Any]:
    contract = platform.contract.feature_set(feature_set)
    folder = platform.folder(feature_set)
    found = folder.version(version) if NAME.fullmatch(version) else None
    if found is None:
        raise VersionError(_unknown(folder, version))
    _verify(contract, folder, found)
    before = folder.current()
    folder.point(found, lambda _: True)
    left = before.name if before else None
    log.info("latest/ of %s is %s (was %s)", feature_set, version, left)
    return {"feature_set": feature_set, "version": version, "was": left, "uri": found.metadata["feature_uri"]}


def _unknown(folder: FeatureSetFolder, version: str) -> str:
    names = folder.names()
    known: list[str] = []
    for name in reversed(names):
        if len(known) == SHOWN:
            known.append("and older ones")
            break
        if folder.version(name):
            known.append(name)
    if not known:
        return f"{folder.feature_set} has no version {version!r}; {folder.uri}/ has none at all"
    begun = " (it was begun and never completed)" if version in names else ""
    return f"{folder.feature_set} has no version {version!r}{begun}; known are, newest first: {', '.join(known)}"


def _verify(contract: FeatureSet, folder: FeatureSetFolder, version: Version) -> None:
    """All files there and undamaged, and a table that today's contract can serve."""
    if version.metadata.get("feature_set") != contract.name or version.uri != folder.at(version.name, "metadata.json"):
        raise VersionError(f"{version.uri} says it is {version.name} of {version.metadata.get('feature_set')}")
    with tempfile.TemporaryDirectory(prefix="rollback-") as scratch:
        for file in FILES:
            path = folder.fetch(version, file, Path(scratch) / file)
            if file == SCHEMA:
                _serves(contract, json.loads(path.read_bytes()), version.name)
            path.unlink()
    log.info("%s of %s is whole: %s", version.name, contract.name, version.digest(PARQUET))


def _serves(contract: FeatureSet, stored: dict[str, Any], name: str) -> None:
    wanted = json.loads(contract.schema_file)["properties"]
    missing = [
        f"{column} ({said['x-dtype']})"
        for column, said in wanted.items()
        if stored["properties"].get(column, {}).get("x-dtype") != said["x-dtype"]
    ]
    if missing:
        raise VersionError(
            f"{name} lacks what the contract promises today: {', '.join(missing)}. Feast could not read it; revert the "
            "change of the contract first"
        )
