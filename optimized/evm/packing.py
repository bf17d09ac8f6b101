"""A block of the EVM as the engine takes it: plain bytes and numbers in, records that workers read out.

A block is packed once and can be executed any number of times, on any state.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import cython
from cython.cimports.cpython.bytes import PyBytes_AS_STRING
from cython.cimports.libc.stdint import uint8_t, uint64_t
from cython.cimports.libc.string import memcpy
from cython.cimports.samestate.optimized.evm.encodings import DecodingError, header_fields, refuse
from cython.cimports.samestate.optimized.evm.ruleset import Ruleset
from cython.cimports.samestate.optimized.evm.worker_seams import (
    BlockShape,
    BodyCommitments,
    commit_to_body,
    name_of_rejection,
    shape_of,
)

from samestate.optimized.evm.ruleset import ruleset_of

WORD_LIMIT = 2**256
NUMBER_LIMIT = 2**64
ZERO_HASH = bytes(32)
UNREACHABLE_BLOB_FEE = 178
"""The exponent from which on no word holds the blob base fee: e to this power is above 2^256."""


class BlockEnvironment(NamedTuple):
    """What a block tells its transactions, apart from state. Fees in wei, gas in gas units, ``timestamp`` in seconds.

    ``block_hashes``: the hashes of earlier blocks by their number, of the 256 before this one as many as are known.
    """

    chain_id: int
    number: int
    timestamp: int
    coinbase: bytes
    gas_limit: int
    base_fee: int = 0
    difficulty: int = 0
    prev_randao: bytes = ZERO_HASH
    excess_blob_gas: int = 0
    parent_hash: bytes = ZERO_HASH
    parent_beacon_block_root: bytes = ZERO_HASH
    slot_number: int = 0
    block_hashes: Mapping[int, bytes] = {}
    deposit_contract: bytes | None = None
    """Whose logs are deposits (EIP-6110); mainnet's, unless the chain has its own."""


def blob_base_fee(excess: int, fraction: int) -> int | None:
    """The price of a unit of blob gas in wei, e to the excess over the fraction (EIP-4844).

    None where no word holds it.
    """
    if fraction == 0 or excess // fraction >= UNREACHABLE_BLOB_FEE:
        return None if fraction else 1
    # EIP-4844, fake_exponential: the Taylor series in integers
    total, term, number = 0, fraction, 1
    while term:
        total += term
        term = term * excess // (fraction * number)
        number += 1
    fee = total // fraction
    return fee if fee < WORD_LIMIT else None


@cython.cfunc
def put_word(target: cython.pointer(uint64_t), number: object, what: str) -> cython.void:
    """A number of at most 256 bits, limb by limb."""
    if not 0 <= number < WORD_LIMIT:
        raise ValueError(f"{what}: {number} is no number of 256 bits")
    limbs: bytes = number.to_bytes(32, "little")
    memcpy(target, PyBytes_AS_STRING(limbs), 32)


@cython.cfunc
def put_bytes(target: cython.pointer(uint8_t), given: bytes, length: cython.Py_ssize_t, what: str) -> cython.void:
    """Bytes of one length."""
    if len(given) != length:
        raise ValueError(f"{what}: 0x{given.hex()} has {len(given)} bytes, not {length}")
    memcpy(target, PyBytes_AS_STRING(given), length)


@cython.cfunc
def number_of(given: object, what: str) -> uint64_t:
    """A number of at most 64 bits."""
    if not 0 <= given < NUMBER_LIMIT:
        raise ValueError(f"{what}: {given} is no number of 64 bits")
    return given


@cython.cclass
class PackedBlock:
    """A block, ready to be executed. Made by :func:`pack`."""

    @property
    def transaction_count(self) -> int:
        """How many transactions it has."""
        return self.input.transactions.size()

    def shape(self) -> tuple:
        """What can be told of the block before it runs, in the order of BlockShape (shape.hpp)."""
        found: BlockShape = shape_of(self.input)
        return (
            found.sampled,
            found.with_data,
            found.largest_sender,
            found.largest_kind,
            found.kind,
            found.gas_limit,
            found.largest_call,
            found.call,
        )

    def sender(self, index: int) -> bytes | None:
        """Who sent a transaction, as far as a worker has found out; None where nobody did."""
        if self.input.senders[index].known != 1 or self.input.senders[index].code():
            return None
        return cython.cast(cython.p_char, self.input.senders[index].address.bytes)[:20]

    def recover_in_lanes(self, wanted: bool) -> None:
        """Whether signers are found out eight at once, where the processor can. They are, unless this says no.

        What is so already may be said again while others are at the block.
        """
        if self.input.in_lanes != wanted:
            self.input.in_lanes = wanted

    @property
    def signatures_in_lanes(self) -> int:
        """How many signers have been found out so up to now, of transactions and of authorizations (EIP-7702)."""
        return self.input.counted_in_lanes()

    def body_commitments(self) -> tuple:
        """Transactions root, ommers hash and withdrawals root of a block that came as a whole."""
        found: BodyCommitments
        with cython.nogil:
            commit_to_body(self.input, found)
        return (
            cython.cast(cython.p_char, found.transactions_root.bytes)[:32],
            cython.cast(cython.p_char, found.ommers_hash.bytes)[:32],
            cython.cast(cython.p_char, found.withdrawals_root.bytes)[:32],
        )


def unpack(
    fork,
    raw: bytes,
    chain_id: int,
    block_hashes: Mapping | None = None,
    predictions: Mapping | bytes | None = None,
    deposit_contract: bytes | None = None,
) -> PackedBlock:
    """Pack a block of a fork that comes as a whole, as it goes over the network (RLP).

    ``block_hashes``: of the blocks before its parent as many as are known, by number. Raises
    :class:`samestate.optimized.evm.encodings.Refused` where the bytes are no block.
    """
    block: PackedBlock = PackedBlock()
    ruleset: Ruleset = ruleset_of(fork)
    data: cython.pointer(uint8_t) = cython.cast(cython.pointer(uint8_t), PyBytes_AS_STRING(raw))
    length: cython.size_t = len(raw)
    block.ruleset = ruleset
    block.raw = raw
    block.predictions = predictions
    error: DecodingError = block.input.load(data, length)
    refuse(cython.address(error))
    block.header = header_fields(cython.address(block.input.decoded.header))
    block.has_withdrawals = block.input.decoded.has_withdrawals
    block.coinbase = block.header["coinbase"]
    block.input.environment.chain_id = number_of(chain_id, "chain_id")
    put_blob_fee(block, fork, block.header.get("excess_blob_gas", 0))
    if deposit_contract is not None:
        put_bytes(block.input.environment.deposit_contract.bytes, deposit_contract, 20, "deposit_contract")
    put_block_hashes(block, block.header["number"], block_hashes or {})
    if block.header["number"]:
        parent: bytes = block.header["parent_hash"]
        block.input.add_block_hash(1, cython.cast(cython.pointer(uint8_t), PyBytes_AS_STRING(parent)))
    block.input.finish()
    return block


@cython.cfunc
def put_blob_fee(block: PackedBlock, fork: object, excess: object) -> cython.void:
    """Work the price of blob gas out."""
    fee = blob_base_fee(excess, fork.numbers.get("blob_update_fraction", 0))
    block.input.environment.blob_base_fee_overflows = fee is None
    put_word(block.input.environment.blob_base_fee.w, fee or 0, "blob base fee")


@cython.cfunc
def put_block_hashes(block: PackedBlock, number: object, block_hashes: object) -> cython.void:
    """Take the hashes of the blocks before block ``number`` that can be asked for."""
    for distance in range(1, min(256, number) + 1):
        digest: object = block_hashes.get(number - distance)
        if digest is not None:
            hash: bytes = digest
            if len(hash) != 32:
                raise ValueError(f"block_hashes: 0x{hash.hex()} has {len(hash)} bytes, not 32")
            block.input.add_block_hash(distance, cython.cast(cython.pointer(uint8_t), PyBytes_AS_STRING(hash)))


def pack(
    fork,
    environment,
    transactions: Sequence[bytes],
    withdrawals: Sequence[tuple[bytes, int]] = (),
    ommers: Sequence[tuple[bytes, int]] = (),
    is_bare: bool = False,
    predictions: Mapping | bytes | None = None,
    senders: Sequence[bytes] | None = None,
) -> PackedBlock:
    """Pack a block of a fork (forks.py).

    ``transactions``: their bytes (EIP-2718); one whose bytes are none makes the block invalid when it is executed.
    ``withdrawals``: recipients and amounts in gwei; ``ommers``: miners and block numbers. ``is_bare``: nothing happens
    before the first and after the last transaction. ``predictions``: a block access list (EIP-7928), or what one says
    that steps leave, by canonical key: pairs of a transaction's index and the value. ``senders``: who sent the
    transactions, where that is known for sure; then no signature is looked at. Raises ValueError for numbers and bytes
    of the wrong size.
    """
    block: PackedBlock = PackedBlock()
    ruleset: Ruleset = ruleset_of(fork)
    block.ruleset = ruleset
    block.raw = tuple(transactions)
    block.predictions = predictions
    block.coinbase = environment.coinbase
    block.input.environment.chain_id = number_of(environment.chain_id, "chain_id")
    block.input.environment.number = number_of(environment.number, "number")
    block.input.environment.timestamp = number_of(environment.timestamp, "timestamp")
    block.input.environment.gas_limit = number_of(environment.gas_limit, "gas_limit")
    block.input.environment.slot_number = number_of(environment.slot_number, "slot_number")
    block.input.environment.excess_blob_gas = number_of(environment.excess_blob_gas, "excess_blob_gas")
    put_word(block.input.environment.base_fee.w, environment.base_fee, "base_fee")
    put_word(block.input.environment.difficulty.w, environment.difficulty, "difficulty")
    put_bytes(block.input.environment.prev_randao.bytes, environment.prev_randao, 32, "prev_randao")
    put_bytes(block.input.environment.coinbase.bytes, environment.coinbase, 20, "coinbase")
    put_bytes(block.input.environment.parent_hash.bytes, environment.parent_hash, 32, "parent_hash")
    put_bytes(
        block.input.environment.parent_beacon_block_root.bytes,
        environment.parent_beacon_block_root,
        32,
        "parent_beacon_block_root",
    )
    block.input.environment.is_bare = is_bare
    put_blob_fee(block, fork, environment.excess_blob_gas)
    put_block_hashes(block, environment.number, environment.block_hashes)
    if environment.deposit_contract is not None:
        put_bytes(block.input.environment.deposit_contract.bytes, environment.deposit_contract, 20, "deposit_contract")
    for recipient, amount in withdrawals:
        address: bytes = recipient
        if len(address) != 20:
            raise ValueError(f"withdrawals: 0x{address.hex()} is no address")
        block.input.add_withdrawal(
            cython.cast(cython.pointer(uint8_t), PyBytes_AS_STRING(address)), number_of(amount, "withdrawals")
        )
    for miner, number in ommers:
        address = miner
        if len(address) != 20:
            raise ValueError(f"ommers: 0x{address.hex()} is no address")
        block.input.add_ommer(
            cython.cast(cython.pointer(uint8_t), PyBytes_AS_STRING(address)), number_of(number, "ommers")
        )
    for index, text in enumerate(block.raw):
        encoded: bytes = text
        code: uint8_t = block.input.add_transaction(
            cython.cast(cython.pointer(uint8_t), PyBytes_AS_STRING(encoded)), len(encoded)
        )
        if code != 0 and block.malformed is None:
            block.malformed = (index, cython.cast(bytes, name_of_rejection(code)).decode())
    block.input.finish()
    if senders is not None:
        if len(senders) != len(block.raw):
            raise ValueError(f"{len(senders)} senders for {len(block.raw)} transactions")
        for index, sender in enumerate(senders):
            put_bytes(block.input.senders[index].address.bytes, sender, 20, "senders")
            block.input.senders[index].known = 1
    return block
