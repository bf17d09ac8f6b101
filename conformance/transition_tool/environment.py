"""The environment of the block: what is given, and what follows from the parent where it is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.features import has_header_field
from samestate.conformance.fixtures.fields import to_bytes
from samestate.conformance.transition_tool.quantities import LooseFields, to_quantity
from samestate.conformance.transition_tool.ruleset import (
    has_base_fee,
    has_beacon_root,
    has_withdrawals,
    is_proof_of_stake,
)
from samestate.spec.evm.block import Header, Withdrawal, empty_ommers_hash
from samestate.spec.evm.environment import ZERO_HASH, Environment
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.header_rules import GAS_LIMIT_MINIMUM, next_difficulty
from samestate.spec.evm.payload import OmmerMiner
from samestate.spec.machine import Rejection

WORD_SIZE = 32
OMMER_GENERATIONS = 7


@dataclass(frozen=True, slots=True)
class BlockContext:
    """What the file of the environment says: the environment itself, withdrawals and ommers."""

    environment: Environment
    withdrawals: tuple[Withdrawal, ...]
    ommers: tuple[OmmerMiner, ...]


class GivenHashes(Mapping[int, bytes]):
    """The block hashes that were given. Asking for another is an error of the input, not a zero."""

    def __init__(self, where: str, hashes: Mapping[int, bytes]) -> None:
        self._where = where
        self._hashes = hashes

    def __getitem__(self, number: int) -> bytes:
        if number not in self._hashes:
            raise InputError(f"{self._where}: must hold the hash of block {number}: a transaction asks for it")
        return self._hashes[number]

    def __iter__(self) -> Iterator[int]:
        return iter(self._hashes)

    def __len__(self) -> int:
        return len(self._hashes)


def read_context(env: LooseFields, fork: Fork, chain_id: int, is_bare: bool) -> BlockContext:
    """The block's context under ``fork``. Raises InputError.

    ``is_bare``: nothing happens but transactions, so that withdrawals and the beacon root need not be given.
    """
    number = env.quantity("currentNumber", 64)
    hashes = read_hashes(env, number)
    environment = Environment(
        chain_id=chain_id,
        number=number,
        timestamp=env.quantity("currentTimestamp", 64),
        coinbase=env.address("currentCoinbase"),
        gas_limit=env.quantity("currentGasLimit"),
        base_fee_per_gas=read_base_fee(env, fork),
        difficulty=read_difficulty(env, fork),
        prev_randao=read_random(env, fork),
        excess_blob_gas=read_excess_blob_gas(env, fork),
        parent_hash=hashes.get(number - 1, ZERO_HASH),
        parent_beacon_block_root=read_beacon_root(env, fork, is_bare),
        slot_number=read_slot_number(env, fork),
        block_hashes=GivenHashes(f"{env.where}: blockHashes", hashes),
    )
    return BlockContext(environment, read_withdrawals(env, fork, is_bare), read_ommers(env, fork, number))


def parent_header(
    number: int = 0,
    timestamp: int = 0,
    difficulty: int = 0,
    ommers_hash: bytes = ZERO_HASH,
    gas_limit: int = 0,
    gas_used: int = 0,
    base_fee_per_gas: int | None = None,
    blob_gas_used: int | None = None,
    excess_blob_gas: int | None = None,
) -> Header:
    """As much of the parent's header as is known; what fees and difficulty do not depend on is zero."""
    return Header(
        parent_hash=ZERO_HASH,
        ommers_hash=ommers_hash,
        coinbase=bytes(20),
        state_root=ZERO_HASH,
        transactions_root=ZERO_HASH,
        receipts_root=ZERO_HASH,
        bloom=bytes(256),
        difficulty=difficulty,
        number=number,
        gas_limit=gas_limit,
        gas_used=gas_used,
        timestamp=timestamp,
        extra_data=b"",
        prev_randao=ZERO_HASH,
        nonce=bytes(8),
        base_fee_per_gas=base_fee_per_gas,
        blob_gas_used=blob_gas_used,
        excess_blob_gas=excess_blob_gas,
    )


def read_base_fee(env: LooseFields, fork: Fork) -> int:
    """``currentBaseFee``, or what follows from the parent's base fee, gas used and gas limit; 0 before London."""
    if not has_base_fee(fork):
        return 0
    if "currentBaseFee" in env:
        return env.quantity("currentBaseFee")
    needed = ("parentBaseFee", "parentGasUsed", "parentGasLimit")
    for name in needed:
        if name not in env:
            raise InputError(
                f"{env.where}: {fork.name} needs a field 'currentBaseFee', or else all of {', '.join(needed)}; "
                f"the field {name!r} is missing"
            )
    gas_limit = env.quantity("parentGasLimit")
    if gas_limit < GAS_LIMIT_MINIMUM:
        raise InputError(f"{env.where}: parentGasLimit: must be at least {GAS_LIMIT_MINIMUM}, but is {gas_limit}")
    parent = parent_header(
        gas_limit=gas_limit,
        gas_used=env.quantity("parentGasUsed"),
        base_fee_per_gas=env.quantity("parentBaseFee"),
    )
    return of_one_word(f"{env.where}: parentBaseFee", fork.next_base_fee(parent) or 0)


def read_difficulty(env: LooseFields, fork: Fork) -> int:
    """``currentDifficulty``, or what follows from the parent's difficulty, timestamp and ommers; 0 since Paris."""
    given = env.optional_quantity("currentDifficulty")
    if is_proof_of_stake(fork):
        if given:
            raise InputError(f"{env.where}: currentDifficulty: {fork.name} has none: must be 0 or absent")
        return 0
    if given is not None:
        return given
    for name in ("parentDifficulty", "parentTimestamp"):
        if name not in env:
            raise InputError(
                f"{env.where}: {fork.name} needs a field 'currentDifficulty', or else parentDifficulty and "
                f"parentTimestamp; the field {name!r} is missing"
            )
    number = env.quantity("currentNumber", 64)
    timestamp = env.quantity("currentTimestamp", 64)
    parent_timestamp = env.quantity("parentTimestamp", 64)
    if number == 0:
        raise InputError(f"{env.where}: currentDifficulty: must be given for block 0, which has no parent")
    if timestamp <= parent_timestamp:
        raise InputError(f"{env.where}: currentTimestamp: must be after the parent's, {parent_timestamp}")
    ommers_hash = env.optional_data("parentUncleHash", WORD_SIZE) or ZERO_HASH
    parent = parent_header(
        number=number - 1,
        timestamp=parent_timestamp,
        difficulty=env.quantity("parentDifficulty"),
        ommers_hash=empty_ommers_hash() if ommers_hash == ZERO_HASH else ommers_hash,
    )
    return of_one_word(f"{env.where}: parentDifficulty", next_difficulty(fork, parent, timestamp))


def of_one_word(where: str, number: int) -> int:
    """A number that follows from ``where``. Raises InputError where it does not fit 256 bits."""
    if number >> 8 * WORD_SIZE:
        raise InputError(f"{where}: what follows from it must fit into 256 bits, but is {number:#x}")
    return number


def read_random(env: LooseFields, fork: Fork) -> bytes:
    """``currentRandom``, of any number of digits; zero before Paris."""
    if not is_proof_of_stake(fork):
        return ZERO_HASH
    return env.quantity("currentRandom").to_bytes(WORD_SIZE, "big")


def read_excess_blob_gas(env: LooseFields, fork: Fork) -> int:
    """``currentExcessBlobGas``, or what follows from the parent's excess, use and base fee; 0 before Cancun."""
    if fork.blob_schedule is None:
        return 0
    name = "currentExcessBlobGas" if "currentExcessBlobGas" in env else "parentExcessBlobGas"
    try:
        excess = env.quantity(name, 64) if name == "currentExcessBlobGas" else next_excess(env, fork)
        fork.blob_base_fee(excess)
    except Rejection as rejection:
        raise InputError(f"{env.where}: {name}: {rejection}") from rejection
    return excess


def next_excess(env: LooseFields, fork: Fork) -> int:
    """The excess blob gas after the parent. The parent's base fee must be given where it makes a difference.

    Raises Rejection where the parent's own blob base fee is beyond all bounds.
    """
    base_fee = env.optional_quantity("parentBaseFee")
    used = env.optional_quantity("parentBlobGasUsed", 64) or 0
    excess = env.optional_quantity("parentExcessBlobGas", 64) or 0

    def after(parent_base_fee: int) -> int:
        parent = parent_header(base_fee_per_gas=parent_base_fee, blob_gas_used=used, excess_blob_gas=excess)
        return fork.next_excess_blob_gas(fork, parent) or 0

    if base_fee is not None:
        return after(base_fee)
    without_fee, with_highest_fee = after(0), after(2**256 - 1)
    if without_fee != with_highest_fee:
        raise InputError(
            f"{env.where}: the field 'parentBaseFee' is missing: under {fork.name} the excess blob gas depends on it"
        )
    return without_fee


def read_beacon_root(env: LooseFields, fork: Fork, is_bare: bool) -> bytes:
    """``parentBeaconBlockRoot``, which is needed since Cancun."""
    if not has_beacon_root(fork) or (is_bare and "parentBeaconBlockRoot" not in env):
        return ZERO_HASH
    return env.data("parentBeaconBlockRoot", WORD_SIZE)


def read_slot_number(env: LooseFields, fork: Fork) -> int:
    """``slotNumber``, which is needed since Amsterdam: nothing else in the environment says what it is.

    Before it there is none, and one that is given all the same is an error: the fork may not be the one that is meant.
    """
    if has_header_field(fork, "slot_number"):
        return env.quantity("slotNumber", 64)
    if "slotNumber" in env:
        raise InputError(f"{env.where}: slotNumber: must be absent: {fork.name} has none")
    return 0


def read_hashes(env: LooseFields, number: int) -> dict[int, bytes]:
    """``blockHashes`` by number, with ``parentHash`` for the parent."""
    hashes: dict[int, bytes] = {}
    given = env.optional_member("blockHashes")
    if given is not None:
        for name in given.values:
            past = to_quantity(f"{given.where}: number of a block", name, 64)
            if past in hashes:
                raise InputError(f"{given.where}: {name}: block {past} is there twice")
            hashes[past] = to_bytes(f"{given.where}: {name}", given.raw(name), WORD_SIZE)
    parent_hash = env.optional_data("parentHash", WORD_SIZE)
    if parent_hash is not None and number and hashes.setdefault(number - 1, parent_hash) != parent_hash:
        raise InputError(f"{env.where}: parentHash: must be the hash of block {number - 1} in blockHashes")
    return hashes


def read_withdrawals(env: LooseFields, fork: Fork, is_bare: bool) -> tuple[Withdrawal, ...]:
    """``withdrawals``, which are needed since Shanghai, be there any or not."""
    if not has_withdrawals(fork) or (is_bare and "withdrawals" not in env):
        return ()
    return tuple(
        Withdrawal(
            index=withdrawal.quantity("index", 64),
            validator_index=withdrawal.quantity("validatorIndex", 64),
            address=withdrawal.address("address"),
            amount=withdrawal.quantity("amount", 64),
        )
        for withdrawal in env.loose_members("withdrawals")
    )


def read_ommers(env: LooseFields, fork: Fork, number: int) -> tuple[OmmerMiner, ...]:
    """``ommers``: each an address, and by how many blocks it is older than this one."""
    if "ommers" not in env:
        return ()
    ommers = []
    for ommer in env.loose_members("ommers"):
        if is_proof_of_stake(fork):
            raise InputError(f"{env.where}: ommers: must be empty: {fork.name} has none")
        delta = ommer.quantity("delta", 64)
        if not 1 <= delta <= min(OMMER_GENERATIONS, number):
            raise InputError(f"{ommer.where}: delta: must be from 1 to {OMMER_GENERATIONS}, but is {delta}")
        ommers.append(OmmerMiner(ommer.address("address"), number - delta))
    return tuple(ommers)
