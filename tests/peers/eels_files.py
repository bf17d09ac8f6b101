"""EELS on files of tests: its state transition on a chain, in process, and its own ``statetest``.

Its packages have each fork from Berlin to BPO2 by itself, and no transition is asked. The seal of proof of work is left
out, as no test has one.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
from collections.abc import Iterator, Sequence
from typing import Any

from samestate.conformance.peers.eels import DISTRIBUTION, MODULES
from samestate.conformance.peers.peer import PeerMissing
from tests.peers.consumers import Consumed, Fixture, Outcome, is_one_chain

FORKS = {name.replace(" ", ""): module for name, module in MODULES.items()}


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


def chain_test(test: dict[str, Any]) -> str:
    """What is wrong with a chain; nothing where all is right."""
    from ethereum.exceptions import EthereumException  # type: ignore[import-untyped, unused-ignore]
    from ethereum_rlp import rlp  # type: ignore[import-untyped, unused-ignore]
    from ethereum_rlp.exceptions import RLPException  # type: ignore[import-untyped, unused-ignore]
    from ethereum_types.numeric import U64  # type: ignore[import-untyped, unused-ignore]

    base = f"ethereum.forks.{FORKS[test['network']]}"
    fork, state, blocks, types = (importlib.import_module(f"{base}.{name}") for name in MODULE_NAMES)
    accepted: list[Any] = []

    def anew() -> Any:
        """The chain with the blocks that were accepted: one that fails leaves a state that is neither old nor new."""
        genesis = rlp.decode_to(blocks.Block, unhexed(test["genesisRLP"]))
        state_then = state_of(state, types, test["pre"])
        made = fork.BlockChain([genesis], state_then, U64(int(test["config"]["chainid"], 16)))
        for block in accepted:
            fork.state_transition(made, block)
        return made

    with unsealed(fork):
        chain = anew()
        for index, entry in enumerate(test["blocks"]):
            rejection = None
            try:
                block = rlp.decode_to(blocks.Block, unhexed(entry["rlp"]))
                fork.state_transition(chain, block)
            except (EthereumException, RLPException) as error:
                rejection = f"{type(error).__name__}: {error}"
                chain = anew()
            except Exception as error:  # whatever a client ends with is what it is asked about
                return f"block {index}: ends with {type(error).__name__}: {error}"
            if rejection is not None and "expectException" not in entry:
                return f"block {index}: {rejection}"
            if rejection is None and "expectException" in entry:
                return f"block {index}: accepted, expected {entry['expectException']}"
            if rejection is None:
                accepted.append(block)
        root = bytes(state.state_root(chain.state)).hex()
        expected = bytes(state.state_root(state_of(state, types, test["postState"]))).hex()
    return "" if root == expected else f"state: expected {expected}, it gives {root}"


MODULE_NAMES = ("fork", "state", "blocks", "fork_types")


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


@contextlib.contextmanager
def unsealed(fork: Any) -> Iterator[None]:
    """The fork without its check of the seal, where it has one."""
    check = getattr(fork, "validate_proof_of_work", None)
    if check is not None:
        fork.validate_proof_of_work = lambda header: None
    try:
        yield
    finally:
        if check is not None:
            fork.validate_proof_of_work = check


def state_of(state: Any, types: Any, accounts: dict[str, Any]) -> Any:
    """A whole state."""
    from ethereum_types.bytes import Bytes, Bytes32  # type: ignore[import-untyped, unused-ignore]
    from ethereum_types.numeric import U256, Uint

    made = state.State()
    for name, account in accounts.items():
        address = types.Address(unhexed(name))
        content = types.Account(
            nonce=Uint(int(account["nonce"], 16)),
            balance=U256(int(account["balance"], 16)),
            code=Bytes(unhexed(account["code"])),
        )
        state.set_account(made, address, content)
        for slot, value in account["storage"].items():
            state.set_storage(made, address, Bytes32(int(slot, 16).to_bytes(32, "big")), U256(int(value, 16)))
    return made


def unhexed(written: str) -> bytes:
    return bytes.fromhex(written[2:])
