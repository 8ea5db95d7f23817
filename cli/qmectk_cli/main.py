"""The ``qmectk`` command: the group, and the one place where errors become sentences and exit codes."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence

import click

from .failures import INTERRUPTED, Session, one_line_warnings, report
from .interruption import heeded, leave
from .lazy import LazyGroup
from .options import debug_parameter
from .uncaught import end_stray_threads, report_uncaught
from .version import say_version

EPILOG = """\b
Examples:
  qmectk solve p1 --backend cd
  qmectk backends

\b
Exit codes:
  0    the question was answered
  1    a bug in qmectk (please report it)
  2    the command or a file it names cannot be used as written
  3    a Python package that the request needs is not installed
  4    no route: this backend cannot take this problem
  5    a backend failed, or a claim was refuted
  6    no feasible point was found
  130  interrupted
"""

#: Objects made between two collections of garbage. Python's 700 cost a tenth of a start, which makes hundreds of
#: thousands that stay.
GARBAGE = 50_000


@click.group(cls=LazyGroup, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, expose_value=False, callback=say_version, help="Show the version and exit.")
@click.option("--verbose", is_flag=True, is_eager=True, help="With --version: of the machine and all packages, too.")
def cli(verbose: bool) -> None:
    """Declare a problem of mobile-edge computing once, solve it with anything, know how good the answer is."""


cli.params.append(debug_parameter())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    `arguments` default to those of the process; an interrupted one ends here, then.
    """
    session = Session.from_environment()
    if arguments is None:
        gc.set_threshold(GARBAGE)
        report_uncaught(session)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:  # a terminal without UTF-8 shows an escape instead of failing
            reconfigure(errors="backslashreplace")
    with one_line_warnings(session), heeded(session.debug) as ctrl_c:
        try:
            code = cli.main(arguments, prog_name="qmectk", standalone_mode=False, obj=session)
            sys.stdout.flush()
        except BaseException as error:  # a plugin's may be of any kind
            code = report(error, session, ctrl_c.requested)
    code = code if isinstance(code, int) else 0
    if arguments is None:
        if code == INTERRUPTED:
            leave(code)
        end_stray_threads(code)
        gc.freeze()  # the last search for garbage takes half a second or more; what it frees ends anyway
    return code


if __name__ == "__main__":
    sys.exit(main())
