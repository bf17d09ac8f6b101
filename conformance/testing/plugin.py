"""A plugin of pytest: cases of this project as tests of somebody else's client (see docs/pytest.md).

A test that takes the fixture ``samestate_case`` runs once for each case and engine: cases are those of the marker
``samestate``, or of ``--samestate-path``; engines those of ``--samestate-engine``, or the object that a fixture
``samestate_engine`` of one's own gives. Nothing of the project is imported before that.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from samestate.conformance.checking.reading import AnyCase
    from samestate.conformance.checking.verdict import Verdict
    from samestate.conformance.engines.protocol import Engine

MARKER: Final = "samestate"
CASE: Final = "samestate_case"
ENGINE: Final = "samestate_engine"
KNOWN: Final = frozenset({"path", "keyword", "fork"})


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the engines and the paths."""
    group = parser.getgroup("samestate", "cases of Samestate as tests of a client")
    group.addoption(
        "--samestate-engine",
        action="append",
        default=[],
        metavar="ID",
        help="An engine, as `samestate check --engine` takes it, as in 'command:./client'; may be given again.",
    )
    group.addoption(
        "--samestate-path",
        action="append",
        default=[],
        metavar="PATH",
        help="Vectors, fixtures or block files, where a test's marker names none; the installed vectors if none.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Name the marker."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}(*paths, keyword='', fork=''): which cases the fixture {CASE} has; "
        "keyword as in `samestate check -k`, fork the name of one",
    )


@dataclass(frozen=True, slots=True)
class CaseOnEngine:
    """A case, and the engine that it is to be checked on."""

    case: AnyCase
    engine: Engine

    @property
    def id(self) -> str:
        """What the case is called."""
        return self.case.id

    def run(self) -> Verdict:
        """What becomes of it."""
        from samestate.conformance.api.cases import check

        return check(self.case, self.engine)

    def check(self) -> None:
        """Fail the test where the engine differs, and say how; skip it where the engine cannot do the case."""
        from samestate.conformance.checking.verdict import Result

        verdict = self.run()
        if verdict.result is Result.SKIPPED:
            pytest.skip(verdict.reason)
        if verdict.result is not Result.PASSED:
            pytest.fail(f"{verdict.id} ({verdict.fork})\n{verdict.reason}", pytrace=False)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each test that takes a case its cases, and each that takes an engine its engines."""
    if ENGINE in metafunc.fixturenames and is_ours(metafunc):
        names = metafunc.config.getoption("--samestate-engine")
        chosen = engine_ids(names) if names else [None]
        ids = [each or "none" for each in chosen]
        metafunc.parametrize(ENGINE, chosen, ids=ids, indirect=True, scope="session")
    if CASE in metafunc.fixturenames:
        cases = cases_for(metafunc.definition, metafunc.config)
        metafunc.parametrize(CASE, cases, ids=[case.id for case in cases], indirect=True)


def is_ours(metafunc: pytest.Metafunc) -> bool:
    """Whether the fixture of engines is that of this plugin, and not one that somebody has put in its place."""
    found: Any = metafunc._arg2fixturedefs.get(ENGINE, ())
    return not found or found[-1].func.__module__ == __name__


def engine_ids(names: list[str]) -> list[str]:
    """The engines that options name. Raises UsageError."""
    from samestate.conformance.engines.names import choose_engines
    from samestate.conformance.errors import InputError

    try:
        return choose_engines(names)
    except InputError as error:
        raise pytest.UsageError(f"--samestate-engine: {error}") from error


def cases_for(item: pytest.Item | Any, config: pytest.Config) -> list[AnyCase]:
    """The cases of a test, by its marker. Raises UsageError for a marker or path that cannot be used, or holds none."""
    from samestate.conformance.api.cases import read
    from samestate.conformance.checking.reading import rulesets_of
    from samestate.conformance.checking.selection import Selection
    from samestate.conformance.errors import InputError
    from samestate.conformance.fixtures.cases import Skipped
    from samestate.conformance.vectors.fork_names import fork_name
    from samestate.conformance.vectors.recorded.model import NotExecuted

    marker = item.get_closest_marker(MARKER)
    options = dict(marker.kwargs) if marker is not None else {}
    unknown = sorted(options.keys() - KNOWN)
    if unknown:
        raise pytest.UsageError(f"{item.nodeid}: the marker {MARKER} has no {unknown[0]}; it has paths, keyword, fork")
    paths = (marker.args if marker is not None else ()) or config.getoption("--samestate-path")
    try:
        forks = (fork_name(options["fork"]),) if options.get("fork") else ()
        selection = Selection(forks=forks, keyword=options.get("keyword", ""))
        chosen: list[AnyCase] = []
        for case in read(*paths):
            if isinstance(case, Skipped | NotExecuted):
                continue
            if selection.takes(case.id, "", rulesets_of(case)):
                chosen.append(case)
    except InputError as error:
        raise pytest.UsageError(f"{item.nodeid}: {error}") from error
    if not chosen:
        raise pytest.UsageError(f"{item.nodeid}: the marker {MARKER} leaves no case")
    return chosen


@pytest.fixture(scope="session")
def samestate_engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """The engine of ``--samestate-engine``, kept for the whole session. One's own fixture may stand in its place."""
    from samestate.conformance.engines.registry import find_engine
    from samestate.conformance.errors import InputError

    id = getattr(request, "param", None)
    if id is None:
        pytest.skip(f"no engine is named: --samestate-engine=ID, or a fixture {ENGINE} of one's own")
    try:
        engine = find_engine(id)
    except InputError as error:
        pytest.fail(str(error), pytrace=False)
    with contextlib.closing(engine):
        yield engine


@pytest.fixture
def samestate_case(request: pytest.FixtureRequest, samestate_engine: Engine) -> CaseOnEngine:
    """A case on the engine. ``samestate_case.check()`` is the whole test."""
    return CaseOnEngine(request.param, samestate_engine)
