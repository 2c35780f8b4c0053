"""What changes between the versions of Argo CD that presync.yaml may name: a part of docs/fidelity.md.

Read in the sources of Argo CD v3.3.19, v3.4.13 and v3.5.7 and of Helm v3.19.4 and v4.2.1. What presync makes of charts
with `argocd: "3.4"` was compared with Helm 3.19.4 itself (tests/render/test_helm3.py); no Argo CD 3.3 or 3.4 was run.
"""

from __future__ import annotations

from collections.abc import Iterator

MODELLED, REPORTED, NOT = "modelled", "reported", "not modelled"

# (what, until which version it was as said second, what it was, what it is since then, how presync treats it)
_CHANGES = (
    ("Helm", "3.4", "3.19.4", "4.2.1", "the rows below"),
    ("Kustomize", "", "5.8.1", "5.8.1 in all three", "nothing to do"),
    (
        "a null in a chart's own defaults",
        "3.4",
        "stays a null, and an override with null deletes it",
        "dropped",
        MODELLED,
    ),
    (
        "nulls together with import-values, or in `global` of chart and subchart",
        "3.4",
        "Helm 3's merge",
        "Helm 4's merge",
        f"{REPORTED}: HLM009",
    ),
    ("several YAML documents in a value file", "3.4", "the first counts", "all are merged", MODELLED),
    ("newlines at the end of a manifest (`|+`)", "3.4", "cut", "kept but for the last manifest", MODELLED),
    ("webhook configurations in the order of manifests", "3.4", "last", "after APIService", MODELLED),
    ("the function `mustToToml`", "3.4", "an error", "there", MODELLED),
    ("`a[0=1` as a parameter's name", "3.4", "an error", "ignored", MODELLED),
    ("`.Chart` with a name it has not", "3.4", "an error", "nothing", f"{REPORTED}: HLM009"),
    ("`.Chart` as a map (toYaml, range, index)", "3.4", "a struct", "a map", f"{REPORTED}: HLM009"),
    ("`.Capabilities.HelmVersion`", "3.4", "v3.19.4", "v4.2.1", f"{REPORTED}: HLM009"),
    (
        "a chart with dependencies under several names",
        "3.4",
        "parents may be mixed up",
        "each has its own",
        f"{REPORTED}: HLM009",
    ),
    ("`helm.version: v4`", "3.4", "refused", "taken", MODELLED),
    (
        "words of Helm's errors",
        "3.4",
        "one line for a template that fails",
        "several lines",
        f"{NOT}: the words of Helm 4",
    ),
    (
        "APIs Helm itself knows (`.Capabilities.APIVersions`)",
        "3.4",
        "those of client-go 0.34",
        "those of client-go 0.36",
        f"{NOT}: those of the configured Kubernetes count",
    ),
    ("globs in `helm.valueFiles`", "3.3", "a file of that name", "expanded", MODELLED),
    (
        "a value file named twice",
        "3.3",
        "read twice, the later place counts too",
        "counts once, at its first place",
        MODELLED,
    ),
    ("`ref` in `sources` with a single source", "3.4", "unknown to value files", "works", MODELLED),
    ("empty blocks for tools in `sources`", "3.4", "stored as they are", "removed", MODELLED),
    ("`automated: {prune: false}` in a template", "3.3", "dropped", "stored", MODELLED),
    ("`directory` in a template", "3.3", "always stored with `jsonnet: {}`", "stored without", MODELLED),
    (
        "`values` of a matrix's second generator that name something not there yet",
        "3.3",
        "filled in at once",
        "kept for later",
        MODELLED,
    ),
    ("selectors on maps of texts, such as labels of clusters", "3.3", "match nothing", "match", MODELLED),
    ("errors of files a git generator reads", "3.4", "name the file", "name the repository too", MODELLED),
    ("`tagPrefix` of a source", "3.4", "unknown field", "taken", f"{REPORTED}: ARG006, ARG011, K8S002"),
    ("`sourceHydrator.syncSource.repoURL`", "3.4", "unknown field", "taken", f"{REPORTED}: ARG006, ARG011, K8S002"),
    (
        "`excludeArchivedRepos`, `includeArchivedRepos` of scmProvider",
        "3.4",
        "unknown field",
        "taken",
        f"{REPORTED}: ARG006",
    ),
    (
        "`sourceIntegrity` and `syncWindows[].syncOverrun` of an AppProject",
        "3.4",
        "unknown field",
        "taken",
        f"{REPORTED}: K8S002",
    ),
    (
        "sync options `Prune=` and `Delete=` of an Application",
        "3.3",
        "ignored",
        "hold for every object",
        f"{REPORTED}: ARG041",
    ),
    (
        "helm, kustomize, directory and plugin in a hydrator's `drySource`",
        "3.3",
        "not looked at when the spec is checked",
        "looked at",
        f"{NOT}: presync does not hydrate",
    ),
    (
        "a revision that is a short name of a branch and of a tag",
        "3.3",
        "whichever is listed first",
        "only names that are short",
        f"{NOT}: as 3.5",
    ),
    ("go-jsonnet", "3.4", "0.21", "0.22", f"{NOT}: as 3.5"),
    ("semver ranges and TOML in charts", "3.4", "semver 3.4, toml 1.5", "semver 3.5, toml 1.6", f"{NOT}: as 3.5"),
    (
        "which of several failing Applications a condition names",
        "3.4",
        "the first that failed",
        "the first by name",
        f"{NOT}: presync names all",
    ),
)


def table() -> Iterator[str]:
    """The section of the document."""
    yield "## What changes between the versions"
    yield ""
    yield "`argocd:` in presync.yaml may be 3.3, 3.4 or 3.5. Everything else in this document was compared with a real"
    yield "Argo CD 3.5.7; the rows here were read in the sources of v3.3.19, v3.4.13 and v3.5.7, and in those of Helm"
    yield "v3.19.4 and v4.2.1. For 3.3 and 3.4 only Helm was run: 3.19.4 on every chart of this repository, on"
    yield "charts of odd things and on the charts of the Helm cases below, all equal but for what is reported. **No"
    yield "Argo CD 3.3 or 3.4 was run**: the rows about ApplicationSets, sources and stored Applications rest on source"
    yield "code and unit tests."
    yield ""
    yield "| | until | before | since then | presync |"
    yield "| --- | --- | --- | --- | --- |"
    for what, until, before, since, treated in _CHANGES:
        yield f"| {_cell(what)} | {until} | {_cell(before)} | {_cell(since)} | {_cell(treated)} |"
    yield ""
    yield "*until* is the last version that does as said under *before*."
    yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
