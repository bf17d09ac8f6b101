"""A chain on EELS: its state transition, block by block. Nothing of EELS is imported before a chain is executed.

Its packages have each fork from Berlin to BPO2 by itself, and no transition is asked. The seal of proof of work is left
out, as no test has one.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator
from typing import Any, Final

FORKS: Final = {
    "Berlin": "berlin",
    "London": "london",
    "ArrowGlacier": "arrow_glacier",
    "GrayGlacier": "gray_glacier",
    "Paris": "paris",
    "Shanghai": "shanghai",
    "Cancun": "cancun",
    "Prague": "prague",
    "Osaka": "osaka",
    "BPO1": "bpo1",
    "BPO2": "bpo2",
}
"""Its modules by the network of a test."""
MODULES: Final = ("fork", "state", "blocks", "fork_types")


def chain_test(test: dict[str, Any]) -> str:
    """What is wrong with a chain; nothing where all is right."""
    from ethereum.exceptions import EthereumException  # type: ignore[import-untyped, unused-ignore]
    from ethereum_rlp import rlp  # type: ignore[import-untyped, unused-ignore]
    from ethereum_rlp.exceptions import RLPException  # type: ignore[import-untyped, unused-ignore]
    from ethereum_types.numeric import U64  # type: ignore[import-untyped, unused-ignore]

    base = f"ethereum.forks.{FORKS[test['network']]}"
    fork, state, blocks, types = (importlib.import_module(f"{base}.{name}") for name in MODULES)
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
    """The bytes of a hex string."""
    return bytes.fromhex(written[2:])
