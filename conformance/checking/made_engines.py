"""The engines of a run: made before the first of its cases is executed, and closed after the last."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from samestate.conformance.engines.names import is_ours

if TYPE_CHECKING:
    from samestate.conformance.engines.protocol import Engine


class MadeEngines:
    """The engines of a run. A context manager: it closes those that were made."""

    def __init__(self, ids: Sequence[str], workers: int) -> None:
        self._ids = ids
        self._workers = workers
        self._engines: dict[str, Engine] = {}
        self._said: dict[str, str] = {}
        self.builds: dict[str, str] = {}
        """What engines that are none of ours say of how they were built, where they do."""

    @property
    def versions(self) -> Mapping[str, str]:
        """Which version each engine says that it is; those of this distribution have its version, made or not."""
        ours = f"samestate {importlib.metadata.version('samestate')}"
        return {id: self._said.get(id, ours) for id in self._ids if id in self._said or is_ours(id)}

    def make(self) -> None:
        """Make those that are not made yet. Raises InputError where one cannot be made here."""
        self._make([id for id in self._ids if id not in self._engines])

    def make_others(self) -> None:
        """Make those that are none of ours, which alone know their versions, and whether they are here."""
        self._make([id for id in self._ids if not is_ours(id)])

    def _make(self, ids: Sequence[str]) -> None:
        if not ids:
            return
        from samestate.conformance.checking.document import engine_of  # with all that an engine may execute
        from samestate.conformance.engines.registry import version_of_engine

        for id in ids:
            engine = self._engines[id] = engine_of(id, self._workers)
            self._said[id] = version_of_engine(engine)
            build = getattr(engine, "build", "")
            if isinstance(build, str) and build and not is_ours(id):
                self.builds[id] = build

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for engine in reversed(self._engines.values()):
            engine.close()
