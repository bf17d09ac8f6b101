"""Which transactions may be in a block.

The rules of the first part look at the transaction and the block's environment alone; a fork lists those that it has.
The last part looks at the sender's account, and is the same in every fork.
"""

# source: yellow paper, section 6

from __future__ import annotations

from samestate.spec.evm.environment import Environment
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.gas import GAS_PER_BLOB, TOTAL_GAS_LIMIT, TRANSACTION_GAS_LIMIT
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.signature import recover_sender
from samestate.spec.evm.transaction import (
    AccessListTransaction,
    BlobTransaction,
    LegacyTransaction,
    SetCodeTransaction,
    Transaction,
)
from samestate.spec.evm.world import NONCE_LIMIT, World
from samestate.spec.machine import Rejection

WORD_LIMIT = 2**256
VERSIONED_HASH_VERSION = 0x01
UNPROTECTED = (27, 28)
"""The two values of v that name no chain."""


def intrinsic_gas(fork: Fork, transaction: Transaction, sender: bytes) -> int:
    """What the transaction costs before it executes."""
    return sum(charge(transaction, sender) for charge in fork.intrinsic_charges)


def check_alone(fork: Fork, environment: Environment, transaction: Transaction) -> bytes:
    """Judge all of a transaction that needs neither its block nor the state, and give its sender. Raises Rejection."""
    for unsigned_rule in fork.unsigned_rules:
        unsigned_rule(fork, environment, transaction)
    sender = recover_sender(transaction)
    for rule in fork.transaction_rules:
        rule(fork, environment, transaction, sender)
    return sender


def check_type(fork: Fork, environment: Environment, transaction: Transaction) -> None:
    """The fork must know the transaction's type (EIP-2718)."""
    if transaction.type not in fork.transaction_types:
        # rule: evm.validity.type
        # source: EIP-2718, specification
        raise Rejection(Invalid.TYPE_NOT_SUPPORTED, f"type {transaction.type} in {fork.name}")


def check_chain(fork: Fork, environment: Environment, transaction: Transaction) -> None:
    """A transaction that names a chain must be on that chain; a legacy one that names none says so (EIP-155)."""
    if transaction.chain_id is None and transaction.v not in UNPROTECTED:
        # rule: evm.validity.neither-chain-nor-none
        # source: EIP-155, specification
        raise Rejection(Invalid.WRONG_CHAIN_ID, f"v is {transaction.v}")
    if transaction.chain_id is not None and transaction.chain_id != environment.chain_id:
        # rule: evm.validity.chain-id
        # source: EIP-155, specification; EIP-2930, specification
        raise Rejection(Invalid.WRONG_CHAIN_ID, f"{transaction.chain_id} on chain {environment.chain_id}")


def check_nonce_limit(fork: Fork, environment: Environment, transaction: Transaction, sender: bytes) -> None:
    """The nonce must have a successor (EIP-2681)."""
    if transaction.nonce == NONCE_LIMIT:
        # rule: evm.validity.nonce-max
        # source: EIP-2681, specification
        raise Rejection(Invalid.NONCE_IS_MAX)


def check_block_gas_limit(fork: Fork, environment: Environment, transaction: Transaction, sender: bytes) -> None:
    """Even an empty block must have room for the transaction."""
    if transaction.gas_limit > environment.gas_limit:
        # rule: evm.validity.block-gas-limit
        # source: yellow paper, section 6.2
        raise Rejection(
            Invalid.GAS_ALLOWANCE_EXCEEDED,
            f"{transaction.gas_limit} gas in a block of {environment.gas_limit}",
        )


def check_intrinsic_gas(fork: Fork, environment: Environment, transaction: Transaction, sender: bytes) -> None:
    """The gas limit must cover the intrinsic gas and the floor of the data."""
    needed = intrinsic_gas(fork, transaction, sender)
    if transaction.gas_limit < needed:
        # rule: evm.validity.intrinsic-gas
        # source: yellow paper, section 6.2
        raise Rejection(Invalid.INTRINSIC_GAS_TOO_LOW, f"{transaction.gas_limit} of {needed}")
    floor = fork.calldata_floor(transaction, sender)
    if transaction.gas_limit < floor:
        # rule: evm.validity.calldata-floor
        # source: EIP-7623, specification
        raise Rejection(Invalid.FLOOR_GAS_TOO_LOW, f"{transaction.gas_limit} of {floor}")


def check_transaction_gas_limit(fork: Fork, environment: Environment, transaction: Transaction, sender: bytes) -> None:
    """No transaction may have more gas than the cap (EIP-7825)."""
    if fork.transaction_gas_limit is not None and transaction.gas_limit > fork.transaction_gas_limit:
        # rule: evm.validity.transaction-gas-limit
        # source: EIP-7825, specification
        raise Rejection(Invalid.TRANSACTION_GAS_LIMIT_EXCEEDED, f"{transaction.gas_limit}")


def check_initcode_size(fork: Fork, environment: Environment, transaction: Transaction, sender: bytes) -> None:
    """The initialization code of a creating transaction is limited (EIP-3860)."""
    if transaction.to is None and len(transaction.data) > fork.initcode_size_limit:
        # rule: evm.validity.initcode-size
        # source: EIP-3860, specification
        raise Rejection(Invalid.INITCODE_TOO_LARGE, f"{len(transaction.data)} bytes")


def check_gas_price_product(fork: Fork, environment: Environment, transaction: Transaction, sender: bytes) -> None:
    """The most that the gas may cost must be a 256-bit number of wei."""
    if transaction.gas_limit * maximum_gas_price(transaction) >= WORD_LIMIT:
        # rule: evm.validity.gas-price-product
        # source: Samestate: a price that no balance of 256 bits can pay
        raise Rejection(Invalid.GAS_PRICE_PRODUCT_OVERFLOW)


def check_fees(fork: Fork, environment: Environment, transaction: Transaction, sender: bytes) -> None:
    """The offered fees must be in order and cover the base fee (EIP-1559)."""
    if isinstance(transaction, LegacyTransaction | AccessListTransaction):
        if transaction.gas_price < environment.base_fee_per_gas:
            # rule: evm.validity.gas-price-below-base-fee
            # source: EIP-1559, specification
            raise Rejection(
                Invalid.MAX_FEE_BELOW_BASE_FEE, f"{transaction.gas_price} of {environment.base_fee_per_gas} wei"
            )
        return
    if transaction.max_priority_fee_per_gas > transaction.max_fee_per_gas:
        # rule: evm.validity.priority-fee-above-maximum
        # source: EIP-1559, specification
        raise Rejection(
            Invalid.PRIORITY_FEE_ABOVE_MAX_FEE,
            f"{transaction.max_priority_fee_per_gas} over {transaction.max_fee_per_gas} wei",
        )
    if transaction.max_fee_per_gas < environment.base_fee_per_gas:
        # rule: evm.validity.max-fee-below-base-fee
        # source: EIP-1559, specification
        raise Rejection(
            Invalid.MAX_FEE_BELOW_BASE_FEE, f"{transaction.max_fee_per_gas} of {environment.base_fee_per_gas} wei"
        )


def check_blobs(fork: Fork, environment: Environment, transaction: Transaction, sender: bytes) -> None:
    """A blob transaction calls, has blobs, names them by versioned hashes and pays their price (EIP-4844)."""
    if not isinstance(transaction, BlobTransaction):
        return
    if transaction.to is None:
        # rule: evm.validity.blob-creation
        # source: EIP-4844, Blob transaction
        raise Rejection(Invalid.BLOB_CREATION)
    if not transaction.blob_versioned_hashes:
        # rule: evm.validity.no-blobs
        # source: EIP-4844, Execution layer validation
        raise Rejection(Invalid.NO_BLOBS)
    for index, versioned_hash in enumerate(transaction.blob_versioned_hashes):
        if versioned_hash[0] != VERSIONED_HASH_VERSION:
            # rule: evm.validity.blob-versioned-hash
            # source: EIP-4844, Execution layer validation
            raise Rejection(Invalid.BLOB_VERSIONED_HASH, f"blob {index}: 0x{versioned_hash.hex()}")
    count = len(transaction.blob_versioned_hashes)
    if fork.blob_schedule is not None and count > fork.blob_schedule.maximum:
        # rule: evm.validity.blobs-over-block-maximum
        # source: EIP-4844, Execution layer validation
        raise Rejection(Invalid.BLOB_GAS_ALLOWANCE_EXCEEDED, f"{count} blobs of {fork.blob_schedule.maximum}")
    if fork.blobs_per_transaction is not None and count > fork.blobs_per_transaction:
        # rule: evm.validity.blobs-per-transaction
        # source: EIP-7594, specification
        raise Rejection(Invalid.TOO_MANY_BLOBS, f"{count} of {fork.blobs_per_transaction}")
    price = fork.blob_base_fee(environment.excess_blob_gas)
    if transaction.max_fee_per_blob_gas < price:
        # rule: evm.validity.max-fee-per-blob-gas
        # source: EIP-4844, Execution layer validation
        raise Rejection(Invalid.MAX_FEE_PER_BLOB_GAS_TOO_LOW, f"{transaction.max_fee_per_blob_gas} of {price} wei")


def check_authorizations(fork: Fork, environment: Environment, transaction: Transaction, sender: bytes) -> None:
    """A set-code transaction calls, and has authorizations (EIP-7702)."""
    if not isinstance(transaction, SetCodeTransaction):
        return
    if transaction.to is None:
        # rule: evm.validity.set-code-creation
        # source: EIP-7702, Set code transaction
        raise Rejection(Invalid.SET_CODE_CREATION)
    if not transaction.authorizations:
        # rule: evm.validity.no-authorizations
        # source: EIP-7702, Set code transaction
        raise Rejection(Invalid.NO_AUTHORIZATIONS)


# Since Amsterdam


def check_total_gas_limit(fork: Fork, environment: Environment, transaction: Transaction, sender: bytes) -> None:
    """No transaction may have more execution and state gas together than the cap (EIP-8037)."""
    if transaction.gas_limit > TOTAL_GAS_LIMIT:
        # rule: evm.validity.total-gas-limit
        # source: EIP-8037, Transaction validation
        raise Rejection(Invalid.TOTAL_GAS_LIMIT_EXCEEDED, f"{transaction.gas_limit}")


def check_priority_fee(fork: Fork, environment: Environment, transaction: Transaction, sender: bytes) -> None:
    """The priority fee may not be over the maximum fee (EIP-1559)."""
    if isinstance(transaction, LegacyTransaction | AccessListTransaction):
        return
    if transaction.max_priority_fee_per_gas > transaction.max_fee_per_gas:
        # rule: evm.validity.priority-fee
        # source: EIP-1559, specification
        raise Rejection(
            Invalid.PRIORITY_FEE_ABOVE_MAX_FEE,
            f"{transaction.max_priority_fee_per_gas} over {transaction.max_fee_per_gas} wei",
        )


def check_blob_hashes(fork: Fork, environment: Environment, transaction: Transaction, sender: bytes) -> None:
    """A blob transaction has blobs, no more than it may, and names them by versioned hashes (EIP-4844, EIP-7594)."""
    if not isinstance(transaction, BlobTransaction):
        return
    count = len(transaction.blob_versioned_hashes)
    if not count:
        # rule: evm.validity.blobs-missing
        # source: EIP-4844, Execution layer validation
        raise Rejection(Invalid.NO_BLOBS)
    if fork.blobs_per_transaction is not None and count > fork.blobs_per_transaction:
        # rule: evm.validity.blobs-of-one-transaction
        # source: EIP-7594, specification
        raise Rejection(Invalid.TOO_MANY_BLOBS, f"{count} of {fork.blobs_per_transaction}")
    for index, versioned_hash in enumerate(transaction.blob_versioned_hashes):
        if versioned_hash[0] != VERSIONED_HASH_VERSION:
            # rule: evm.validity.blob-hash-version
            # source: EIP-4844, Execution layer validation
            raise Rejection(Invalid.BLOB_VERSIONED_HASH, f"blob {index}: 0x{versioned_hash.hex()}")


def check_recipient(fork: Fork, environment: Environment, transaction: Transaction, sender: bytes) -> None:
    """Blob and set-code transactions create nothing (EIP-4844, EIP-7702)."""
    if transaction.to is not None:
        return
    if isinstance(transaction, BlobTransaction):
        # rule: evm.validity.blobs-without-recipient
        # source: EIP-4844, Blob transaction
        raise Rejection(Invalid.BLOB_CREATION)
    if isinstance(transaction, SetCodeTransaction):
        # rule: evm.validity.set-code-without-recipient
        # source: EIP-7702, Set code transaction
        raise Rejection(Invalid.SET_CODE_CREATION)


def check_gas(fork: Fork, environment: Environment, transaction: Transaction, sender: bytes) -> None:
    """The gas limit must cover the intrinsic gas and the floor of the data, and neither may be over the cap.

    The cap is that of execution gas: a transaction may ask for more, which is for state alone (EIP-8037).
    """
    needed = intrinsic_gas(fork, transaction, sender)
    floor = fork.calldata_floor(transaction, sender)
    if transaction.gas_limit < needed:
        # rule: evm.validity.intrinsic-gas-since-amsterdam
        # source: yellow paper, section 6.2; EIP-8037, Transaction validation
        raise Rejection(Invalid.INTRINSIC_GAS_TOO_LOW, f"{transaction.gas_limit} of {needed}")
    if transaction.gas_limit < floor:
        # rule: evm.validity.data-floor
        # source: EIP-7623, specification; EIP-8037, Transaction validation
        raise Rejection(Invalid.FLOOR_GAS_TOO_LOW, f"{transaction.gas_limit} of {floor}")
    if needed > TRANSACTION_GAS_LIMIT:
        # rule: evm.validity.intrinsic-gas-over-limit
        # source: EIP-8037, Transaction validation
        raise Rejection(Invalid.INTRINSIC_GAS_OVER_LIMIT, f"{needed} of {TRANSACTION_GAS_LIMIT}")
    if floor > TRANSACTION_GAS_LIMIT:
        # rule: evm.validity.floor-over-limit
        # source: EIP-8037, Transaction validation
        raise Rejection(Invalid.FLOOR_GAS_OVER_LIMIT, f"{floor} of {TRANSACTION_GAS_LIMIT}")


def check_price(fork: Fork, environment: Environment, transaction: Transaction, sender: bytes) -> None:
    """The price offered for gas must reach the base fee (EIP-1559)."""
    if maximum_gas_price(transaction) < environment.base_fee_per_gas:
        # rule: evm.validity.price-below-base-fee
        # source: EIP-1559, specification
        raise Rejection(
            Invalid.MAX_FEE_BELOW_BASE_FEE,
            f"{maximum_gas_price(transaction)} of {environment.base_fee_per_gas} wei",
        )


def check_blob_price(fork: Fork, environment: Environment, transaction: Transaction, sender: bytes) -> None:
    """The price offered for blob gas must reach the blob base fee (EIP-4844)."""
    if isinstance(transaction, BlobTransaction):
        price = fork.blob_base_fee(environment.excess_blob_gas)
        if transaction.max_fee_per_blob_gas < price:
            # rule: evm.validity.price-below-blob-base-fee
            # source: EIP-4844, Execution layer validation
            raise Rejection(Invalid.MAX_FEE_PER_BLOB_GAS_TOO_LOW, f"{transaction.max_fee_per_blob_gas} of {price} wei")


# Prices, and the sender's account


def maximum_gas_price(transaction: Transaction) -> int:
    """The most that the sender is ready to pay for gas, in wei."""
    if isinstance(transaction, LegacyTransaction | AccessListTransaction):
        return transaction.gas_price
    return transaction.max_fee_per_gas


def effective_gas_price(environment: Environment, transaction: Transaction) -> int:
    """What the sender pays for gas, in wei: the base fee and as much of the priority fee as the maximum leaves."""
    if isinstance(transaction, LegacyTransaction | AccessListTransaction):
        # rule: evm.fees.gas-price
        return transaction.gas_price
    priority = min(transaction.max_priority_fee_per_gas, transaction.max_fee_per_gas - environment.base_fee_per_gas)
    # rule: evm.fees.effective-gas-price
    # source: EIP-1559, specification
    return environment.base_fee_per_gas + priority


def blob_gas(transaction: Transaction) -> int:
    """The blob gas that the transaction uses."""
    if isinstance(transaction, BlobTransaction):
        # rule: evm.fees.blob-gas
        # source: EIP-4844, Gas accounting
        return GAS_PER_BLOB * len(transaction.blob_versioned_hashes)
    return 0


def check_sender(fork: Fork, world: World, sender: bytes, transaction: Transaction) -> None:
    """The sender must have the right nonce, the means to pay, and no code of its own: in this order.

    Observes the nonce, the code and the balance.
    """
    nonce, code, balance = world.nonce(sender), world.code(sender), world.balance(sender)
    if transaction.nonce < nonce:
        # rule: evm.validity.nonce-too-low
        raise Rejection(Invalid.NONCE_TOO_LOW, f"{transaction.nonce}, and the account is at {nonce}")
    if transaction.nonce > nonce:
        # rule: evm.validity.nonce-too-high
        raise Rejection(Invalid.NONCE_TOO_HIGH, f"{transaction.nonce}, and the account is at {nonce}")
    needed = transaction.gas_limit * maximum_gas_price(transaction) + transaction.value
    if isinstance(transaction, BlobTransaction):
        # rule: evm.validity.blob-funds
        # source: EIP-4844, Execution layer validation
        needed += blob_gas(transaction) * transaction.max_fee_per_blob_gas
    if balance < needed:
        # rule: evm.validity.funds
        raise Rejection(Invalid.INSUFFICIENT_FUNDS, f"{balance} of {needed} wei")
    if code and fork.delegation_target(code) is None:
        # rule: evm.validity.sender-has-code
        # source: EIP-3607, specification; EIP-7702, Transaction origination
        raise Rejection(Invalid.SENDER_NOT_EOA, f"0x{sender.hex()}")
