"""A search on the machines of a Dask cluster (extra `cluster`).

The scheduler deals, and gives again what a worker's death has ended. Workers need this package and the engines; nobody
but the process that leads the search writes.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import pickle
import threading
from collections.abc import Callable
from typing import Any, Final

from samestate.conformance.errors import InputError
from samestate.conformance.fuzzing.crew import Processes, Result, Task, panel_of, perform
from samestate.conformance.fuzzing.panel import Panel, SearchQuestion

OPTION: Final = "--dask"
LOCAL: Final = "local:"
MOST_WORKERS: Final = 1024
CONNECT_SECONDS: Final = 6.0
"""How long the scheduler has to answer."""

AHEAD: Final = 2
"""So many tasks there are for each worker, so that none waits for the next."""

_turn: Final = threading.Lock()
_panels: Final[list[tuple[bytes, Panel]]] = []
"""The engines of this process, if it is a worker, and the question that they are for."""


class Cluster:
    """The workers of a scheduler at an address, or so many that are started here: ``local:N``. Raises InputError.

    See :class:`samestate.conformance.fuzzing.crew.Crew`. A task that has ended several workers is done here, in a
    process of its own, where it is found out which engine does that.
    """

    def __init__(self, question: SearchQuestion, address: str) -> None:
        try:
            distributed: Any = importlib.import_module("distributed")
        except ImportError as error:
            raise InputError(f"{OPTION}: distributed is not installed: pip install 'samestate[cluster]'") from error
        self._distributed = distributed
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        self._question = question
        self._futures: dict[Any, Task] = {}
        self._alone: Processes | None = None
        self._cluster: Any = None
        try:
            if address.startswith(LOCAL):
                self._cluster = distributed.LocalCluster(
                    n_workers=count_of(address),
                    threads_per_worker=1,
                    dashboard_address=None,
                    silence_logs=logging.CRITICAL,
                )
            self._client = connected(lambda: distributed.Client(self._cluster or address, timeout=CONNECT_SECONDS))
        except Unanswered as error:
            if self._cluster is not None:
                self._cluster.close()
            raise InputError(f"{OPTION} {address}: nobody answers who is a scheduler: {error}") from error

    @property
    def room(self) -> int:
        """As many tasks as keep the workers busy that are there now."""
        return AHEAD * max(1, len(self._client.nthreads()))

    @property
    def under_way(self) -> int:
        """See :class:`Crew`, here and below."""
        return len(self._futures) + (0 if self._alone is None else self._alone.under_way)

    def submit(self, task: Task) -> None:
        future = self._client.submit(work, pickle.dumps(self._question), task, pure=False)
        self._futures[future] = task

    def wait(self, seconds: float | None = None) -> list[tuple[Task, Result]]:
        if self._alone is not None and self._alone.under_way:
            return self._alone.wait(seconds)
        if not self._futures:
            return []
        with contextlib.suppress(TimeoutError):
            self._distributed.wait(list(self._futures), timeout=seconds, return_when="FIRST_COMPLETED")
        done = [future for future in self._futures if future.done()]
        results: list[tuple[Task, Result]] = []
        for future in done:
            task = self._futures.pop(future)
            try:
                results.append((task, future.result()))
            except self._distributed.KilledWorker:
                self._alone = self._alone or Processes(self._question, 1)
                self._alone.submit(task)
        return results

    def close(self) -> None:
        with contextlib.suppress(Exception):  # it may be gone
            self._client.cancel(list(self._futures), force=True)
        if self._alone is not None:
            self._alone.close()
        with contextlib.suppress(Exception):
            self._client.close(timeout=CONNECT_SECONDS)
        if self._cluster is not None:
            self._cluster.close()


class Unanswered(Exception):  # noqa: N818 - says what happened
    """There is no scheduler at an address."""


def connected(connect: Callable[[], Any]) -> Any:
    """What ``connect`` gives, if it does in time. Raises Unanswered, whatever is at the address."""
    found: list[Any] = []

    def ask() -> None:
        try:
            found.append(connect())
        except BaseException as error:  # from bytes that are no answer, anything may come
            found.append(error)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(CONNECT_SECONDS + 1)
    if not found:
        raise Unanswered(f"no answer in {CONNECT_SECONDS:g} s")
    if isinstance(found[0], BaseException):
        raise Unanswered(f"{type(found[0]).__name__}: {found[0]}") from found[0]
    return found[0]


def count_of(address: str) -> int:
    """How many workers ``local:N`` asks for. Raises InputError."""
    number = address.removeprefix(LOCAL)
    if not number.isdecimal() or not 1 <= int(number) <= MOST_WORKERS:
        raise InputError(f"{OPTION} {address}: must be {LOCAL}N, with N from 1 to {MOST_WORKERS}")
    return int(number)


def work(question: bytes, task: Task) -> Result:
    """Do a task on a worker. Its engines stay for the next.

    One task at a time, however many threads the worker has: what is measured of the specification is one for a process,
    which could do no more at once anyway.
    """
    with _turn:
        if _panels and _panels[0][0] != question:
            _panels.pop()[1].close()
        if not _panels:
            _panels.append((question, panel_of(pickle.loads(question))))
        return perform(_panels[0][1], task)
