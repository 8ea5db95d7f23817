"""What is passed to ``qmectk.compare`` from Python, as plain values; whatever cannot be meant is refused at once."""

from __future__ import annotations

import enum
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from ...errors import InputError
from ...extending.installed import check_there
from ...files.storage import check_output
from ...instance import Instance
from ...problem import Problem
from ..storage.header import LONGEST_NAME
from .staging import Named
from .study import BackendEntry, ProblemEntry, make_problem, plain_values
from .study_file import is_study

#: Suffixes of reports: pages of all tables, and the summary alone.
REPORTS = (".html", ".md", ".tex", ".csv", ".parquet")
REPORTS_SAID = f"{', '.join(REPORTS[:-1])} or {REPORTS[-1]}"


class Unset(enum.Enum):
    """Stands for an argument that was not given, where None means something else."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET

#: Bytes that the name of a file may have, and characters shown of one that has more.
LONGEST_PATH, LISTED = 4000, 40


def problems_of(given: Any) -> list[Any]:
    """One problem, any iterable of problems or problems by name, as a list; a set in the order of its names.

    Raises
    ------
    InputError
        For nothing, and for a study among several.
    """
    if given is None:
        raise InputError("there is no problem to compare on", "name a problem file")
    if isinstance(given, Mapping) and "file" not in given:
        for name in given:
            if not isinstance(name, str) or not name:
                raise InputError(f"a problem cannot be called {_shown(name)}", "write {'first': one, 'second': other}")
        found = [(name, problems_of([one])[0]) for name, one in given.items()]
        return [Named(name, one) for name, one in found]
    single = isinstance(given, (str, os.PathLike, Problem, Instance, ProblemEntry, Mapping))
    out = [given] if single or not isinstance(given, Iterable) else listed(given)
    for place, one in enumerate(out):
        if isinstance(one, Mapping):
            out[place] = make_problem(dict(one))
        elif isinstance(one, (str, os.PathLike)):
            out[place] = os.fspath(one)
            if not isinstance(out[place], str) or len(os.fsencode(out[place])) > LONGEST_PATH:
                raise InputError(f"a problem cannot be {_shown(one)[:LISTED]}...", "pass the name of a file")
            if is_study(out[place]):
                raise InputError(f"{one} is a study, and a study names its problems itself", "give it alone")
    return out


def entries_of(backends: Any) -> tuple[list[Any], dict[str, Any]]:
    """Entries of a study from names, classes, entries or options by name, and the classes by their names.

    Raises
    ------
    InputError
        For what is none of these, and for two classes of one name.
    """
    classes: dict[str, Any] = {}
    if backends is None:
        raise InputError("there is no backend to compare", "name some; 'qmectk backends' lists them")
    if isinstance(backends, Mapping):
        pairs = [{"backend": name, "options": options} for name, options in backends.items()]
        return [_entry(pair, classes) for pair in pairs], classes
    if isinstance(backends, (str, type, BackendEntry)) or not isinstance(backends, Iterable):
        backends = [backends]
    return [_entry(given, classes) for given in listed(backends)], classes


def _entry(given: Any, classes: dict[str, Any]) -> Any:
    if isinstance(given, BackendEntry):
        return given
    if not isinstance(given, Mapping):
        return _named(given, classes)
    if "backend" not in given:
        raise InputError(f"{dict(given)} names no backend", "write {'backend': NAME, 'options': {...}}")
    name = _named(given["backend"], classes)
    options = given.get("options")
    if options is None:
        options = {}
    if not isinstance(options, Mapping):
        raise InputError(f"the options of backend '{name}' cannot be {_shown(options)}", "write {'reads': 50}")
    options = plain_values(dict(options))
    for key, value in options.items():
        if not isinstance(key, str) or not isinstance(value, (str, bool, int, float, type(None))):
            raise InputError(f"option '{key}' of backend '{name}' takes one value, not {_shown(value)}")
    return {**given, "backend": name, "options": options}


def _named(given: Any, classes: dict[str, Any]) -> str:
    """The name of a backend; a class that is not registered is kept under it."""
    if isinstance(given, str):
        return str(given)
    from ...plugins import registry
    from .planning import check_class

    made = check_class(given)
    if registry().backends.get(made.name) is made:
        return made.name
    if classes.setdefault(made.name, made) is not made:
        raise InputError(f"two backend classes are called '{made.name}'", "give one of them another name")
    return made.name


def listed(given: Iterable[Any]) -> list[Any]:
    """Any iterable as a list, arrays as plain values; a set, which has no order, by its names."""
    if isinstance(given, (set, frozenset)):
        return sorted(given, key=lambda one: str(getattr(one, "name", one)))
    found = plain_values(given)
    return list(found) if isinstance(found, Iterable) and not isinstance(found, (str, bytes)) else [found]


def names_of(refresh: Any, known: Iterable[str]) -> frozenset[str]:
    """Names of backends that are to be run again; InputError when one is not in the study."""
    several = isinstance(refresh, Iterable) and not isinstance(refresh, (str, bytes, type))
    names = listed(refresh) if several else [refresh]
    known = set(known)
    for name in names:
        if not isinstance(name, str):
            raise InputError(f"'refresh' takes names of backends, not {_shown(name)}", "write refresh=[NAME]")
        if name not in known:
            from ...presenting.names import unknown

            raise unknown("backend in this study", name, known)
    return frozenset(names)


def check_flag(name: str, value: Any) -> bool:
    """True or False; InputError for anything else, also for text that says so."""
    value = plain_values(value)
    if not isinstance(value, bool):
        raise InputError(f"'{name}' is True or False, not {_shown(value)}")
    return value


def file_of(name: str, value: Any) -> Path | None:
    """A path, None for none; InputError for what names no file."""
    if value is None:
        return None
    path = os.fspath(value) if isinstance(value, (str, os.PathLike)) else value
    if not isinstance(path, str) or not path or "\0" in path:
        raise InputError(f"'{name}' takes the name of a file, not {_shown(value)}", f"write {name}='runs.db'")
    return Path(path)


def check_reporting() -> None:
    """Refuse to draw or report without what that needs."""
    check_there("reports", "compare", "plotly", "jinja2")


def check_report(path: Path) -> None:
    """Refuse a report that could not be written later."""
    if path.suffix.lower() not in REPORTS:
        raise InputError(f"cannot tell a format from '{path.name}'", f"end it in {REPORTS_SAID}")
    if len(os.fsencode(path.name)) > LONGEST_NAME:
        raise InputError(f"the name of the report has more than {LONGEST_NAME} bytes", "give it a shorter name")
    check_output(path)
    check_reporting()


def check_helpers(watcher: Any, executor: Any, cluster: Any) -> None:
    """Refuse what cannot watch a study or run its tasks."""
    from ..running.scheduler import Watcher

    methods = [name for name in vars(Watcher) if not name.startswith("_")]
    if watcher is not None and not all(callable(getattr(watcher, name, None)) for name in methods):
        raise InputError(f"'watcher' cannot be {_shown(watcher)}", "pass an instance of a subclass of qmectk's Watcher")
    if isinstance(watcher, type):
        raise InputError(f"'watcher' is the class {watcher.__name__}", "pass an instance of it")
    if executor is not None and (isinstance(executor, type) or not callable(getattr(executor, "submit", None))):
        raise InputError(
            f"'executor' cannot be {_shown(executor)}", "pass one of concurrent.futures, such as ThreadPoolExecutor(4)"
        )
    if cluster is not None and not isinstance(cluster, str):
        raise InputError(f"'cluster' takes the address of a Dask scheduler, not {_shown(cluster)}")
    if executor is not None and cluster is not None:
        raise InputError("'executor' and 'cluster' exclude each other", "give one of them")


def _shown(value: Any) -> str:
    """A value in a sentence, without addresses."""
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if isinstance(value, (str, bytes, bool, int, float, type(None))):
        return repr(value)
    return f"something of type {type(value).__name__}"
