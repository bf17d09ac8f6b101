"""The result as JSON, with the names and forms that geth gives them."""

from __future__ import annotations

from samestate.conformance.fixtures.features import counts_state_gas
from samestate.conformance.transition_tool.building import Transition
from samestate.conformance.transition_tool.ruleset import has_base_fee, has_requests, has_withdrawals, is_proof_of_stake
from samestate.spec.evm.block import transactions_root, withdrawals_root
from samestate.spec.evm.block_access_list import encode_access_list, hash_access_list
from samestate.spec.evm.receipt import Log, Receipt, logs_bloom, logs_hash, receipts_root
from samestate.spec.evm.requests import requests_hash
from samestate.spec.evm.rlp import encode
from samestate.spec.evm.transaction import BlobTransaction, transaction_hash, transaction_item
from samestate.spec.evm.transaction_execution import Outcome

NO_HASH = bytes(32)
"""In the place of the block's hash, which nobody knows before the block is sealed."""


def write_result(transition: Transition) -> dict[str, object]:
    """The result. Fields that the fork does not have are absent, but for the three that geth always writes.

    ``gasUsed`` is the header's; the two sums of which it is the larger since Amsterdam have the names that
    ethereum/execution-apis gives the parts of each transaction (pull request 852), since no other tool writes them.
    """
    fork, result, environment = transition.fork, transition.result, transition.context.environment
    logs = [log for receipt in result.receipts for log in receipt.logs]
    fields: dict[str, object] = {
        "stateRoot": show(transition.state.root()),
        "txRoot": show(transactions_root([outcome.transaction for outcome in result.outcomes])),
        "receiptsRoot": show(receipts_root(result.receipts)),
        "logsHash": show(logs_hash(logs)),
        "logsBloom": show(logs_bloom(logs)),
        "receipts": write_receipts(transition),
        "rejected": [{"index": index, "error": str(error)} for index, error in transition.rejected.items()],
        "currentDifficulty": None if is_proof_of_stake(fork) else hex(environment.difficulty),
        "gasUsed": hex(result.totals.gas_used),
        "currentBaseFee": hex(environment.base_fee_per_gas) if has_base_fee(fork) else None,
    }
    if counts_state_gas(fork):
        fields["executionGasUsed"] = hex(result.totals.execution_gas)
        fields["stateGasUsed"] = hex(result.totals.state_gas)
    if has_withdrawals(fork):
        fields["withdrawalsRoot"] = show(withdrawals_root(transition.context.withdrawals))
    if fork.blob_schedule is not None:
        fields["currentExcessBlobGas"] = hex(environment.excess_blob_gas)
        fields["blobGasUsed"] = hex(result.totals.blob_gas_used)
    if has_requests(fork):
        fields["requestsHash"] = show(requests_hash(result.closing.requests))
        fields["requests"] = [show(request) for request in result.closing.requests]
    if transition.access_list is not None:
        fields["blockAccessList"] = show(encode_access_list(transition.access_list))
        fields["blockAccessListHash"] = show(hash_access_list(transition.access_list))
    if transition.block_rejection is not None:
        fields["blockException"] = str(transition.block_rejection)
    return fields


def write_body(transition: Transition) -> str:
    """The RLP of the list of transactions that are in the block, as hex."""
    return show(encode([transaction_item(outcome.transaction) for outcome in transition.result.outcomes]))


def write_receipts(transition: Transition) -> list[object]:
    """The receipts with what a node adds to them."""
    receipts: list[object] = []
    logs_before = 0
    for index, (outcome, receipt) in enumerate(
        zip(transition.result.outcomes, transition.result.receipts, strict=True)
    ):
        receipts.append(_receipt(transition, index, outcome, receipt, logs_before))
        logs_before += len(receipt.logs)
    return receipts


def _receipt(
    transition: Transition, index: int, outcome: Outcome, receipt: Receipt, logs_before: int
) -> dict[str, object]:
    environment = transition.context.environment
    digest = show(transaction_hash(outcome.transaction))
    fields: dict[str, object] = {
        "type": hex(receipt.type),
        "root": "0x",
        "status": hex(int(receipt.succeeded)),
        "cumulativeGasUsed": hex(receipt.cumulative_gas_used),
        "logsBloom": show(logs_bloom(receipt.logs)),
        "logs": [
            {
                **_log(log),
                "blockNumber": hex(environment.number),
                "transactionHash": digest,
                "transactionIndex": hex(index),
                "blockHash": show(NO_HASH),
                "logIndex": hex(logs_before + place),
                "removed": False,
            }
            for place, log in enumerate(receipt.logs)
        ],
        "transactionHash": digest,
        "contractAddress": show(outcome.created or bytes(20)),
        "gasUsed": hex(outcome.gas_used),
        "effectiveGasPrice": hex(outcome.effective_gas_price),
        "blockHash": show(NO_HASH),
        "transactionIndex": hex(index),
    }
    if isinstance(outcome.transaction, BlobTransaction):
        fields["blobGasUsed"] = hex(outcome.blob_gas_used)
        fields["blobGasPrice"] = hex(transition.fork.blob_base_fee(environment.excess_blob_gas))
    return fields


def _log(log: Log) -> dict[str, object]:
    return {"address": show(log.address), "topics": [show(topic) for topic in log.topics], "data": show(log.data)}


def show(data: bytes) -> str:
    """Bytes as hex."""
    return f"0x{data.hex()}"
