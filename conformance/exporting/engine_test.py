"""The `blockchain_test_engine`: each block as the call of the Engine API that delivers it."""

from __future__ import annotations

from typing import Final

from samestate.conformance.exporting.chain import ExportedBlock, ExportedChain
from samestate.conformance.exporting.inexpressible import NO_BYTES, Inexpressible
from samestate.conformance.exporting.json_values import JsonObject, header_object, state_object
from samestate.conformance.exporting.networks import configuration, network_of
from samestate.conformance.fixtures.fields import Fields
from samestate.conformance.fixtures.payload import VERSIONS, new_payload
from samestate.conformance.vectors.hexadecimal import hexed
from samestate.spec.evm.block import Header
from samestate.spec.evm.transaction import BlobTransaction, decode_transaction
from samestate.spec.machine import Rejection

FORK_CHOICE_VERSIONS: Final = {1: 1, 2: 2, 3: 3, 4: 3, 5: 4}
"""The version of ``engine_forkchoiceUpdated`` beside each of ``engine_newPayload`` (execution-apis)."""

NO_API: Final = "before Paris blocks do not come through the Engine API"
ANOTHER: Final = "a payload stands for another block: its header says what none can"


def engine_test(chain: ExportedChain) -> JsonObject:
    """The chain as a test. Raises Inexpressible."""
    network = network_of(chain.schedule)
    return {
        "network": network,
        "genesisBlockHeader": header_object(chain.genesis),
        "pre": state_object(chain.pre),
        "postState": state_object(chain.post),
        "lastblockhash": hexed(chain.head),
        "config": configuration(chain.schedule, network, chain.chain_id),
        "engineNewPayloads": [_call(block) for block in chain.blocks],
    }


def _call(block: ExportedBlock) -> JsonObject:
    """The call for a block. Raises Inexpressible where none stands for its bytes."""
    header, version = block.header, VERSIONS.get(block.fork.header_fields)
    if version is None or block.fork.block_reward:
        raise Inexpressible(NO_API)
    if header is None:
        raise Inexpressible("a block whose bytes are none cannot be a payload")
    if not all(block.transactions):
        raise Inexpressible(NO_BYTES)
    if len(header.fields()) != block.fork.header_fields:
        raise Inexpressible(ANOTHER)
    parameters: list[object] = [_payload(header, block)]
    if version >= 3:
        parameters += [_versioned_hashes(block), hexed(header.parent_beacon_block_root or b"")]
    if version >= 4:
        parameters.append([hexed(request) for request in block.requests])
    call: JsonObject = {
        "params": parameters,
        "newPayloadVersion": str(version),
        "forkchoiceUpdatedVersion": str(FORK_CHOICE_VERSIONS[version]),
    }
    if block.exceptions:
        call["validationError"] = "|".join(block.exceptions)
    if new_payload(Fields("payload", call)).block() != block.rlp:
        raise Inexpressible(ANOTHER)
    return call


def _payload(header: Header, block: ExportedBlock) -> JsonObject:
    written: JsonObject = {
        "parentHash": hexed(header.parent_hash),
        "feeRecipient": hexed(header.coinbase),
        "stateRoot": hexed(header.state_root),
        "receiptsRoot": hexed(header.receipts_root),
        "logsBloom": hexed(header.bloom),
        "blockNumber": hex(header.number),
        "gasLimit": hex(header.gas_limit),
        "gasUsed": hex(header.gas_used),
        "timestamp": hex(header.timestamp),
        "extraData": hexed(header.extra_data),
        "prevRandao": hexed(header.prev_randao),
        "baseFeePerGas": hex(header.base_fee_per_gas or 0),
    }
    optional = {
        "blobGasUsed": header.blob_gas_used,
        "excessBlobGas": header.excess_blob_gas,
        "slotNumber": header.slot_number,
    }
    written |= {name: hex(value) for name, value in optional.items() if value is not None}
    written |= {
        "blockHash": hexed(header.hash()),
        "transactions": [hexed(encoded) for encoded in block.transactions],
    }
    if block.withdrawals is not None:
        written["withdrawals"] = [
            {
                "index": hex(withdrawal.index),
                "validatorIndex": hex(withdrawal.validator_index),
                "address": hexed(withdrawal.address),
                "amount": hex(withdrawal.amount),
            }
            for withdrawal in block.withdrawals
        ]
    if header.block_access_list_hash is not None and block.access_list is not None:
        written["blockAccessList"] = hexed(block.access_list)
    return written


def _versioned_hashes(block: ExportedBlock) -> list[str]:
    """The hashes of the blobs of all transactions that are well formed."""
    hashes: list[str] = []
    for encoded in block.transactions:
        try:
            transaction = decode_transaction(encoded)
        except Rejection:
            continue
        if isinstance(transaction, BlobTransaction):
            hashes += [hexed(digest) for digest in transaction.blob_versioned_hashes]
    return hashes
