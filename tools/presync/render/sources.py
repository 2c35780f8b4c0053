"""The sources of an Application: which trees they are, how they refer to each other, and their rendering one by one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from presync.argocd.model import Application, Source
from presync.argocd.repositories import SourceUnavailable
from presync.argocd.validity import source_fields
from presync.argocd.versions import before
from presync.base.finding import Problem
from presync.render import directory, helm, kustomize, vendor
from presync.render.environment import build_environment
from presync.render.failure import Refused, Unavailable
from presync.render.result import Output
from presync.render.run import Run
from presync.render.source import (
    Prepared,
    app_folder,
    check_links,
    instance_name,
    source_kind,
    with_overrides,
)
from presync.tree import Tree
from presync.tree.commit import CommitTree
from presync.tree.repository import canonical_url

_REFERENCE = re.compile(r"[A-Za-z0-9_-]+$")
_NO_COMMIT = "0" * 40


class Sources:
    """The sources of one Application."""

    def __init__(self, application: Application, run: Run) -> None:
        self.application = application
        self.run = run
        self.several = application.is_multi_source

    def external(self) -> str:
        """Why presync.yaml says that a source of this Application is not rendered; empty where it does not."""
        for source in self.application.sources:
            reason = self._external(source)
            if reason:
                return reason
        return ""

    def _external(self, source: Source) -> str:
        found = vendor.external(self.run.context.settings, source.repo_url, source.chart)
        return found.why if found else ""

    def outputs(self) -> Iterator[Output]:
        """What each source gives, in order; those that presync.yaml calls external are left out.

        Raises:
            Refused: Argo CD would refuse one of them.
            Unavailable: one of them is not here.
        """
        references = self._references()
        for source, field in source_fields(self.application):
            try:
                if self.several and not source.path and not source.chart:
                    self._tree(source)  # only there to be referred to, but it must exist
                    continue
                if self._external(source):
                    continue
                output = self._output(source, references)
            except Unavailable as error:
                raise error.placed(_of_source(error.problem, field).field) from None
            yield replace(output, problems=tuple(_of_source(one, field) for one in output.problems))

    def _references(self) -> dict[str, Source]:
        found: dict[str, Source] = {}
        sources = self.application.sources if self.several else ()
        if len(sources) == 1 and before(self.run.context.settings.argocd, "3.5"):
            return found  # a source alone was not looked at until 3.5
        for source in sources:
            if not source.ref:
                continue
            if not _REFERENCE.match(source.ref):
                raise Refused(f"sources.ref {source.ref} cannot contain any special characters except '_' and '-'")
            if f"${source.ref}" in found:
                raise Refused("invalid sources: multiple sources had the same `ref` key")
            found[f"${source.ref}"] = source
        return found

    def _output(self, source: Source, references: Mapping[str, Source]) -> Output:
        problems: list[Problem] = []
        if source.chart and not source.repo_url.startswith("oci://"):
            tree, version, label = self._chart(source, problems)
            folder = ""
        elif source.repo_url.startswith("oci://"):
            tree, version, label = self._oci(source, problems)
            check_links(tree, "oci image")
            folder = app_folder(tree, source.path)
        else:
            tree, label = self._tree(source), ""
            version = self._commit(tree)
            check_links(tree)
            folder = app_folder(tree, source.path)
        trees = self._referenced(source, references, tree)
        instance = instance_name(self.application, self.run.context.control_plane)
        merged, overrides = with_overrides(source, instance, tree, folder, self.run.yaml_error)
        environment = {
            **build_environment(self.application, source, version),
            "ARGOCD_APP_NAME": instance,
        }
        prepared = Prepared(
            self.application,
            merged,
            tree,
            folder,
            environment,
            trees,
            source_kind(merged, tree, folder),
            overrides if not label else (),
            label,
            next((at for at, one in enumerate(self.application.sources) if one.raw is source.raw), 0),
        )
        output = self._rendered(prepared)
        return Output(output.items, (*problems, *output.problems), output.reads)

    def _rendered(self, prepared: Prepared) -> Output:
        match prepared.kind:
            case "Helm":
                return helm.render(prepared, self.run)
            case "Kustomize":
                return kustomize.render(prepared, self.run)
            case "Plugin":
                raise Unavailable(
                    "plugin-unsupported",
                    "the source is rendered by a config management plugin, which presync does not run",
                    "List the source under `externals:` in presync.yaml, or render it to YAML in the repository.",
                    field="plugin",
                )
            case _:
                return directory.render(prepared, self.run)

    def _tree(self, source: Source) -> Tree:
        try:
            return self.run.context.repositories.tree(source.repo_url, source.target_revision)
        except SourceUnavailable as error:
            known = self.run.context.repositories.is_this(source.repo_url)
            raise Unavailable(
                "source-unavailable",
                error.message,
                error.remedy,
                field="targetRevision" if known else "repoURL",
                cause=f"{source.repo_url} {source.target_revision}" if known else source.repo_url,
            ) from None

    def _commit(self, tree: Tree) -> str:
        if isinstance(tree, CommitTree):
            return tree.commit
        return self.run.context.repositories.repository.resolve("HEAD") or _NO_COMMIT

    def _chart(self, source: Source, problems: list[Problem]) -> tuple[Tree, str, str]:
        version, tree, ranged = self._remote(source.repo_url, source.chart, source)
        check_links(tree, "chart")
        if ranged:
            problems.append(self._ranged(source, version))
        return tree, version, f"{source.repo_url.rstrip('/')}/{source.chart}:{version}"

    def _oci(self, source: Source, problems: list[Problem]) -> tuple[Tree, str, str]:
        """An OCI artifact: the last part of its address is what the lock file calls the chart."""
        address = f"{source.repo_url.rstrip('/')}/{source.chart}" if source.chart else source.repo_url.rstrip("/")
        base, _, name = address.rpartition("/")
        version, tree, ranged = self._remote(base, name, source)
        if ranged:
            problems.append(self._ranged(source, version))
        return tree, version, f"{address}:{version}"

    def _remote(self, repo_url: str, name: str, source: Source) -> tuple[str, Tree, bool]:
        try:
            return self.run.remote_chart(repo_url, name, source.target_revision)
        except Unavailable as error:
            raise error.placed("targetRevision") from None

    def _ranged(self, source: Source, version: str) -> Problem:
        return Problem(
            "chart-version-range",
            f"targetRevision {source.target_revision!r} is a range; this was rendered with {version}, the newest that "
            f"{self.run.vendored.lock} holds, but Argo CD takes the newest there is",
            f"Write the version: {version}.",
            field="targetRevision",
        )

    def _referenced(self, source: Source, references: Mapping[str, Source], tree: Tree) -> dict[str, Tree]:
        """The trees that ``$name/`` means in the value files of this source."""
        paths = [str(one) for one in source.helm.get("valueFiles") or ()]
        paths += [str(one.get("path") or "") for one in source.helm.get("fileParameters") or ()]
        trees: dict[str, Tree] = {}
        revisions: dict[str, tuple[str, str]] = {}
        for path in paths:
            name = path.partition("/")[0]
            if not self.several or not path.startswith("$") or name in trees:
                continue
            other = references.get(name)
            if other is None:
                if not references:
                    raise Refused(f"source referenced \"{name}\", but no source has a 'ref' field defined")
                raise Refused(
                    f'source referenced "{name}", which is not one of the available sources ({", ".join(references)})'
                )
            if other.chart:
                raise Refused(
                    "source has a 'chart' field defined, but Helm charts are not yet not supported for 'ref' sources"
                )
            url = canonical_url(other.repo_url)
            key, revision = revisions.setdefault(url, (name, other.target_revision))
            if revision != other.target_revision:
                raise Refused(
                    f"cannot reference multiple revisions for the same repository ({name} references "
                    f'"{other.target_revision}" while {key} references "{revision}")'
                )
            trees[name] = self._tree(other)
            if not source.chart and url == canonical_url(source.repo_url) and trees[name] is not tree:
                raise Refused(
                    f"cannot reference a different revision of the same repository ({name} references "
                    f'"{other.target_revision}" while the application references "{source.target_revision}")'
                )
            check_links(trees[name])
        return trees


def _of_source(problem: Problem, field: str) -> Problem:
    """What is wrong with a field of the source, as a field of the Application; where a file is at fault, as it is."""
    if not problem.field or problem.location.file:
        return problem
    return replace(problem, field=f"{field}.{problem.field}")
