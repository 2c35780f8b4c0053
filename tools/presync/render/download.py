"""Fetching charts over the network: chart repositories and OCI registries, over https only.

Only ``presync vendor`` does this. What comes is bounded in size, and a digest that is stated is verified; what is not
stated is taken on trust once and pinned in the lock file.
"""

from __future__ import annotations

import hashlib
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException, HTTPMessage
from typing import IO, Any, Protocol

from presync.engine import Engine, EngineError
from presync.render.semver import VersionError, Versions

MAX_INDEX = 64 * 1024 * 1024
MAX_CHART = 64 * 1024 * 1024
MAX_PAGES = 50  # of a registry's list of tags
TIMEOUT = 60.0
_CHART_LAYER = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')


class DownloadError(Exception):
    """The chart could not be had; the message says where and why."""


class Reader(Protocol):
    """Reads an address; status 401 gives the challenge instead of the body."""

    def __call__(self, url: str, headers: Mapping[str, str], limit: int) -> tuple[int, Mapping[str, str], bytes]: ...


class _HttpsOnly(urllib.request.HTTPRedirectHandler):
    """Follows redirects to https; a credential does not travel to another host."""

    def redirect_request(  # noqa: PLR0917 - the library's signature
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        if urllib.parse.urlsplit(newurl).scheme != "https":
            raise DownloadError(f"{req.full_url} redirects to {newurl}, which is not https")
        following = super().redirect_request(req, fp, code, msg, headers, newurl)
        if following and urllib.parse.urlsplit(newurl).netloc != urllib.parse.urlsplit(req.full_url).netloc:
            following.remove_header("Authorization")
        return following


def read(url: str, headers: Mapping[str, str], limit: int) -> tuple[int, Mapping[str, str], bytes]:
    """GET over https.

    Raises:
        DownloadError: not https, no answer, an error status other than 401, or more than ``limit`` bytes.
    """
    if urllib.parse.urlsplit(url).scheme != "https":
        raise DownloadError(f"{url} is not https")
    request = urllib.request.Request(url, headers={"User-Agent": "presync", **headers})  # noqa: S310 - https, checked
    try:
        with urllib.request.build_opener(_HttpsOnly).open(request, timeout=TIMEOUT) as answer:
            body = answer.read(limit + 1)
            if len(body) > limit:
                raise DownloadError(f"{url} is larger than {limit:,} bytes")
            return answer.status, dict(answer.headers.items()), body
    except urllib.error.HTTPError as error:
        if error.code == 401:
            return 401, dict(error.headers.items()), b""
        raise DownloadError(f"{url}: {error.code} {error.reason}") from None
    except (OSError, HTTPException) as error:
        raise DownloadError(f"{url}: {getattr(error, 'reason', error)}") from None


class Downloader:
    """Finds and fetches charts; indexes are read once."""

    def __init__(self, engine: Engine, versions: Versions, reader: Reader = read) -> None:
        self._engine = engine
        self._versions = versions
        self._read = reader
        self._indexes: dict[str, Mapping[str, Any]] = {}

    def fetch(self, repo_url: str, chart: str, wanted: str, oci: bool) -> tuple[str, bytes]:
        """The exact version and the packed chart.

        Raises:
            DownloadError: no such chart or version, or the network.
        """
        return self._oci(repo_url, chart, wanted) if oci else self._repository(repo_url, chart, wanted)

    def _repository(self, repo_url: str, chart: str, wanted: str) -> tuple[str, bytes]:
        base = repo_url.rstrip("/")
        entries = self._index(base).get("entries")
        listed = entries.get(chart) if isinstance(entries, Mapping) else None
        found = {str(one.get("version")): one for one in listed or () if isinstance(one, Mapping) and one.get("urls")}
        version = self._choose(wanted, list(found), f"{base}: chart {chart}")
        url = urllib.parse.urljoin(f"{base}/", str(found[version]["urls"][0]))
        data = self._get(url, MAX_CHART)
        stated = str(found[version].get("digest") or "").removeprefix("sha256:")
        if stated and hashlib.sha256(data).hexdigest() != stated:
            raise DownloadError(f"{url} is not what the index of {base} says: its digest differs")
        return version, data

    def _index(self, base: str) -> Mapping[str, Any]:
        if base not in self._indexes:
            text = self._get(f"{base}/index.yaml", MAX_INDEX)
            try:
                self._indexes[base] = self._engine.values(text)[0]
            except EngineError as error:
                raise DownloadError(f"{base}/index.yaml cannot be read: {error.message}") from None
        return self._indexes[base]

    def _oci(self, repo_url: str, chart: str, wanted: str) -> tuple[str, bytes]:
        address = f"{repo_url.removeprefix('oci://').rstrip('/')}/{chart}"
        host, _, name = address.partition("/")
        api = f"https://{host}/v2/{name}"
        headers = self._authorised(f"{api}/tags/list")
        if self._versions.is_version(wanted):
            version = wanted
        else:
            tags = [tag.replace("_", "+") for tag in self._tags(f"{api}/tags/list?n=1000", host, headers)]
            version = self._choose(wanted, tags, f"oci://{address}")
        accept = {**headers, "Accept": _MANIFEST}
        manifest = self._json(f"{api}/manifests/{version.replace('+', '_')}", accept)
        layers = [one for one in manifest.get("layers") or () if one.get("mediaType") == _CHART_LAYER]
        if not layers:
            raise DownloadError(f"oci://{address}:{version} is not a Helm chart")
        digest = str(layers[0].get("digest"))
        data = self._get(f"{api}/blobs/{digest}", MAX_CHART, headers)
        if digest != f"sha256:{hashlib.sha256(data).hexdigest()}":
            raise DownloadError(f"oci://{address}:{version}: the registry gave another blob than {digest}")
        return version, data

    def _tags(self, url: str, host: str, headers: Mapping[str, str]) -> list[str]:
        tags: list[str] = []
        for _ in range(MAX_PAGES):
            status, answered, body = self._read(url, headers, MAX_INDEX)
            tags += [str(tag) for tag in self._parsed(url, status, body).get("tags") or ()]
            following = re.match(r'<([^>]+)>;\s*rel="?next"?', _header(answered, "Link"))
            if not following:
                break
            url = urllib.parse.urljoin(f"https://{host}/", following[1])
        return tags

    def _authorised(self, url: str) -> Mapping[str, str]:
        """The headers a registry wants, by asking for an anonymous token where it challenges."""
        status, headers, _ = self._read(url, {}, MAX_INDEX)
        if status != 401:
            return {}
        challenge = _header(headers, "WWW-Authenticate")
        if not challenge.lower().startswith("bearer "):
            raise DownloadError(f"{url}: the registry wants a login; use --from with the packed chart")
        asked = dict(_CHALLENGE.findall(challenge))
        query = urllib.parse.urlencode({key: asked[key] for key in ("service", "scope") if key in asked})
        answer = self._json(f"{asked.get('realm', '')}?{query}", {})
        token = answer.get("token") or answer.get("access_token")
        if not token:
            raise DownloadError(f"{url}: the registry gives no anonymous token; use --from with the packed chart")
        return {"Authorization": f"Bearer {token}"}

    def _choose(self, wanted: str, versions: list[str], where: str) -> str:
        if wanted in versions:
            return wanted
        try:
            exact = self._versions.is_version(wanted)
            constraint = f"={wanted}" if exact else wanted or "*"
            fitting = [one for one in versions if self._versions.is_version(one)]
            best = self._versions.greatest(one for one in fitting if self._versions.satisfies(constraint, one))
        except VersionError as error:
            raise DownloadError(f"{where}: {error}") from None
        if not best:
            raise DownloadError(f"{where}: none of its {len(versions)} versions fits {wanted or '(no version)'}")
        return best

    def _get(self, url: str, limit: int, headers: Mapping[str, str] | None = None) -> bytes:
        status, _, body = self._read(url, headers or {}, limit)
        if status == 401:
            raise DownloadError(f"{url}: 401, a login is needed; use --from with the packed chart")
        return body

    def _json(self, url: str, headers: Mapping[str, str]) -> Mapping[str, Any]:
        status, _, body = self._read(url, headers, MAX_INDEX)
        return self._parsed(url, status, body)

    def _parsed(self, url: str, status: int, body: bytes) -> Mapping[str, Any]:
        if status == 401:
            raise DownloadError(f"{url}: 401, a login is needed; use --from with the packed chart")
        try:
            data = json.loads(body)
        except ValueError:
            data = None
        if not isinstance(data, dict):
            raise DownloadError(f"{url} does not answer with a JSON object")
        return data


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.lower() == name.lower()), "")
