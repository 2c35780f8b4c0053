"""The real prometheus-operator on what this repository renders: build it, ask it, or pin another version.

Run it from the folder tools/: python -m monitoring VERB.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from controlplane import build
from controlplane.instance import ControlPlaneError
from controlplane.sandbox import SandboxError
from monitoring import feast, programs
from monitoring.pin import pin
from monitoring.stack import Stack, StackError
from monitoring.tree import RenderFailed, render

OK, FOUND, FAILED = 0, 1, 2
ROOT = Path(__file__).resolve().parents[2]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _build(_: argparse.Namespace) -> int:
    build.build(_say, programs.ALL)
    return OK


def _feast(_: argparse.Namespace) -> int:
    print(feast.install())
    return OK


def _pin(arguments: argparse.Namespace) -> int:
    by_name = {module.name: module for module in programs.ALL}
    for word in arguments.pins:
        name, _, version = word.partition("=")
        if name not in by_name or not version.startswith("v"):
            raise ControlPlaneError(f"{word}: want MODULE=vVERSION, MODULE one of {', '.join(by_name)}")
        pin(by_name[name], version)
    return OK


def _try(arguments: argparse.Namespace) -> int:
    """What the operator makes of each environment; 1 when it rejects something."""
    apps = render(arguments.tree)
    with Stack(arguments.tree, apps) as stack:
        rejected = stack.rejections()
        for environment in stack.environments:
            jobs = [one["job_name"] for one in stack.prometheus_configuration(environment)["scrape_configs"]]
            rules = stack.rule_files(environment)
            print(f"{environment}: {len(jobs)} scrape jobs, {len(rules)} rule files")
            for name in [*sorted(jobs), *sorted(rules)]:
                print(f"  {name}")
        for text in rejected:
            print(f"rejected: {text}")
    return FOUND if rejected else OK


def main(words: Sequence[str] | None = None) -> int:
    """One verb; what went wrong is one line, not a traceback."""
    parser = argparse.ArgumentParser(
        prog="monitoring", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    added = verbs.add_parser("build", help="build what is missing from the pinned Go modules, into the cache")
    added.set_defaults(function=_build)
    added = verbs.add_parser("feast", help="install the Feast of the image into the cache, for the proofs that run it")
    added.set_defaults(function=_feast)
    added = verbs.add_parser("pin", help="write go.mod and go.sum again, for other versions")
    added.add_argument("pins", nargs="+", metavar="MODULE=VERSION", help="prometheus-operator=v0.94.0, say")
    added.set_defaults(function=_pin)
    added = verbs.add_parser("try", help="give the operator everything a tree renders and show what it makes of it")
    added.add_argument("tree", type=Path, nargs="?", default=ROOT, metavar="TREE")
    added.set_defaults(function=_try)
    arguments = parser.parse_args(words)
    try:
        code: int = arguments.function(arguments)
    except (ControlPlaneError, SandboxError, StackError, RenderFailed, build.BuildError, OSError) as error:
        _say(f"monitoring: {error}")
        return FAILED
    return code


if __name__ == "__main__":
    sys.exit(main())
