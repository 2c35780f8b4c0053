"""presync compared with the real Argo CD.

Run it from the folder tools/, or with the virtual environment's Python: python -m parity VERB.
"""

from __future__ import annotations

import argparse
import fnmatch
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from controlplane.instance import ControlPlaneError
from controlplane.sandbox import SandboxError
from parity import cases, goldens, trees
from parity.model import Case
from parity.replay import replay
from parity.verdict import DIFFERS, Verdict, judge
from presync.base.errors import PresyncError
from presync.engine import Engine

OK, FOUND, FAILED = 0, 1, 2


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _chosen(patterns: Sequence[str]) -> list[Case]:
    """Cases by globs over GROUP/NAME, or NAME alone; all without any."""
    every = cases.read()
    found = [
        case
        for case in every
        if not patterns or any(fnmatch.fnmatch(case.id, one) or fnmatch.fnmatch(case.name, one) for one in patterns)
    ]
    if not found:
        raise cases.CaseError(f"there is no case {', '.join(patterns)}")
    return found


def _record(arguments: argparse.Namespace) -> int:
    from parity import recording, sets  # noqa: PLC0415 - only here Argo CD is needed

    start = time.monotonic()
    if arguments.sets:
        every = sets.folders()
        folders = [one for one in every if not arguments.cases or one.name in arguments.cases]
        if arguments.missing:
            folders = [one for one in folders if not (one / sets.EXPECTED).is_file()]
        again = 0
        for name, is_new in sets.record(folders, recording.VERSION):
            again += is_new
            if is_new:
                _say(f"changed: {name}")
        _say(f"{len(folders)} cases recorded, {again} changed, {time.monotonic() - start:.1f} s")
        return OK
    chosen = _chosen(arguments.cases)
    if arguments.missing:
        chosen = [case for case in chosen if not goldens.exists(case)]
    changed = 0
    for case, outcome in recording.record(chosen):
        before = goldens.texts(goldens.read(case)) if goldens.exists(case) else None
        if before != goldens.texts(outcome):
            changed += 1
            _say(f"{'new' if before is None else 'changed'}: {case.id}")
        goldens.write(case, outcome, recording.VERSION)
    _say(f"{len(chosen)} cases recorded, {changed} changed, {time.monotonic() - start:.1f} s")
    return OK


def _compare_cases(chosen: Sequence[Case]) -> list[Verdict]:
    found = []
    with Engine() as engine, tempfile.TemporaryDirectory(prefix="parity-") as place:
        for case in chosen:
            if not goldens.exists(case):
                raise cases.CaseError(f"{case.id} was never recorded: python -m parity record {case.id}")
            outcome = replay(cases.write(case, Path(place) / case.name), engine)
            found.append(judge(case, goldens.read(case), outcome))
    return found


def _compare(arguments: argparse.Namespace) -> int:
    if arguments.tree:
        return FOUND if trees.compare(arguments.tree, arguments.repository, arguments.url, _say) else OK
    start = time.monotonic()
    found = _compare_cases(_chosen(arguments.cases))
    for verdict in found:
        if verdict.result == DIFFERS:
            print(f"{verdict.case.id}: {verdict.case.why}")
            for difference in verdict.differences:
                print(f"  {difference}")
    print(f"\n{'group':<14}{'cases':>7}{'equal':>7}{'differ':>8}{'unsupported':>13}")
    for group in [*sorted({verdict.case.group for verdict in found}), ""]:
        counts = Counter(verdict.result for verdict in found if group in {"", verdict.case.group})
        row = f"{counts['equal']:>7}{counts['differs']:>8}{counts['unsupported']:>13}"
        print(f"{group or 'all':<14}{counts.total():>7}{row}")
    _say(f"{time.monotonic() - start:.1f} s")
    return FOUND if any(verdict.result == DIFFERS for verdict in found) else OK


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="parity",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Exit code: 0 all is equal or reported as unsupported, 1 something differs, 2 could not tell.",
    )
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    text = "ask the real Argo CD about cases and write its answers into their folders (needs `make controlplane`)"
    added = verbs.add_parser("record", help=text, description=text)
    added.add_argument("cases", nargs="*", metavar="CASE", help="GROUP/NAME or NAME, with globs (default: all)")
    added.add_argument("--missing", action="store_true", help="only cases that were never recorded")
    added.add_argument("--sets", action="store_true", help="the folders of cases/appset instead (CASE: their names)")
    added.set_defaults(function=_record)
    text = "compare presync with what was recorded, or with the real Argo CD for a whole tree"
    added = verbs.add_parser("compare", help=text, description=text)
    added.add_argument("cases", nargs="*", metavar="CASE", help="GROUP/NAME or NAME, with globs (default: all)")
    added.add_argument("--tree", type=Path, metavar="DIR", help="a work tree or a git directory instead of the cases")
    added.add_argument("--url", action="append", default=[], help="how Argo CD calls the tree (default: presync.yaml)")
    added.add_argument(
        "--repository", action="append", default=[], metavar="URL=DIR", help="another git repository that it names"
    )
    added.set_defaults(function=_compare)
    return parser


def main(words: Sequence[str] | None = None) -> int:
    """One verb; what went wrong is one line, not a traceback."""
    arguments = _parser().parse_args(words)
    try:
        code: int = arguments.function(arguments)
    except (ControlPlaneError, SandboxError, PresyncError, cases.CaseError, OSError) as error:
        _say(f"parity: {error}")
        return FAILED
    except KeyboardInterrupt:
        return 130
    return code


if __name__ == "__main__":
    sys.exit(main())
