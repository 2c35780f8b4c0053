"""Keeps one comment of a pull request up to date with what `presync diff` says of it.

    python3 tools/comment.py

For .github/workflows/comment.yaml, which runs after the gate, on the default branch and with a token that may write
comments. The text comes from the gate, where the pull request's own code ran, so it may be anything: it is bounded, it
is never run or expanded, it mentions nobody and holds no HTML but what folds a section. Which pull request it is for is
believed only if GitHub says that its head is the commit the gate ran on. Needs nothing but Python.
"""

from __future__ import annotations

import http.client
import io
import json
import os
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ARTIFACT = "presync-comment"
MARKER = "<!-- presync: what this change does -->"
AUTHOR = "github-actions[bot]"
LIMIT = 65_536  # characters GitHub takes
PACKED, UNPACKED = 1 << 20, 1 << 20  # bytes of the artifact, and of each file in it
REPLY = 8 << 20  # bytes of an answer of the API
CHECK = 12_000  # characters of what `presync check` printed
PAGES = 50  # of a hundred comments
FILES = frozenset({"number", "diff.md", "check.txt"})
_FENCE = re.compile(r"```(?:diff|text|)")
_TAG = re.compile(r"<(?!/?(?:details|summary)>)")
# Control characters, and those that turn the direction of text or hide it.
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_LIVE = re.compile(r"@(?=\w)|#(?=\d)|\](?=\()|!(?=\[)|\](?=:)|\b[Gg][Hh](?=-\d)")


class Refused(Exception):
    """Nothing is written; the message says why."""


class Quiet(Exception):
    """There is nothing to write, and nothing is wrong."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is followed by hand, without the token."""

    def redirect_request(self, *_: Any) -> None:
        return None


class Api:
    """GitHub's REST API, as far as it is needed."""

    def __init__(self, url: str, token: str) -> None:
        self._url, self._token = url.rstrip("/"), token
        self._opener = urllib.request.build_opener(_NoRedirect)

    def call(self, path: str, method: str = "GET", data: Mapping[str, Any] | None = None) -> Any:
        """The answer as JSON."""
        body = None if data is None else json.dumps(data).encode()
        _, _, answer = self._ask(f"{self._url}{path}", method, body, REPLY, token=True)
        return json.loads(answer)

    def download(self, path: str) -> bytes:
        """A file behind a redirect, which leads to another host that must not see the token."""
        status, location, answer = self._ask(f"{self._url}{path}", "GET", None, PACKED, token=True)
        if status not in (301, 302, 303, 307, 308):
            return answer
        wanted = urllib.parse.urlsplit(self._url).scheme
        if urllib.parse.urlsplit(location).scheme != wanted:
            raise Refused(f"the artifact is not behind {wanted}")
        return self._ask(location, "GET", None, PACKED, token=False)[2]

    def _ask(self, url: str, method: str, body: bytes | None, limit: int, *, token: bool) -> tuple[int, str, bytes]:
        headers = {"Accept": "application/vnd.github+json", "User-Agent": "presync-comment"}
        if token:
            headers |= {"Authorization": f"Bearer {self._token}", "X-GitHub-Api-Version": "2022-11-28"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(url, body, headers, method=method)  # noqa: S310 - checked by the callers
        try:
            with self._opener.open(request, timeout=30) as answer:
                data = answer.read(limit + 1)
                status, location = answer.status, answer.headers.get("Location", "")
        except urllib.error.HTTPError as error:
            if error.code not in (301, 302, 303, 307, 308):
                raise Refused(f"{method} {urllib.parse.urlsplit(url).path}: GitHub answers {error.code}") from None
            return error.code, error.headers.get("Location", ""), b""
        except (OSError, http.client.HTTPException) as error:
            raise Refused(f"{method} {urllib.parse.urlsplit(url).path}: {error}") from None
        if len(data) > limit:
            raise Refused(f"the answer to {urllib.parse.urlsplit(url).path} has more than {limit:,} bytes")
        return status, location, data


def artifact(api: Api, repository: str, run: int) -> dict[str, str]:
    """The files of the gate's artifact."""
    listed = api.call(f"/repos/{repository}/actions/runs/{run}/artifacts?name={ARTIFACT}&per_page=100")["artifacts"]
    found = [one for one in listed if one["name"] == ARTIFACT and not one["expired"]]
    if not found:
        raise Quiet("the gate left nothing to say")
    newest = max(found, key=lambda one: int(one["id"]))
    if int(newest["size_in_bytes"]) > PACKED:
        raise Refused(f"the artifact has {int(newest['size_in_bytes']):,} bytes; at most {PACKED:,} are read")
    return unpacked(api.download(f"/repos/{repository}/actions/artifacts/{int(newest['id'])}/zip"))


def unpacked(data: bytes) -> dict[str, str]:
    """The texts in an archive: these files and no others, each once and bounded, whatever its header says."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            if not set(names) <= FILES or len(names) != len(set(names)):
                raise Refused("the artifact holds other files than it should")
            texts = {}
            for name in names:
                with archive.open(name) as file:
                    content = file.read(UNPACKED + 1)
                if len(content) > UNPACKED:
                    raise Refused(f"{name} has more than {UNPACKED:,} bytes")
                texts[name] = content.decode("utf-8", "replace")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise Refused(f"the artifact cannot be read: {error}") from None
    if not {"number", "diff.md"} <= set(texts):
        raise Refused("the artifact lacks a file")
    return texts


def pull_request(api: Api, repository: str, text: str, sha: str, head: int) -> int:
    """The number the gate gives, if that pull request's head is the commit the gate ran on."""
    if not re.fullmatch(r"[1-9][0-9]{0,8}\n?", text, re.ASCII):
        raise Refused("the artifact does not give the number of a pull request")
    number = int(text)
    found = api.call(f"/repos/{repository}/pulls/{number}")
    source = found["head"]["repo"]  # null once the fork is deleted
    if source is None or int(source["id"]) != head:
        raise Refused(f"#{number} does not come from the repository the gate ran for")
    if found["state"] != "open":
        raise Quiet(f"#{number} is closed")
    if found["head"]["sha"] != sha:
        raise Quiet(f"#{number} has another head by now, or never had this one")
    return number


def clean(text: str) -> Iterator[str]:
    """Lines of Markdown that do nothing but be read.

    Only fences that presync writes open and close a block; a blank line before makes sure that GitHub sees them, too.
    """
    inside, before = False, ""
    for line in _HIDDEN.sub("", text.replace("\r\n", "\n")).split("\n"):
        if _FENCE.fullmatch(line) and (not inside or line == "```"):
            if not inside and before.strip():
                yield ""
            inside, before = not inside, line
            yield line
            continue
        before = line
        plain = line.replace("```", "'''").replace("~~~", "~ ~ ~")
        yield plain if inside else _LIVE.sub(lambda match: f"{match[0]}\u200b", _TAG.sub("&lt;", plain))
    if inside:
        yield "```"


def cut(lines: Iterator[str], room: int) -> str:
    """As many lines as there is room for; what is open is closed and the cut is told."""
    kept: list[str] = []
    used, fenced, folded = 0, False, 0
    for line in lines:
        if used + len(line) + 1 > room:
            kept += ["```"] * fenced + ["", "</details>"] * (folded > 0)
            kept += ["", "Cut here; the log of the run has all of it."]
            break
        kept.append(line)
        used += len(line) + 1
        if _FENCE.fullmatch(line):
            fenced = not fenced
        elif not fenced:
            folded += line.count("<details>") - line.count("</details>")
    return "\n".join(kept)


def comment(texts: Mapping[str, str], sha: str, link: str) -> str:
    """The whole comment."""
    head = (
        f"{MARKER}\nFor commit {sha[:12]}, by [this run]({link}). The code of the pull request wrote what follows: "
        "to be read as its author's own words.\n"
    )
    check = ""
    if texts.get("check.txt", "").strip():
        words = _HIDDEN.sub("", texts["check.txt"].replace("\r\n", "\n")).replace("```", "'''").strip()
        block = words if len(words) <= CHECK else f"{words[:CHECK]}\n(cut here)"
        check = f"\n<details><summary>presync check</summary>\n\n```text\n{block}\n```\n</details>\n"
    return head + cut(clean(texts["diff.md"].strip()), LIMIT - len(head) - len(check) - 400) + "\n" + check


def earlier(api: Api, repository: str, number: int) -> Mapping[str, Any] | None:
    """The comment of an earlier run; what others wrote does not count, whatever stands in it."""
    for page in range(1, PAGES + 1):
        listed = api.call(f"/repos/{repository}/issues/{number}/comments?per_page=100&page={page}")
        for one in listed:
            user = one.get("user") or {}
            mine = user.get("login") == AUTHOR and user.get("type") == "Bot"
            if mine and str(one.get("body") or "").startswith(MARKER):
                found: Mapping[str, Any] = one
                return found
        if len(listed) < 100:
            break
    return None


def write(api: Api, repository: str, number: int, body: str) -> str:
    """Create the comment, or update it."""
    known = earlier(api, repository, number)
    if known is None:
        api.call(f"/repos/{repository}/issues/{number}/comments", "POST", {"body": body})
        return "created"
    if known["body"] == body:
        return "left as it is"
    api.call(f"/repos/{repository}/issues/comments/{int(known['id'])}", "PATCH", {"body": body})
    return "updated"


def main() -> int:
    """0 when the comment says what the gate said, or there is nothing to say; 1 with the reason otherwise."""
    repository = os.environ["GITHUB_REPOSITORY"]
    event = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text("utf-8"))["workflow_run"]
    api = Api(os.environ.get("GITHUB_API_URL", "https://api.github.com"), os.environ["GH_TOKEN"])
    sha, run = str(event["head_sha"]), int(event["id"])
    link = f"{os.environ.get('GITHUB_SERVER_URL', 'https://github.com')}/{repository}/actions/runs/{run}"
    try:
        if event["event"] != "pull_request" or not re.fullmatch(r"[0-9a-f]{40}", sha):
            raise Quiet("the gate did not run for a pull request")
        texts = artifact(api, repository, run)
        number = pull_request(api, repository, texts["number"], sha, int(event["head_repository"]["id"]))
        print(f"the comment on #{number} is {write(api, repository, number, comment(texts, sha, link))}")
    except Quiet as why:
        print(why)
    except (Refused, KeyError, TypeError, ValueError) as error:
        reason = str(error) if isinstance(error, Refused) else f"an unexpected answer, {error!r}"
        print(f"no comment: {reason}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
