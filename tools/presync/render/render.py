"""Applications rendered as Argo CD renders them.

Nothing here raises for what a repository holds: a render that fails gives the reason, one that presync cannot do says
what is missing. Resources come in Argo CD's own order: source by source; within Helm CRDs, then kinds in Helm's order
of installation, then hooks; within Kustomize as it prints them; within a folder file by file. Of an object that appears
several times the last one stays, at its own place.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from presync.argocd.context import Context
from presync.argocd.model import Application
from presync.base.finding import Problem
from presync.engine import EngineError
from presync.render import documents, scopes
from presync.render.documents import DocumentError
from presync.render.failure import Refused, Unavailable
from presync.render.memory import Memory
from presync.render.model import RenderedApplication, Resource
from presync.render.result import Item, Output
from presync.render.run import Run, bounded
from presync.render.scopes import Scopes
from presync.render.sources import Sources
from presync.render.tracking import check_annotations
from presync.tree import TreeError, notes

Report = Callable[[Application], None]


@dataclass(frozen=True, slots=True)
class Bare:
    """An Application before it is known which kinds have a namespace."""

    application: Application
    items: tuple[Item, ...] = ()
    problems: tuple[Problem, ...] = ()
    error: str = ""
    unavailable: str = ""
    external: str = ""
    reads: frozenset[str] = frozenset()


def render_all(  # noqa: PLR0917 - each has its own meaning
    applications: Sequence[Application],
    context: Context,
    report: Report | None = None,
    api_versions: Sequence[str] = (),
    known: Scopes | None = None,
    memory: Memory[Bare] | None = None,
) -> list[RenderedApplication]:
    """Every Application, in the order given; ``report`` is called as each is done.

    What ``memory`` has from another state of the tree is taken where that cannot make a difference.

    ``api_versions`` are served by the clusters besides Kubernetes' own and those in the settings; ``known`` says which
    kinds of other CRDs are cluster-scoped. CRDs in any Application's output count for all.
    """
    run = Run(context, tuple(api_versions))
    lock = threading.Lock()

    def one(application: Application) -> Bare:
        result = memory.find(application, context, run.api_versions) if memory else None
        if result is None:
            with notes.noting() as asked:
                result = _render(application, run)
            if memory:
                memory.keep(application, context, run.api_versions, asked, result)
        if report:
            with lock:
                report(application)
        return result

    if len(applications) < 2:
        found = [one(application) for application in applications]
    else:
        with ThreadPoolExecutor(context.engine.size + 1, thread_name_prefix="render") as threads:
            try:
                found = list(threads.map(one, applications))
            except BaseException:  # Ctrl-C does not wait for what is being rendered
                context.engine.stop()
                threads.shutdown(wait=False, cancel_futures=True)
                raise
    declared = {**(known or {}), **scopes.declared(item.data for result in found for item in result.items)}
    return [_finished(result, declared) for result in found]


def render(
    application: Application, context: Context, api_versions: Sequence[str] = (), known: Scopes | None = None
) -> RenderedApplication:
    """One Application."""
    return render_all([application], context, None, api_versions, known)[0]


def _render(application: Application, run: Run) -> Bare:
    problems: list[Problem] = []
    reads: set[str] = set()
    items: list[Item] = []
    try:
        sources = Sources(application, run)
        external = sources.external()
        for output in sources.outputs():
            problems += output.problems
            reads |= output.reads
            items += _members(output)
        check_annotations(items)
    except Refused as error:
        return Bare(
            application,
            problems=_complete([*problems, *error.problems], application),
            error=error.message,
            reads=frozenset(reads),
        )
    except Unavailable as error:
        return _unavailable(application, error, problems, reads)
    except EngineError as error:
        return _unavailable(application, bounded(error) or Unavailable("render-bound", error.message), problems, reads)
    except TreeError as error:
        return _unavailable(application, Unavailable("render-bound", str(error)), problems, reads)
    return Bare(
        application,
        tuple(items),
        _complete(problems, application),
        unavailable=f"not rendered on purpose: {external}" if external else "",
        external=external,
        reads=frozenset(reads),
    )


def _unavailable(application: Application, error: Unavailable, problems: Sequence[Problem], reads: set[str]) -> Bare:
    return Bare(
        application,
        problems=_complete([*problems, error.problem], application),
        unavailable=f"{error.problem.message}. {error.problem.remedy}".rstrip(". ") + ".",
        reads=frozenset(reads),
    )


def _complete(problems: Sequence[Problem], application: Application) -> tuple[Problem, ...]:
    """The problems with the Application's name, and its place where they have none."""
    place = application.origin.place
    return tuple(
        replace(
            problem,
            application=problem.application or application.name,
            location=problem.location if problem.location.file else place,
        )
        for problem in problems
    )


def _members(output: Output) -> list[Item]:
    found = []
    for item in output.items:
        try:
            members = documents.members(item.data)
        except DocumentError as error:
            raise Refused(error.message) from None
        found += [item if member is item.data else replace(item, data=member) for member in members]
    return found


def _finished(result: Bare, known: Scopes) -> RenderedApplication:
    application = result.application
    destination = application.destination.namespace
    resources: dict[tuple[str, ...], Resource] = {}
    repeated: dict[tuple[str, ...], Resource] = {}
    for index, item in enumerate(result.items):
        resource = Resource(
            item.data,
            scopes.namespace_of(item.data, destination, known),
            item.source,
            item.text,
            item.chart,
            item.template,
            item.trace,
        )
        key: tuple[str, ...] = resource.key
        if not resource.name:
            key = (*key, str(index))  # generateName: every one is an object of its own
        if resources.pop(key, None) is not None:
            repeated[key] = resource
        resources[key] = resource
    warnings = [
        Problem(
            "resource-repeated",
            f"{resource} is rendered more than once; Argo CD keeps the last one",
            "Remove the others.",
            resource=str(resource),
            location=resource.source,
        )
        for resource in repeated.values()
    ]
    return RenderedApplication(
        application,
        tuple(resources.values()),
        (*result.problems, *_complete(warnings, application)),
        result.error,
        result.unavailable,
        result.external,
        result.reads,
    )
