"""presync.yaml: defaults, and errors that name the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from presync.argocd.versions import VERSIONS
from presync.base.errors import PresyncError
from presync.settings import Settings, load_settings
from presync.settings.mistakes import EXAMPLES
from presync.settings.model import schema
from presync.tree import open_repository


def _load(folder: Path, text: str | None) -> Settings:
    if text is not None:
        (folder / "presync.yaml").write_text(text)
    return load_settings(open_repository(folder).worktree)


def test_without_a_file(tmp_path: Path) -> None:
    settings = _load(tmp_path, None)
    assert settings == Settings()
    assert settings.file == ""


def test_an_empty_file(tmp_path: Path) -> None:
    assert _load(tmp_path, "").kubernetes == ("1.36",)


@pytest.mark.parametrize("version", VERSIONS)
def test_versions_of_argo_cd(tmp_path: Path, version: str) -> None:
    assert _load(tmp_path, f'argocd: "{version}"').argocd == version


def test_everything(tmp_path: Path) -> None:
    settings = _load(
        tmp_path,
        """
repository: [https://git.example.com/a.git]
branch: trunk
argocd: "3.5"
kubernetes: ["1.34", "1.35"]
environments: {dev: {}, prod: {applications: ["*-production"]}}
vendor: {folder: charts-cache}
externals: [{repoURL: "https://charts.example.com", why: not rendered on purpose}]
objects: [{kind: Secret, namespace: "argocd", name: "repo-*", why: made by the installer, keys: [url]}]
waivers: [{rule: K8S001, until: "2027-01-01", why: known and accepted}]
""",
    )
    assert settings.branch == "trunk"
    assert [(one.name, one.applications) for one in settings.environments] == [
        ("dev", ("*-dev",)),
        ("prod", ("*-production",)),
    ]
    assert (settings.vendor, settings.vendor_lock) == ("charts-cache", "charts.lock.yaml")
    assert settings.externals[0].chart == "*"
    assert settings.objects[0].keys == ("url",)
    assert settings.waivers[0]["rule"] == "K8S001"


WAIVER = 'rule: K8S003, until: "2027-01-31", why: the CRD is not public yet'
ENVIRONMENTS = "environments: {dev: {}, prod: {}}\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("roots: [a]\nbranchh: x", "2:1: there is no key branchh; did you mean branch?"),
        ("zzz: x", "1:1: there is no key zzz; keys there are: repository, branch,"),
        ("vendor: {path: x}", "1:10: there is no key path below vendor; keys there are: folder, lock"),
        ("repository: https://x", '1:1: repository is a list of texts; here it is the text "https://x"'),
        ("roots: [a, 1]", "1:12: roots[1] is a text; here it is the number 1"),
        ("roots:", "1:1: roots is a list of texts; here it is empty"),
        ("environments: [dev]", "1:1: environments is a mapping (key: value); here it is a list"),
        ("environments: {dev: }", "1:16: environments.dev is a mapping (key: value); here it is empty"),
        ("objects: {kind: x}", "1:1: objects is a list of entries with keys; here it is a mapping"),
        ('newGitFileGlobbing: "yes"', '1:1: newGitFileGlobbing is true or false; here it is the text "yes"'),
        ("branch: yes", "1:1: branch is a text; here it is true"),
        ('argocd: "3.2"', '1:1: argocd is one of 3.3, 3.4, 3.5, in quotes; here it is the text "3.2"'),
        ("argocd: 3.5", "here it is the number 3.5"),
        ("kubernetes: [1.30]", "1:14: kubernetes[0] is a text; here it is the number 1.30"),
        ('kubernetes: ["v1.36"]', 'kubernetes[0] is a version with two numbers in quotes, such as "1.36"; here'),
        ("kubernetes: []", "kubernetes has at least 1 entry"),
        ("waivers: [{rule: K8S001}]", "1:11: waivers[0] has no until"),
        (f"waivers: [{{{WAIVER.replace('K8S003', 'k8s3')}}}]", "waivers[0].rule is the id of a rule, such as K8S003"),
        (f"waivers: [{{{WAIVER.replace('2027-01-31', '31.1.2027')}}}]", "waivers[0].until is a date in quotes"),
        (f"waivers: [{{{WAIVER.replace('2027-01-31', '2027-02-30')}}}]", "2027-02-30 is no date: day"),
        (
            f"waivers: [{{{WAIVER.replace('the CRD is not public yet', 'x')}}}]",
            "waivers[0].why tells others the reason",
        ),
        ("differences: [{why: meant this way}]", "one of only, values, resource; it has none"),
        ("differences: [{why: meant this way, only: a, values: [b]}]", "; it has only and values"),
        ("differences: [{why: meant this way, values: [b], field: c}]", "differences[0] has a field, and no resource"),
        (
            f"{ENVIRONMENTS}differences: [{{why: meant this way, only: prdo}}]",
            "prdo, which there is not; did you mean prod?",
        ),
        (
            f"{ENVIRONMENTS}alertmanager: [{{file: a, environment: x}}]",
            "environment x, which there is not; there are: dev",
        ),
        ("- a", "1:1: the file is a mapping (key: value); here it is a list"),
        ("roots: [a]\nroots: [b]", "2:1: roots stands in line 1 already"),
        ("waivers:\n  - rule: A\n    rule: B", "3:5: rule stands in line 2 already"),
        ("roots:\n\t- a", "2:1: a tab stands at the beginning of the line"),
        ("a: [", "2:1: this is not YAML: did not find expected node content"),
    ],
)
def test_mistakes_are_told_in_words_with_their_line(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(PresyncError) as caught:
        _load(tmp_path, text)
    assert told in str(caught.value)
    assert str(caught.value).startswith("presync.yaml:")


def test_an_example_stands_once_below_the_mistakes_it_mends(tmp_path: Path) -> None:
    with pytest.raises(PresyncError) as caught:
        _load(tmp_path, "kubernetes: [1, 2]\nroots: a\n")
    assert str(caught.value).split("\n") == [
        "presync.yaml:1:14: kubernetes[0] is a text; here it is the number 1",
        "presync.yaml:1:17: kubernetes[1] is a text; here it is the number 2",
        "  for example:",
        "    kubernetes:",
        '      - "1.36"',
        'presync.yaml:2:1: roots is a list of texts; here it is the text "a"',
        "  for example:",
        "    roots:",
        "      - apps",
        "  docs/settings.md lists every key.",
    ]


def test_every_example_is_valid(tmp_path: Path) -> None:
    for example in EXAMPLES.values():
        assert _load(tmp_path, example).file
    assert EXAMPLES.keys() <= schema()["properties"].keys()


def test_every_key_of_the_schema_has_a_meaning() -> None:
    assert [
        key
        for key, value in schema()["properties"].items()
        if key not in ("vendor", "environments", "waivers") and not value.get("description")
    ] == []
