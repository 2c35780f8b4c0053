"""The real Gatekeeper and gator: build them, or pin another version.

Run it from the folder tools/: python -m gatekeeper VERB.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from controlplane import build
from controlplane.instance import ControlPlaneError
from controlplane.programs import KUBE_ONLY
from gatekeeper import programs
from monitoring.pin import pin

OK, FAILED = 0, 2


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _build(_: argparse.Namespace) -> int:
    build.build(_say, (*KUBE_ONLY, *programs.ALL))
    return OK


def _pin(arguments: argparse.Namespace) -> int:
    if not arguments.version.startswith("v"):
        raise ControlPlaneError(f"{arguments.version}: want vVERSION")
    pin(programs.GATEKEEPER, arguments.version)
    return OK


def main(words: Sequence[str] | None = None) -> int:
    """One verb; what went wrong is one line, not a traceback."""
    parser = argparse.ArgumentParser(
        prog="gatekeeper", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    added = verbs.add_parser("build", help="build what is missing of it and of an API server, into the cache")
    added.set_defaults(function=_build)
    added = verbs.add_parser("pin", help="write go.mod and go.sum again, for another version")
    added.add_argument("version", metavar="VERSION", help="v3.24.0, say")
    added.set_defaults(function=_pin)
    arguments = parser.parse_args(words)
    try:
        code: int = arguments.function(arguments)
    except (ControlPlaneError, build.BuildError, OSError) as error:
        _say(f"gatekeeper: {error}")
        return FAILED
    return code


if __name__ == "__main__":
    sys.exit(main())
