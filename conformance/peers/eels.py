"""EELS, the executable specification of the Ethereum Foundation (PyPI ``ethereum-execution``), in process.

It has Berlin to BPO2, each fork a package of the same shape. It executes a block's body on a state that it changes in
place; header rules are left out here.
"""

from __future__ import annotations

import dataclasses
import importlib
import importlib.metadata
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from samestate.conformance.generating.case import GeneratedCase
from samestate.conformance.peers.peer import PeerMissing, ReportedBlock
from samestate.spec.evm.block import Withdrawal
from samestate.spec.evm.environment import Environment
from samestate.spec.evm.state import Account, FlatState

DISTRIBUTION = "ethereum-execution"
BLOCK_HASH_WINDOW = 256
FIRST_BYTE_OF_LIST = 0xC0

MODULES: Mapping[str, str] = {
    "Berlin": "berlin",
    "London": "london",
    "Arrow Glacier": "arrow_glacier",
    "Gray Glacier": "gray_glacier",
    "Paris": "paris",
    "Shanghai": "shanghai",
    "Cancun": "cancun",
    "Prague": "prague",
    "Osaka": "osaka",
    "BPO1": "bpo1",
    "BPO2": "bpo2",
}


class Eels:
    """EELS as a peer."""

    name = "EELS"

    def __init__(self) -> None:
        """Raises PeerMissing."""
        try:
            self.version = importlib.metadata.version(DISTRIBUTION)
        except importlib.metadata.PackageNotFoundError as error:
            raise PeerMissing(f"{DISTRIBUTION} is not installed: pip install 'samestate[peers]'") from error

    def supports(self, fork: str) -> bool:
        """Whether EELS has the fork."""
        return fork in MODULES

    def run(self, case: GeneratedCase) -> ReportedBlock:
        """Execute the block."""
        from ethereum.exceptions import EthereumException  # type: ignore[import-untyped, unused-ignore]
        from ethereum_rlp.exceptions import RLPException  # type: ignore[import-untyped, unused-ignore]

        block = EelsBlock(case)
        try:
            block.execute()
        except (EthereumException, RLPException) as error:
            return ReportedBlock(rejection=f"{type(error).__name__}: {error}")
        return block.summary()


class EelsBlock:
    """A block made ready for EELS, so that building the state and executing can be told apart."""

    def __init__(self, case: GeneratedCase) -> None:
        fork = _modules(case.fork.name)
        self._fork = fork
        self._state = _state(fork, case.state())
        self._environment = _environment(fork, case.environment, case.chain_id, self._state)
        self._transactions = case.transactions
        self._rest: dict[str, tuple[Any, ...]] = {}
        if "ommers" in fork.fork.apply_body.__annotations__:
            self._rest["ommers"] = ()
        if "withdrawals" in fork.fork.apply_body.__annotations__:
            self._rest["withdrawals"] = tuple(_withdrawal(fork, withdrawal) for withdrawal in case.withdrawals)
        self._output: Any = None

    def execute(self) -> None:
        """Decode the transactions and execute the block's body."""
        transactions = tuple(_transaction(self._fork, encoded) for encoded in self._transactions)
        self._output = self._fork.fork.apply_body(self._environment, transactions, **self._rest)

    @property
    def gas_used(self) -> int:
        """The gas that the executed block used."""
        return int(self._output.block_gas_used)

    def summary(self) -> ReportedBlock:
        """What the executed block came to."""
        output = self._output
        requests = getattr(output, "requests", None)
        return ReportedBlock(
            state_root=bytes(self._fork.state.state_root(self._state)),
            receipts_root=bytes(self._fork.trie.root(output.receipts_trie)),
            gas_used=int(output.block_gas_used),
            requests=None if requests is None else tuple(bytes(request) for request in requests),
        )


@dataclasses.dataclass(frozen=True, slots=True)
class _Modules:
    """The modules of one fork of EELS."""

    fork: ModuleType
    vm: ModuleType
    state: ModuleType
    blocks: ModuleType
    types: ModuleType
    transactions: ModuleType
    trie: ModuleType


def _modules(fork: str) -> _Modules:
    base = f"ethereum.forks.{MODULES[fork]}"
    names = ("fork", "vm", "state", "blocks", "fork_types", "transactions", "trie")
    return _Modules(*(importlib.import_module(f"{base}.{name}") for name in names))


def _state(fork: _Modules, state: FlatState) -> Any:
    from ethereum_types.bytes import Bytes, Bytes32  # type: ignore[import-untyped, unused-ignore]
    from ethereum_types.numeric import U256, Uint  # type: ignore[import-untyped, unused-ignore]

    made = fork.state.State()
    for address in {**state.accounts, **state.storage, **dict.fromkeys(state.empty_accounts)}:
        account = state.accounts.get(address, Account())
        contents = {"nonce": Uint(account.nonce), "balance": U256(account.balance), "code": Bytes(account.code)}
        fork.state.set_account(made, fork.types.Address(address), fork.types.Account(**contents))
    for address, slots in state.storage.items():
        for slot, value in slots.items():
            fork.state.set_storage(made, fork.types.Address(address), Bytes32(slot.to_bytes(32, "big")), U256(value))
    return made


def _environment(fork: _Modules, environment: Environment, chain_id: int, state: Any) -> Any:
    """The block environment, with just the fields that the fork's own has."""
    from ethereum_types.bytes import Bytes32
    from ethereum_types.numeric import U64, U256, Uint

    number = environment.number
    hashes = []
    for past in range(number - 1, max(number - 1 - BLOCK_HASH_WINDOW, -1), -1):
        if past not in environment.block_hashes:
            break
        hashes.append(Bytes32(environment.block_hashes[past]))
    values = {
        "chain_id": U64(chain_id),
        "state": state,
        "block_gas_limit": Uint(environment.gas_limit),
        "block_hashes": list(reversed(hashes)),
        "coinbase": fork.types.Address(environment.coinbase),
        "number": Uint(number),
        "base_fee_per_gas": Uint(environment.base_fee_per_gas),
        "time": U256(environment.timestamp),
        "difficulty": Uint(environment.difficulty),
        "prev_randao": Bytes32(environment.prev_randao),
        "excess_blob_gas": U64(environment.excess_blob_gas),
        "parent_beacon_block_root": Bytes32(environment.parent_beacon_block_root),
    }
    kind = fork.vm.BlockEnvironment
    return kind(**{field.name: values[field.name] for field in dataclasses.fields(kind)})


def _transaction(fork: _Modules, encoded: bytes) -> Any:
    """A transaction as EELS has it in a body: typed ones as bytes, legacy ones decoded."""
    from ethereum_rlp import rlp  # type: ignore[import-untyped, unused-ignore]
    from ethereum_types.bytes import Bytes

    if encoded[0] >= FIRST_BYTE_OF_LIST:
        return rlp.decode_to(fork.transactions.LegacyTransaction, Bytes(encoded))
    return Bytes(encoded)


def _withdrawal(fork: _Modules, withdrawal: Withdrawal) -> Any:
    from ethereum_types.numeric import U64, U256

    return fork.blocks.Withdrawal(
        index=U64(withdrawal.index),
        validator_index=U64(withdrawal.validator_index),
        address=fork.types.Address(withdrawal.address),
        amount=U256(withdrawal.amount),
    )
