"""The `state_test`: one transaction on a state, and nothing before or after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from samestate.conformance.exporting.inexpressible import Inexpressible
from samestate.conformance.exporting.json_values import (
    JsonObject,
    access_list_object,
    content_object,
    number,
    receipt_object,
    state_object,
)
from samestate.conformance.exporting.moving import OTHERWISE, compare_outcomes, refuse_unreachable
from samestate.conformance.exporting.networks import configuration, network_of
from samestate.conformance.exporting.rejections import of_transaction
from samestate.conformance.fixtures.features import has_header_field
from samestate.conformance.fixtures.forks import ForkSchedule
from samestate.conformance.fixtures.state_test import hashes_before
from samestate.conformance.vectors import evm
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.evm.case import encoded_transactions
from samestate.conformance.vectors.evm.private_keys import private_key_of
from samestate.conformance.vectors.hexadecimal import hexed
from samestate.conformance.vectors.model import VALID, Vector, member, members, text, texts
from samestate.spec.evm.chain import EvmResult
from samestate.spec.evm.environment import Environment
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.payload import Payload
from samestate.spec.evm.receipt import logs_hash
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.signature import address_of, recover_sender
from samestate.spec.evm.transaction import LegacyTransaction, Transaction, decode_transaction
from samestate.spec.machine import Rejection
from samestate.spec.transition import apply_block

LEFT_OUT: Final = "it is about what a state test leaves out"
INDEXES: Final[Mapping[str, int]] = {"data": 0, "gas": 0, "value": 0}
"""Which element is meant of the lists of data, gas limits and values, which have one each."""


def state_test(vector: Vector) -> JsonObject:
    """The vector as a test of its only transaction. Raises Inexpressible."""
    refuse_unreachable(vector)
    block, expect = only_block(vector)
    fork = evm.fork_of(vector.case)
    network = network_of(ForkSchedule(fork))
    (encoded,) = encoded_transactions(block)
    transaction, sender = signed(encoded)
    given = evm.read_environment(vector.case, member(block, "env"))
    environment = replace(given, block_hashes=hashes_before(given.number))
    pre = evm.state_of(vector.case)
    result, code = execute(fork, Payload(environment=environment, transactions=(transaction,), is_bare=True), pre)
    compare(expect, result, code)
    after = result.state() if result is not None else pre
    post: JsonObject = {
        "hash": hexed(after.root()),
        "logs": hexed(logs_hash(result.outcomes[0].logs if result is not None else ())),
        "txbytes": hexed(encoded),
        "indexes": dict(INDEXES),
        "state": state_object(after),
    }
    if result is not None:
        post["receipt"] = receipt_object(transaction, result.receipts[0])
    if code is not None:
        post["expectException"] = "|".join(of_transaction(code))
    config = configuration(ForkSchedule(fork), network, environment.chain_id)
    return {
        "env": environment_object(fork, environment),
        "pre": state_object(pre),
        "transaction": transaction_object(transaction, sender, vector.names),
        "post": {network: [post]},
        "config": {name: value for name, value in config.items() if name != "network"},
    }


def only_block(vector: Vector) -> tuple[Object, Object]:
    """The only block of a vector, with its only transaction, and what is expected of it. Raises Inexpressible."""
    blocks = vector.case.blocks
    if evm.is_chain(vector.case):
        raise Inexpressible(LEFT_OUT, "headers")
    if len(blocks) != 1:
        raise Inexpressible("a state test has one transaction", f"there are {len(blocks)} blocks")
    (block,), (expect,) = blocks, vector.expected
    count = len(members(block, "txs"))
    if count != 1:
        raise Inexpressible("a state test has one transaction", f"there are {count}" if count else "there is none")
    for name in ("withdrawals", "ommers", "block_access_list"):
        if block.get(name):
            raise Inexpressible(LEFT_OUT, name.replace("_", " "))
    if texts(expect, "requests"):
        raise Inexpressible(LEFT_OUT, "requests")
    if text(expect, "status") != VALID and "transaction" not in expect:
        raise Inexpressible(LEFT_OUT, text(expect, "status"))
    return block, expect


def signed(encoded: bytes) -> tuple[Transaction, bytes]:
    """The transaction, and who has signed it. Raises Inexpressible where it is none, or nobody has."""
    try:
        transaction = decode_transaction(encoded)
        return transaction, recover_sender(transaction)
    except Rejection as rejection:
        raise Inexpressible("a state test says who the sender is", str(rejection)) from rejection


def execute(fork: Fork, payload: Payload, pre: object) -> tuple[EvmResult | None, Invalid | None]:
    """What the transaction gives, or why it is rejected."""
    try:
        return apply_block(Evm(fork), payload, pre), None  # type: ignore[arg-type]
    except Rejection as rejection:
        assert isinstance(rejection.code, Invalid), "the codes of the EVM"
        return None, rejection.code


def compare(expect: Object, result: EvmResult | None, code: Invalid | None) -> None:
    """Raise Inexpressible where the transaction by itself comes to something else than in its block."""
    now, status = code.name if code is not None else VALID, text(expect, "status")
    if now != status:
        raise Inexpressible(OTHERWISE, f"{now} in place of {status}")
    if result is not None:
        compare_outcomes(expect, result)


def environment_object(fork: Fork, environment: Environment) -> JsonObject:
    """What the transaction can ask about its block."""
    written: JsonObject = {
        "currentCoinbase": hexed(environment.coinbase),
        "currentGasLimit": number(environment.gas_limit),
        "currentNumber": number(environment.number),
        "currentTimestamp": number(environment.timestamp),
        "currentDifficulty": number(environment.difficulty),
    }
    if not fork.block_reward:
        written["currentRandom"] = hexed(environment.prev_randao)
    if has_header_field(fork, "base_fee_per_gas"):
        written["currentBaseFee"] = number(environment.base_fee_per_gas)
    if fork.blob_schedule is not None:
        written["currentExcessBlobGas"] = number(environment.excess_blob_gas)
    if has_header_field(fork, "slot_number"):
        written["slotNumber"] = number(environment.slot_number)
    return written


def transaction_object(transaction: Transaction, sender: bytes, names: Mapping[str, str]) -> JsonObject:
    """The transaction, with lists of one for what may be many. The sender's key is there where its name gives it."""
    written = content_object(transaction)
    written |= {
        "gasLimit": [number(transaction.gas_limit)],
        "value": [number(transaction.value)],
        "data": [hexed(transaction.data)],
    }
    if not isinstance(transaction, LegacyTransaction):
        written["accessLists"] = [access_list_object(transaction.access_list)]
    written["sender"] = hexed(sender)
    name = names.get(hexed(sender))
    if name is not None and address_of(private_key_of(name)) == sender:
        written["secretKey"] = hexed(private_key_of(name))
    return written
