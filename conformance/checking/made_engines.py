"""The engines of a run, made before the first of its cases is executed, and closed after the last."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from samestate.conformance.engines.protocol import Engine


class MadeEngines:
    """The engines of a run, and the version that each says, once they are made. A context manager: it closes them."""

    def __init__(self, ids: Sequence[str], workers: int) -> None:
        self.versions: dict[str, str] = {}
        self._ids = ids
        self._workers = workers
        self._engines: list[Engine] = []

    def make(self) -> None:
        """Make those that are not made yet. Raises InputError where one cannot be made here."""
        from samestate.conformance.checking.document import engine_of
        from samestate.conformance.engines.registry import version_of_engine

        for id in self._ids[len(self._engines) :]:
            engine = engine_of(id, self._workers)
            self._engines.append(engine)
            self.versions[id] = version_of_engine(engine)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for engine in reversed(self._engines):
            engine.close()
