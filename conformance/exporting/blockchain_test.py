"""The `blockchain_test`: blocks as RLP, with all that is in them once more for people."""

from __future__ import annotations

from samestate.conformance.exporting.access_lists import access_list_object
from samestate.conformance.exporting.chain import ExportedBlock, ExportedChain
from samestate.conformance.exporting.encoding import encode_block
from samestate.conformance.exporting.inexpressible import Inexpressible
from samestate.conformance.exporting.json_values import (
    JsonObject,
    header_object,
    receipt_object,
    state_object,
    transaction_object,
    withdrawal_object,
)
from samestate.conformance.exporting.networks import configuration, network_of
from samestate.conformance.vectors.hexadecimal import hexed
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.transaction import decode_transaction
from samestate.spec.machine import Rejection


def blockchain_test(chain: ExportedChain) -> JsonObject:
    """The chain as a test. Raises Inexpressible."""
    network = network_of(chain.schedule)
    withdrawals = None if chain.genesis.withdrawals_root is None else ()
    return {
        "network": network,
        "genesisBlockHeader": header_object(chain.genesis),
        "pre": state_object(chain.pre),
        "postState": state_object(chain.post),
        "lastblockhash": hexed(chain.head),
        "config": configuration(chain.schedule, network, chain.chain_id),
        "genesisRLP": hexed(encode_block(chain.genesis, (), (), withdrawals)),
        "blocks": [_block(block) for block in chain.blocks],
        "sealEngine": "NoProof",
    }


def _block(block: ExportedBlock) -> JsonObject:
    """A block. Raises Inexpressible where what comes beside it decides, which no consumer looks at."""
    committed = block.header.block_access_list_hash if block.header is not None else None
    if block.access_list is not None and keccak256(block.access_list) != committed:
        raise Inexpressible("the list that comes with the block is not the one that its header commits to")
    encoded: JsonObject = {"rlp": hexed(block.rlp)}
    if not block.exceptions:
        return {**_decoded(block), **encoded}
    invalid = {**encoded, "expectException": "|".join(block.exceptions)}
    try:
        return {**invalid, "rlp_decoded": _decoded(block)} if block.header is not None else invalid
    except Rejection:
        return invalid  # a transaction that is none has no fields to show


def _decoded(block: ExportedBlock) -> JsonObject:
    """What is in a block. Raises Rejection where a transaction is malformed."""
    assert block.header is not None
    transactions = [decode_transaction(encoded) for encoded in block.transactions]
    written: JsonObject = {
        "blockHeader": header_object(block.header),
        "transactions": [transaction_object(transaction) for transaction in transactions],
        "uncleHeaders": [header_object(ommer) for ommer in block.ommers],
    }
    if block.withdrawals is not None:
        written["withdrawals"] = [withdrawal_object(withdrawal) for withdrawal in block.withdrawals]
    if block.result is not None:
        pairs = zip(transactions, block.result.receipts, strict=True)
        written["receipts"] = [receipt_object(transaction, receipt) for transaction, receipt in pairs]
    if block.access_list is not None:
        written["blockAccessList"] = access_list_object(block.access_list)
    return {**written, "blocknumber": str(block.header.number)}
