"""EELS on files of tests: its state transition on a chain, in process, and its own ``statetest``.

Its packages have each fork from Berlin to BPO2 by itself, and no transition is asked. The seal of proof of work is left
out, as no test has one.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator, Sequence

from samestate.conformance.engines.clients.eels.chains import FORKS, chain_test
from samestate.conformance.engines.clients.revm.btest import is_one_chain
from samestate.conformance.peers.eels import DISTRIBUTION
from samestate.conformance.peers.peer import PeerMissing
from tests.peers.consumers import Consumed, Fixture, Outcome


class EelsFiles:
    """EELS, in process."""

    name = "EELS"

    def __init__(self) -> None:
        """Raises PeerMissing."""
        try:
            self.version = importlib.metadata.version(DISTRIBUTION)
        except importlib.metadata.PackageNotFoundError as error:
            raise PeerMissing(f"{DISTRIBUTION} is not installed: pip install 'samestate[peers]'") from error

    def consume(self, fixtures: Sequence[Fixture]) -> Iterator[Consumed]:
        """What becomes of each test."""
        for fixture in fixtures:
            unable = unable_to(fixture)
            if unable:
                yield Consumed(fixture.name, Outcome.NOT_EXECUTED, unable)
                continue
            reason = state_test(fixture) if fixture.is_state_test else chain_test(fixture.content)
            yield Consumed(fixture.name, Outcome.FAILED if reason else Outcome.PASSED, reason)


def unable_to(fixture: Fixture) -> str:
    """What it cannot do of a test; nothing where it can do all."""
    if fixture.network not in FORKS:
        return f"does not know {fixture.network}"
    if not fixture.is_state_test and not is_one_chain(fixture.content):
        return "has one chain, and no branches"
    return ""


def state_test(fixture: Fixture) -> str:
    """What is wrong with a state test; nothing where all is right. Logs and rejections are compared too."""
    from ethereum_spec_tools.evm_tools.statetest import read_test_cases, run_test_case  # type: ignore[import-untyped, unused-ignore]
    from ethereum_spec_tools.evm_tools.t8n import ForkCache  # type: ignore[import-untyped, unused-ignore]

    (case,) = read_test_cases(str(fixture.path))
    try:
        with ForkCache() as forks:
            result = run_test_case(case, forks)
    except Exception as error:  # as above
        return f"ends with {type(error).__name__}: {error}"
    if ("expectException" in case.post) != bool(result.rejected):
        return (
            f"rejected: {result.rejected}" if result.rejected else f"accepted, expected {case.post['expectException']}"
        )
    for name, expected, given in (
        ("state", case.post["hash"], result.state_root),
        ("logs", case.post["logs"], result.logs_hash),
    ):
        if bytes(given).hex() != expected[2:]:
            return f"{name}: expected {expected}, it gives 0x{bytes(given).hex()}"
    return ""
