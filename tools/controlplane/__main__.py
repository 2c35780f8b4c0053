"""The real Argo CD control plane on this machine: build it, start it, ask it, stop it.

Run it from the folder tools/, or with the virtual environment's Python: python -m controlplane VERB.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from controlplane import build, dryrun, pin, programs, snapshot
from controlplane.documents import Document, DocumentError, read_file
from controlplane.driver import ControlPlane
from controlplane.instance import ControlPlaneError
from controlplane.sandbox import SandboxError

OK, FOUND, FAILED = 0, 1, 2


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _run_folder(arguments: argparse.Namespace) -> Path:
    named: Path | None = arguments.run
    return named or build.cache() / "run"


def _build(arguments: argparse.Namespace) -> int:
    start = time.monotonic()
    by_name = {module.name: module for module in programs.ALL}
    unknown = [name for name in arguments.modules if name not in by_name]
    if unknown:
        raise ControlPlaneError(f"no module {', '.join(unknown)}; there are {', '.join(by_name)}")
    wanted = tuple(by_name[name] for name in arguments.modules or by_name)
    took = build.build(_say, wanted)
    for name in build.prune() if arguments.prune else []:
        _say(f"removed {name}")
    _say(f"{'built in ' if took else 'everything is built already; '}{time.monotonic() - start:.1f} s, {build.cache()}")
    return OK


def _pin(arguments: argparse.Namespace) -> int:
    by_name = {module.name: module for module in programs.ALL}
    for word in arguments.pins:
        name, _, version = word.partition("=")
        if name not in by_name or not version.startswith("v"):
            raise ControlPlaneError(f"{word}: want MODULE=vVERSION, MODULE one of {', '.join(by_name)}")
        pin.pin(by_name[name], version)
    return OK


def _start(arguments: argparse.Namespace) -> int:
    start = time.monotonic()
    plane = ControlPlane(_run_folder(arguments))
    plane.start(arguments.nodes, arguments.kube_only, detached=True, sync=not arguments.no_sync)
    _say(f"started in {time.monotonic() - start:.1f} s, in {plane.folder}")
    return OK


def _stop(arguments: argparse.Namespace) -> int:
    plane = ControlPlane(_run_folder(arguments))
    try:
        plane.attach()
    except ControlPlaneError as error:
        _say(str(error))
        return OK
    plane.stop()
    return OK


def _status(arguments: argparse.Namespace) -> int:
    print(json.dumps(ControlPlane(_run_folder(arguments)).attach().status(), indent=2))
    return OK


def _serve(arguments: argparse.Namespace) -> int:
    plane = ControlPlane(_run_folder(arguments)).attach()
    print(plane.serve(arguments.url, arguments.folder, arguments.static, arguments.revision or ("master",)))
    return OK


def _shell(arguments: argparse.Namespace) -> int:
    return ControlPlane(_run_folder(arguments)).attach().shell(arguments.command, Path.cwd())


def _pairs(words: Sequence[str]) -> list[tuple[str, Path]]:
    found = []
    for word in words:
        url, _, folder = word.rpartition("=")
        if not url:
            raise ControlPlaneError(f"{word}: want URL=FOLDER")
        found.append((url, Path(folder)))
    return found


def _take_snapshot(plane: ControlPlane, arguments: argparse.Namespace, manifests: list[Document]) -> snapshot.Result:
    tree: Path = arguments.tree
    for url, folder in _pairs(arguments.charts):
        plane.serve(url, folder, static=True)
    others = _pairs(arguments.repository)
    for url, folder in others:
        plane.serve(url, folder)
    urls = arguments.url or sorted(snapshot.repository_urls(manifests) - {url for url, _ in others})
    for url in urls:
        _say(f"serving {tree} as {url} at {plane.serve(url, tree, revisions=arguments.revision or ('master',))[:12]}")
    return snapshot.take(plane, manifests, arguments.seconds)


def _snapshot(arguments: argparse.Namespace) -> int:
    files = arguments.manifests or snapshot.find_manifests(arguments.tree)
    manifests, notes = snapshot.read_manifests(files)
    if not any(document.kind in snapshot.KINDS for document in manifests):
        raise ControlPlaneError(
            "; ".join([*notes, f"{arguments.tree} has no AppProject, ApplicationSet or Application"])
        )
    start = time.monotonic()
    if arguments.run is None:
        with ControlPlane() as plane:
            plane.start(arguments.nodes, sync=not arguments.no_sync)
            _say(f"started in {time.monotonic() - start:.1f} s")
            start = time.monotonic()
            result = _take_snapshot(plane, arguments, manifests)
    else:
        result = _take_snapshot(ControlPlane(arguments.run).attach(), arguments, manifests)
    snapshot.write(result, arguments.out)
    for note in [*notes, *result.notes]:
        _say(f"note: {note}")
    _say(f"snapshot in {time.monotonic() - start:.1f} s")
    print(snapshot.summary(result))
    return FOUND if result.errors or result.denied or result.sets or result.notes or notes else OK


def _files(named: Sequence[Path]) -> list[Path]:
    """Folders count for the YAML and JSON files below them."""
    found: list[Path] = []
    for path in named:
        if path.is_dir():
            found += sorted(file for file in path.rglob("*") if file.suffix in {".yaml", ".yml", ".json"})
        else:
            found.append(path)
    return found


def _dry_run(arguments: argparse.Namespace) -> int:
    crds = [document for file in _files(arguments.crds) for document in read_file(file) if document.kind == dryrun.CRD]
    manifests: list[Document] = []
    refused = 0
    for file in _files(arguments.files):
        try:
            manifests.extend(read_file(file))
        except DocumentError as error:
            refused += 1
            print(json.dumps({"file": str(file), "accepted": False, "reason": "Unreadable", "message": str(error)}))
    start = time.monotonic()
    with ControlPlane() as plane:
        plane.start(kube_only=True)
        plane.install_crds(crds)
        ready = time.monotonic()
        options = {"namespace": arguments.namespace, "strict": not arguments.lenient, "create": arguments.create}
        for verdict in dryrun.dry_run(plane, manifests, **options):
            refused += not verdict.accepted
            print(json.dumps(verdict.as_json(), ensure_ascii=False))
        took = time.monotonic() - ready
    _say(
        f"{len(manifests)} objects, {refused} refused; ready after {ready - start:.1f} s, "
        f"then {took:.1f} s ({len(manifests) / took:.0f} a second)"
    )
    return FOUND if refused else OK


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="controlplane",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Exit code: 0 fine, 1 something was refused or could not be rendered, 2 could not tell.",
    )
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    def verb(name: str, function: object, text: str, run: str = "") -> argparse.ArgumentParser:
        added = verbs.add_parser(name, help=text, description=text)
        added.set_defaults(function=function)
        if run:
            added.add_argument("--run", type=Path, metavar="DIR", help=run)
        return added

    where = "the instance's folder (default: run/ in the cache); one instance a folder, several side by side"

    added = verb("build", _build, "build every program that is missing, from the pinned Go modules, into the cache")
    names = [module.name for module in programs.ALL]
    more = f"of {', '.join(names)} (default: all; `dry-run` needs kubernetes and etcd)"
    added.add_argument("modules", nargs="*", metavar="MODULE", help=more)
    added.add_argument("--prune", action="store_true", help="afterwards remove programs of other pins from the cache")

    added = verb("pin", _pin, "write go.mod and go.sum of modules again, for other versions")
    added.add_argument("pins", nargs="+", metavar="MODULE=VERSION", help="argocd=v3.5.8, say")

    added = verb("start", _start, "start an instance that stays until `stop`", where)
    added.add_argument("--nodes", action="store_true", help="with a node on which Pods become ready, and volumes")
    added.add_argument("--kube-only", action="store_true", help="the API server alone")
    added.add_argument("--no-sync", action="store_true", help="Applications are compared and rendered, never synced")

    verb("stop", _stop, "end every process of an instance", where)
    verb("status", _status, "show an instance's programs, their memory and what it serves, as JSON", where)

    added = verb("serve", _serve, "answer a repository URL from a folder, or push what changed in it", where)
    added.add_argument("url", metavar="URL")
    added.add_argument("folder", type=Path, metavar="DIR", help="a work tree, committed as it is, or a git directory")
    added.add_argument("--static", action="store_true", help="plain files: a chart repository with its index.yaml")
    added.add_argument("--revision", action="append", metavar="NAME", help="a branch beside main, or refs/tags/NAME")

    added = verb("shell", _shell, "a shell, or a command such as `kubectl get pods -A`, inside an instance", where)
    added.add_argument("command", nargs=argparse.REMAINDER, metavar="COMMAND")

    added = verb(
        "snapshot",
        _snapshot,
        "write what Argo CD makes of a tree (Applications, rendered manifests, refusals) into a folder",
        "use this running instance (a fresh one, it shows all it holds); default: start one and stop it",
    )
    added.add_argument("tree", type=Path, metavar="TREE", help="a work tree, served as what its manifests call it")
    added.add_argument("out", type=Path, metavar="OUT", help="OUT/apps and OUT/render are replaced")
    added.add_argument("manifests", type=Path, nargs="*", metavar="FILE", help="what is applied (default: all)")
    added.add_argument("-u", "--url", action="append", help="serve TREE as this URL only (default: all they name)")
    added.add_argument(
        "--revision", action="append", metavar="NAME", help="a branch of it beside main, or refs/tags/NAME"
    )
    added.add_argument("--repository", action="append", default=[], metavar="URL=DIR", help="another git repository")
    added.add_argument("--charts", action="append", default=[], metavar="URL=DIR", help="a chart repository")
    added.add_argument("--nodes", action="store_true", help="with a node on which Pods become ready")
    added.add_argument("--no-sync", action="store_true", help="never sync: faster, but single resources are not judged")
    added.add_argument("--seconds", type=float, default=120, help="how long to wait for Argo CD (default: 120)")

    added = verb("dry-run", _dry_run, "ask a real API server what it would say to each object; one line of JSON each")
    added.add_argument("files", type=Path, nargs="+", metavar="FILE", help="manifests, or folders of them")
    added.add_argument("--crds", type=Path, action="append", default=[], metavar="DIR", help="install these first")
    added.add_argument("--namespace", default="default", help="of objects that name none (default: default)")
    added.add_argument("--lenient", action="store_true", help="ignore unknown fields, as Validate=false does")
    added.add_argument("--create", action="store_true", help="as a plain creation instead of a server-side apply")
    return parser


def main(words: Sequence[str] | None = None) -> int:
    """One verb; what went wrong is one line, not a traceback."""
    arguments = _parser().parse_args(words)
    try:
        code: int = arguments.function(arguments)
    except (ControlPlaneError, SandboxError, build.BuildError, DocumentError, OSError) as error:
        _say(f"controlplane: {error}")
        return FAILED
    except KeyboardInterrupt:
        return 130
    return code


if __name__ == "__main__":
    sys.exit(main())
