"""The comment of a pull request: against an API server of our own, with texts nobody should trust."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import comment

SCRIPT = Path(__file__).resolve().parents[2] / "comment.py"
SHA = "0123456789abcdef0123456789abcdef01234567"
REPOSITORY, FORK = 1, 2
REPORT = "### What this change does\n\n<details><summary>~ web</summary>\n\n```diff\n- a: 1\n+ a: 2\n```\n</details>\n"


def packed(**texts: str) -> bytes:
    files = {"number": "7\n", "diff.md": REPORT, "check.txt": "no findings\n"} | {
        name.replace("_", "."): text for name, text in texts.items()
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return out.getvalue()


@dataclass
class GitHub:
    """As much of GitHub as the script meets; what it was asked to write is kept."""

    archive: bytes = field(default_factory=packed)
    head: str = SHA
    source: int | None = FORK
    state: str = "open"
    size: int | None = None
    comments: list[dict[str, Any]] = field(default_factory=list)
    artifacts: int = 1
    written: list[tuple[str, str, str]] = field(default_factory=list)
    tokens: list[tuple[str, bool]] = field(default_factory=list)
    url: str = ""

    def answer(self, method: str, path: str, body: str) -> tuple[int, dict[str, str], bytes]:
        path, _, query = path.partition("?")
        match (method, path):
            case ("GET", "/repos/o/r/actions/runs/42/artifacts"):
                size = len(self.archive) if self.size is None else self.size
                one = {"id": 5, "name": "presync-comment", "expired": False, "size_in_bytes": size}
                return self.told({"artifacts": [one] * self.artifacts})
            case ("GET", "/repos/o/r/actions/artifacts/5/zip"):
                return 302, {"Location": f"{self.url}/blob?signature=x"}, b""
            case ("GET", "/blob"):
                return 200, {}, self.archive
            case ("GET", "/repos/o/r/pulls/7"):
                repo = None if self.source is None else {"id": self.source}
                return self.told({"state": self.state, "head": {"sha": self.head, "repo": repo}})
            case ("GET", "/repos/o/r/issues/7/comments"):
                page = int(re.findall(r"\bpage=(\d+)", query)[-1])
                return self.told(self.comments[(page - 1) * 100 : page * 100])
            case ("POST" | "PATCH", _):
                self.written.append((method, path, json.loads(body)["body"]))
                return self.told({"id": 9})
        return 404, {}, b"{}"

    def told(self, data: Any) -> tuple[int, dict[str, str], bytes]:
        return 200, {"Content-Type": "application/json"}, json.dumps(data).encode()


@pytest.fixture
def github() -> Iterator[GitHub]:
    state = GitHub()

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            state.tokens.append((self.path.partition("?")[0], "Authorization" in self.headers))
            status, headers, data = state.answer(self.command, self.path, body)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(data))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = handle_any

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield state
    server.shutdown()
    server.server_close()
    thread.join(10)


Post = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def post(github: GitHub, tmp_path: Path) -> Post:
    """The script as the workflow runs it."""

    def call(event: str = "pull_request") -> subprocess.CompletedProcess[str]:
        run = {"id": 42, "event": event, "head_sha": SHA, "head_repository": {"id": FORK}, "head_branch": "$(id)"}
        (tmp_path / "event.json").write_text(json.dumps({"workflow_run": run}))
        env = {
            "PATH": os.environ["PATH"],
            "GITHUB_REPOSITORY": "o/r",
            "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
            "GITHUB_API_URL": github.url,
            "GITHUB_SERVER_URL": "https://github.example.com",
            "GH_TOKEN": "token",
            "no_proxy": "127.0.0.1",
        }
        return subprocess.run(
            [sys.executable, "-I", SCRIPT], env=env, capture_output=True, text=True, timeout=60, check=False
        )

    return call


def by(login: str, body: str, kind: str = "User", number: int = 1) -> dict[str, Any]:
    return {"id": number, "user": {"login": login, "type": kind}, "body": body}


def mine(body: str, number: int = 3) -> dict[str, Any]:
    return by(comment.AUTHOR, body, "Bot", number)


def test_no_comment_yet(github: GitHub, post: Post) -> None:
    github.comments = [by("somebody", "nice")]
    done = post()
    assert (done.returncode, done.stdout) == (0, "the comment on #7 is created\n")
    ((method, path, body),) = github.written
    assert (method, path) == ("POST", "/repos/o/r/issues/7/comments")
    assert body.startswith(comment.MARKER)
    assert "For commit 0123456789ab, by [this run](https://github.example.com/o/r/actions/runs/42)." in body
    assert "```diff\n- a: 1\n+ a: 2\n```\n</details>" in body
    assert "<details><summary>presync check</summary>\n\n```text\nno findings\n```\n</details>" in body


def test_the_token_stays_with_github(github: GitHub, post: Post) -> None:
    post()
    assert {asked for path, asked in github.tokens if path == "/blob"} == {False}
    assert {asked for path, asked in github.tokens if path != "/blob"} == {True}


def test_an_existing_one_is_updated(github: GitHub, post: Post) -> None:
    github.comments = [*(by("somebody", "x") for _ in range(120)), mine(f"{comment.MARKER}\nold", 33)]
    assert post().returncode == 0
    assert [(method, path) for method, path, _ in github.written] == [("PATCH", "/repos/o/r/issues/comments/33")]
    github.comments = [mine(github.written[0][2])]
    assert post().stdout == "the comment on #7 is left as it is\n"
    assert len(github.written) == 1


@pytest.mark.parametrize(
    "other",
    [
        by("somebody", f"{comment.MARKER}\nmine, really"),
        by("github-actions[bot]", f"{comment.MARKER}\nonly the name is the bot's"),
        by("other[bot]", f"{comment.MARKER}\nanother bot", "Bot"),
        mine(f"quoting {comment.MARKER}"),
        {"id": 4, "user": None, "body": comment.MARKER},
    ],
)
def test_what_somebody_else_wrote_is_left_alone(github: GitHub, post: Post, other: dict[str, Any]) -> None:
    github.comments = [other]
    assert post().returncode == 0
    assert [method for method, _, _ in github.written] == ["POST"]


@pytest.mark.parametrize("number", ["8", "7; rm", "-7", "", "7\n8", "٧", "7" * 5000, "../7", "0"])
def test_a_number_that_is_none_or_not_this_one(github: GitHub, post: Post, number: str) -> None:
    github.archive = packed(number=number)
    done = post()
    assert done.returncode == 1 and done.stderr.startswith("no comment: ")
    assert github.written == []


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"head": "f" * 40}, 0, "another head by now"),
        ({"state": "closed"}, 0, "is closed"),
        ({"source": 77}, 1, "does not come from the repository"),
        ({"source": None}, 1, "does not come from the repository"),
        ({"artifacts": 0}, 0, "the gate left nothing to say"),
    ],
)
def test_a_pull_request_the_gate_did_not_run_for(
    github: GitHub, post: Post, change: dict[str, Any], status: int, said: str
) -> None:
    for name, value in change.items():
        setattr(github, name, value)
    done = post()
    assert done.returncode == status and said in done.stdout + done.stderr
    assert github.written == []


def test_a_push_is_no_pull_request(github: GitHub, post: Post) -> None:
    assert post("push").returncode == 0
    assert (github.written, github.tokens) == ([], [])


def test_an_artifact_that_is_too_large(github: GitHub, post: Post) -> None:
    github.size = 50_000_000
    done = post()
    assert (done.returncode, done.stderr) == (
        1,
        "no comment: the artifact has 50,000,000 bytes; at most 1,048,576 are read\n",
    )
    assert not any("zip" in path for path, _ in github.tokens)  # it was not even fetched
    github.size = 10  # a lie
    github.archive = os.urandom(comment.PACKED + 10)
    done = post()
    assert done.returncode == 1 and "has more than 1,048,576 bytes" in done.stderr
    github.archive = packed(diff_md="0" * 300_000_000)  # small as long as it is packed
    done = post()
    assert done.returncode == 1 and "diff.md has more than 1,048,576 bytes" in done.stderr
    assert github.written == []


@pytest.mark.parametrize(
    "archive",
    [
        b"",
        b"PK\x05\x06",
        b"not an archive",
        packed()[:-30],
        packed(evil="x"),
        packed(**{"../evil": "x"}),
        packed().replace(b"check.txt", b"check.tx2"),
    ],
)
def test_an_archive_that_is_none(github: GitHub, post: Post, archive: bytes) -> None:
    github.archive = archive
    done = post()
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert github.written == []


def test_a_long_report_is_cut(github: GitHub, post: Post) -> None:
    section = "<details><summary>~ web</summary>\n\n```diff\n" + "+ line\n" * 20_000
    github.archive = packed(diff_md=section, check_txt="error\n" * 9000)
    assert post().returncode == 0
    body = github.written[0][2]
    assert comment.LIMIT - 2000 < len(body) <= comment.LIMIT
    assert "Cut here" in body
    assert body.count("```") % 2 == 0
    assert body.count("<details>") == body.count("</details>")


def cleaned(text: str) -> str:
    return "\n".join(comment.clean(text))


@pytest.mark.parametrize(
    "text",
    [
        "@everyone and @org/team",
        "fixes #12",
        "see GH-12",
        "[click](https://evil.example.com)",
        "![x](https://evil.example.com/x.png)",
        "[a]: https://evil.example.com",
        "<img src=x>",
        "<details open>",
        "<!-- presync: what this change does -->",
        "<script>",
        "a\u202eb",
        "a\x1b[31mb",
        "~~~\n@x\n~~~",
        "````\n@x",
        "   ```\n@x",
    ],
)
def test_a_hostile_text_does_nothing(text: str) -> None:
    shown = cleaned(text)
    assert not re.search(r"@\w|#\d|GH-\d|\]\(|\]:|!\[|<(?!/?(?:details|summary)>)|[\x1b\u202e]|~~~|```", shown)


def test_a_fence_is_seen_by_github_where_it_is_seen_here() -> None:
    """Right behind a tag GitHub takes a line for HTML, not for a fence: a blank line stands before each."""
    shown = cleaned("<details>\n```diff\n<img src=x> @x\n```\n@y")
    assert shown == "<details>\n\n```diff\n<img src=x> @x\n```\n@\u200by"
    assert cleaned("```diff\n```text\n@x") == "```diff\n'''text\n@x\n```"


def test_what_presync_writes_stays_as_it_is() -> None:
    assert cleaned(REPORT) == REPORT
