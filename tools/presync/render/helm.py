"""A Helm chart, as Argo CD calls ``helm template`` for it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from presync.argocd.versions import before, has_helm
from presync.base import goyaml
from presync.base.finding import Location, Problem
from presync.engine import Chart, EngineError, Rendered, RenderRequest
from presync.render import apis, blame, helm3, inline, integers, metadata, schema
from presync.render.archive import ArchiveTree
from presync.render.chart import ChartFiles
from presync.render.failure import Refused, Unavailable
from presync.render.layers import Layer, Values, merge_all
from presync.render.manifests import printed
from presync.render.parameters import apply
from presync.render.result import Item, Output
from presync.render.run import Run, bounded
from presync.render.semver import VersionError
from presync.render.source import Prepared
from presync.render.trace import HelmTrace
from presync.render.valuefiles import File, one_file, value_files
from presync.tree import TreeError

_RELEASE = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")
_VERSION = re.compile(r"\s*v?([0-9]+(?:\.[0-9]+)+)")
_MAX_RELEASE = 53
_NO_NETWORK = "127.0.0.1:9"
_ADDRESS = re.compile(rb'"\$ref"\s*:\s*"[a-z]+://')


def render(prepared: Prepared, run: Run) -> Output:
    """The objects of a chart.

    Raises:
        Refused: Argo CD or Helm would refuse.
        Unavailable: something is not here, or a bound was reached.
    """
    return _Render(prepared, run).run()


class _Render:
    def __init__(self, prepared: Prepared, run: Run) -> None:
        self.prepared = prepared
        self.run_ = run
        self.helm = prepared.source.helm
        self.reads: set[str] = set(prepared.overrides)

    def run(self) -> Output:
        helm, application = self.helm, self.prepared.application
        kube_version = _kube_version(str(helm.get("kubeVersion") or self.run_.kubernetes))
        layers = self._layers()
        values, problems = apply(merge_all(layers), helm, self.prepared.environment, self._file_parameter)
        wanted = str(helm.get("version") or "")
        if not has_helm(self.run_.context.settings.argocd, wanted):
            what = "helm chart version" if self.run_.helm3 else "helm version"
            start = "error initializing helm app object: failed to create new helm command"
            raise Refused(f"{start}: {what} '{wanted}' is not supported")
        chart = complete = self._chart()
        if self.run_.helm3:
            helm3.check_parameters(helm)
            problems = [
                *problems,
                *helm3.problems(chart, values, lambda path: self.prepared.file(complete.origins.get(path, path))),
            ]
            chart, values = helm3.adapted(chart, values)
        if not self.prepared.chart_label:
            self.reads.update(origin for origin in chart.origins.values() if "://" not in origin)
        self._installable(chart)
        name = self._release_name(str(helm.get("releaseName") or application.name))
        request = RenderRequest(
            archive=self._archive(chart, values, shared=chart is complete),
            values=values,
            name=name,
            namespace=str(helm.get("namespace") or application.destination.namespace),
            kube_version=kube_version,
            api_versions=self._api_versions(),
            include_crds=helm.get("skipCrds") is not True,
        )
        rendered = self._rendered(request, chart, layers)
        label = self.prepared.chart_label or self.prepared.folder
        trace = HelmTrace(
            self.run_.context.engine,
            request,
            self._placed(chart),
            tuple(layers),
            self.prepared.location,
            self.prepared.application,
            self.prepared.index,
            self.run_.context.repositories.head,
        )
        if helm.get("parameters"):
            _ = trace.parameters  # read now, so that the lines they stand in are among what this render asked for
        items = tuple(
            Item(
                document.data,
                self.prepared.file(chart.origin(document.source)),
                document.text,
                label,
                document.source,
                trace,
            )
            for document in printed(rendered, helm.get("skipTests") is True, self.run_.helm3)
        )
        return Output(items, tuple(problems), frozenset(self.reads))

    def _layers(self) -> list[Layer]:
        raw = [str(one) for one in self.helm.get("valueFiles") or ()]
        globs = not before(self.run_.context.settings.argocd, "3.4")
        files = value_files(raw, self.prepared.place, self.helm.get("ignoreMissingValueFiles") is True, globs)
        layers = [self._layer(file) for file in files]
        given = self.helm.get("valuesObject")
        if given is not None:
            data = given
        else:
            text = str(self.helm.get("values") or "")
            try:
                data = self.run_.values(text.encode()) if text else None
            except Refused as error:
                raise Refused(f"failed to parse helm.values: {error}") from None
        if isinstance(data, Mapping):
            application, head = self.prepared.application, self.run_.context.repositories.head
            layers.append(inline.layer(data, application, self.prepared.index, head, self.prepared.location))
        elif data is not None:
            raise Refused("failed to parse helm.valuesObject: cannot unmarshal yaml document: it is not a mapping")
        return layers

    def _layer(self, file: File) -> Layer:
        data = self._read(file)
        try:
            values = self.run_.values(data)
        except Refused as error:
            words = str(error)
            words = words.removeprefix("cannot unmarshal yaml document: ") if self.run_.helm3 else words
            message = f"failed to parse {file.path}: {words}"
            problem = Problem("render-failed", message, location=blame.of_values(words, self._place(file)))
            raise Refused(message, (problem,)) from None
        where = self._place(file)
        return Layer(values, where, data.decode("utf-8-sig", "replace"))

    def _place(self, file: File) -> Location:
        return self.prepared.file(file.path) if file.tree is self.prepared.tree else Location(file.path)

    def _read(self, file: File) -> bytes:
        if file.tree.is_folder(file.path):
            raise Refused(f"read {file.path}: is a directory")
        if not file.tree.is_file(file.path):
            raise Refused(f"open {file.path}: no such file or directory")
        if not isinstance(file.tree, ArchiveTree):
            self.reads.add(file.path)
        try:
            return file.tree.read(file.path)
        except TreeError as error:
            raise Unavailable("render-bound", str(error), "Split the file, or keep it out of the repository.") from None

    def _file_parameter(self, path: str) -> str:
        try:
            file = one_file(path, self.prepared.place)
        except Refused as error:
            raise Refused(f"error resolving helm value file path: {error}") from None
        return self._read(file).decode("utf-8", "replace")

    def _chart(self) -> ChartFiles:
        tree, folder = self.prepared.tree, self.prepared.folder
        path = f"{folder}/Chart.yaml" if folder else "Chart.yaml"
        if not tree.is_file(path):
            raise Refused(
                "error getting helm repos: error retrieving helm dependency repos: error reading helm chart from "
                f"{path}: open {path}: no such file or directory"
            )
        try:
            goyaml.load(goyaml.decode(tree.read(path)))
        except (goyaml.GoYamlError, TreeError) as error:
            line = getattr(error, "line", 0)
            raise Refused(
                "error getting helm repos: error retrieving helm dependency repos: error unmarshalling the helm chart "
                f"while getting helm dependency repos: {self.run_.yaml_error(tree.read(path), str(error))}",
                (Problem("manifest-unreadable", str(error), location=replace(self.prepared.file(path), line=line)),),
            ) from None
        bare = self.run_.chart(tree, folder)
        self._installable(bare)
        try:
            return self.run_.complete_chart(tree, folder, self.helm.get("skipSchemaValidation") is not True)
        except Refused as error:
            if error.problems:
                raise
            place = metadata.locate(self._placed(bare), metadata.of_dependency(error.message, bare))
            raise self._refused(error.message, place, folder) from None
        except Unavailable as error:
            one = error.problem
            place = metadata.locate(self._placed(bare), metadata.of_dependency(one.message, bare))
            raise Unavailable(one.kind, one.message, one.remedy, one.location if one.location.file else place) from None

    def _installable(self, chart: ChartFiles) -> None:
        """Helm's word on the kind of chart, and its loader's on what it does not know."""
        kind = chart.metadata.get("type") or "application"
        message = ""
        if chart.metadata.get("apiVersion") not in (None, "", "v1", "v2") and not self.run_.helm3:
            message = "invalid chart apiVersion"
        elif kind == "library":
            message = f"{kind} charts are not installable"
        elif kind != "application":
            message = "validation: chart.metadata.type must be application or library"
        if message:
            field = "apiVersion" if "apiVersion" in message else "type"
            place = metadata.locate(self._placed(chart), (field,))
            raise self._refused(message, place, self.prepared.folder)

    @staticmethod
    def _refused(message: str, place: Location, folder: str) -> Refused:
        """All Applications of the chart have the same cause."""
        return Refused(message, (Problem("render-failed", message, location=place, cause=f"{folder} {message}"),))

    def _placed(self, chart: ChartFiles) -> ChartFiles:
        """The chart with its files' places as people see them."""
        return chart.with_files(
            chart.files, {path: self.prepared.file(origin).file for path, origin in chart.origins.items()}
        )

    def _archive(self, chart: ChartFiles, values: Values, shared: bool) -> bytes:
        pack = partial(self.run_.packed, chart) if shared else chart.packed
        if not integers.has_integers(values):
            return pack({})
        return pack(integers.template(values, chart.names(), chart.deepest()))

    def _release_name(self, name: str) -> str:
        if "{{" in name:  # Helm takes the name for a template
            files = {"Chart.yaml": b"apiVersion: v2\nname: name\nversion: 0.0.0\n", "templates/name": name.encode()}
            try:
                name = self.run_.context.engine.evaluate(Chart("name", files).archive(), {})
            except EngineError as error:
                raise bounded(error) or Refused(error.message) from None
        if not name or len(name) > _MAX_RELEASE or not _RELEASE.match(name):
            raise Refused(
                f'release name check failed: release name "{name}": invalid release name, must match regex '
                r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$ "
                "and the length must not be longer than 53"
            )
        return name

    def _api_versions(self) -> tuple[str, ...]:
        own = self.helm.get("apiVersions")
        if own:
            return tuple(part for one in own for part in str(one).split(","))
        settings = self.run_.context.settings
        further = (*settings.api_versions, *self.run_.api_versions)
        return apis.for_application(settings.kubernetes[0], self.prepared.application, further)

    def _rendered(self, request: RenderRequest, chart: ChartFiles, layers: Sequence[Layer]) -> list[Rendered]:
        try:
            rendered = self.run_.context.engine.render(request)
        except EngineError as error:
            if error.step != "render":
                raise self._failure(error, chart, layers) from None
            self._compatible(chart, request.kube_version)
            raise self._failure(error, chart, layers) from None
        self._compatible(chart, request.kube_version)
        return rendered

    def _compatible(self, chart: ChartFiles, version: str) -> None:
        constraint = str(chart.metadata.get("kubeVersion") or "")
        version = f"v{version.removeprefix('v')}"
        try:
            fits = not constraint or self.run_.versions.satisfies(constraint, version)
        except VersionError:
            fits = False
        if not fits:
            raise Refused(
                f"chart requires kubeVersion: {constraint} which is incompatible with Kubernetes {version}",
                (
                    Problem(
                        "chart-kube-version",
                        f"chart {chart.name} requires Kubernetes {constraint}, the cluster has {version}",
                        "Raise `kubernetes` in presync.yaml if the cluster is newer, or choose another chart version.",
                        location=self._line("Chart.yaml", chart, "kubeVersion"),
                    ),
                ),
            )

    def _remote_schema(self, chart: ChartFiles) -> Location:
        name = "values.schema.json"
        found = _ADDRESS.search(chart.files.get(name, b""))
        line = chart.files[name].count(b"\n", 0, found.start()) + 1 if found else 0
        return replace(self.prepared.file(chart.origins.get(name, name)), line=line)

    def _line(self, name: str, chart: ChartFiles, key: str) -> Location:
        where = self.prepared.file(chart.origins.get(name, name))
        nodes = (document.node for document in goyaml.documents(chart.files[name].decode("utf-8", "replace")))
        return goyaml.locate(next(nodes), [key], where.file)

    def _failure(self, error: EngineError, chart: ChartFiles, layers: Sequence[Layer]) -> Exception:
        stopped = bounded(error)
        if stopped:
            place = blame.of_itself(layers)
            remedy = "The value asks for itself, and through tpl that never ends: write it out." if place else ""
            return Unavailable(stopped.problem.kind, stopped.problem.message, remedy, place)
        if _NO_NETWORK in error.message:
            return Unavailable(
                "schema-remote",
                f"values.schema.json of {chart.name} points to another schema on the network",
                "Copy the schema into $defs; what a URL gives can change without a commit.",
                self._remote_schema(chart),
                cause=chart.name,
            )
        own = chart.files.get("values.yaml", b"")
        defaults = Layer(
            self.run_.values(own) if own else {},
            self.prepared.file(chart.origins.get("values.yaml", "values.yaml")),
            own.decode("utf-8", "replace"),
        )
        if error.step == "values" and error.message.startswith(schema.START):
            return Refused(
                error.message.rstrip("\n"),
                schema.problems(error.message, chart, [defaults, *layers], self.prepared.location),
            )
        place = metadata.of_chart(error.message, self._placed(chart))
        if place.file:
            return self._refused(error.message, place, chart.folder)
        place = blame.of_render(error.message, self._placed(chart), layers, defaults)
        return Refused(error.message, (Problem("render-failed", error.message, location=place),))


def _kube_version(text: str) -> str:
    """Argo CD drops what a provider appended to the version.

    Raises:
        Refused: not a version.
    """
    found = _VERSION.match(text)
    if not found:
        raise Refused(f'could not parse kubernetes version {text}: could not parse "{text}" as version')
    return found[1]
