"""anvil on files of tests, as its engine has it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from samestate.conformance.engines.clients.anvil.node import chain_test, unable_to
from samestate.conformance.engines.clients.installed import find_program
from samestate.conformance.engines.clients.making import version_of
from samestate.conformance.engines.protocol import EngineFailure
from tests.peers.consumers import Consumed, Fixture, Outcome

ANSWER = 60.0


class AnvilFiles:
    """anvil: a process for each test."""

    name = "anvil"

    def __init__(self) -> None:
        """Raises PeerMissing."""
        self._program = find_program("anvil")
        self.version = version_of(self._program)

    def consume(self, fixtures: Sequence[Fixture]) -> Iterator[Consumed]:
        """What becomes of each test."""
        for fixture in fixtures:
            state_test = "has no state tests" if fixture.is_state_test else ""
            unable = state_test or unable_to(fixture.network, fixture.content)
            if unable:
                yield Consumed(fixture.name, Outcome.NOT_EXECUTED, unable)
                continue
            try:
                reason = chain_test(self._program, fixture.content, ANSWER)
            except EngineFailure as failure:
                reason = str(failure)
            yield Consumed(fixture.name, Outcome.FAILED if reason else Outcome.PASSED, reason)
