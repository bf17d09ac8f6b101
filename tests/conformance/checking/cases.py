"""Small cases that can be run: their expected values are computed here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from samestate.conformance import command
from samestate.spec.evm.block import Block, Header, empty_ommers_hash, encode_block, transactions_root
from samestate.spec.evm.block_access_list import AccountAccess
from samestate.spec.evm.chain import access_list_of, to_payload
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import AMSTERDAM, BPO2_ACCESS_LISTS, CANCUN, LONDON, PARIS
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.payload import Payload
from samestate.spec.evm.receipt import logs_bloom, logs_hash, receipts_root
from samestate.spec.evm.signature import address_of, sign
from samestate.spec.evm.state import FlatState
from samestate.spec.evm.transaction import LegacyTransaction, encode_transaction
from samestate.spec.state.patricia import EMPTY_ROOT
from samestate.spec.transition import apply_block
from tests.spec.evm.chains import Built, SmallChain
from tests.spec.evm.chains import transfer as chain_transfer

KEY = b"\x01" * 32
SENDER = address_of(KEY)
RECIPIENT, COINBASE = b"\xbb" * 20, b"\xcc" * 20
LOOP = bytes.fromhex("5b600056")
"""Jumps to its beginning until the gas is used up."""

RLP_TEST = {"in": "dog", "out": "0x83646f67"}
WRONG_RLP_TEST = {"in": "dog", "out": "0x83646f68"}


def hexed(value: bytes | int) -> str:
    return hex(value) if isinstance(value, int) else f"0x{value.hex()}"


def transfer(gas_limit: int = 21_000, nonce: int = 0) -> bytes:
    unsigned = LegacyTransaction(
        nonce=nonce, gas_price=10, gas_limit=gas_limit, to=RECIPIENT, value=5, data=b"", v=0, r=0, s=0
    )
    return encode_transaction(sign(unsigned, KEY, 1))


def alloc(code: bytes = b"") -> dict[str, Any]:
    def account(balance: int, code: bytes) -> dict[str, Any]:
        return {"nonce": "0x0", "balance": hex(balance), "code": hexed(code), "storage": {}}

    return {hexed(SENDER): account(10**18, b""), hexed(RECIPIENT): account(1, code)}


def state_test(gas_limit: int = 21_000, code: bytes = b"", fork: str = "London") -> dict[str, Any]:
    """A transfer, or a call of ``code``, with the state root and logs hash that come out."""
    test: dict[str, Any] = {
        "env": {
            "currentCoinbase": hexed(COINBASE),
            "currentGasLimit": "0x1c9c380",
            "currentNumber": "0x1",
            "currentTimestamp": "0x3e8",
            "currentDifficulty": "0x20000",
            "currentBaseFee": "0x7",
        },
        "pre": alloc(code),
        "transaction": {},
    }
    from samestate.conformance.fixtures.state_test import StateTestCase, state_test_cases

    post = {"hash": "0x" + "00" * 32, "logs": "0x" + "00" * 32, "txbytes": hexed(transfer(gas_limit))}
    post["indexes"] = {"data": 0, "gas": 0, "value": 0}  # type: ignore[assignment]
    test["post"] = {fork: [post]}
    (case,) = state_test_cases("place", "name", test)
    if isinstance(case, StateTestCase):
        from samestate.spec.evm.transaction import decode_transaction

        payload = Payload(case.environment, (decode_transaction(case.transaction),), is_bare=True)
        result = apply_block(Evm(LONDON), payload, case.pre)
        post["hash"] = hexed(result.state().root())
        post["logs"] = hexed(logs_hash(result.outcomes[0].logs))
    return test


def block_file(
    number: int = 16_000_000,
    parent: Header | None = None,
    nonce: int = 0,
    state_root: bytes = keccak256(b"unknown"),
) -> tuple[dict[str, Any], Header]:
    """A block of mainnet in the days of Paris with one transfer and a partial pre-state, and its header."""
    from samestate.spec.evm.transaction import decode_transaction

    transactions = (decode_transaction(transfer(nonce=nonce)),)
    header = Header(
        parent_hash=parent.hash() if parent is not None else keccak256(b"parent"),
        ommers_hash=empty_ommers_hash(),
        coinbase=COINBASE,
        state_root=state_root,
        transactions_root=transactions_root(transactions),
        receipts_root=EMPTY_ROOT,
        bloom=bytes(256),
        difficulty=0,
        number=number,
        gas_limit=30_000_000,
        gas_used=21_000,
        timestamp=1_670_000_000 + 12 * (number - 16_000_000),
        extra_data=b"",
        prev_randao=bytes(32),
        nonce=bytes(8),
        base_fee_per_gas=7 if parent is None else PARIS.next_base_fee(parent),
    )
    block = Block(header, transactions)
    before = alloc()
    before[hexed(SENDER)]["nonce"] = hex(nonce)
    result = apply_block(Evm(PARIS), to_payload(block, 1, {}), FlatState.from_alloc(before))
    names = {
        "parent_hash": "parentHash",
        "coinbase": "miner",
        "state_root": "stateRoot",
        "transactions_root": "transactionsRoot",
        "bloom": "logsBloom",
        "number": "number",
        "gas_limit": "gasLimit",
        "gas_used": "gasUsed",
        "timestamp": "timestamp",
        "extra_data": "extraData",
        "prev_randao": "mixHash",
        "base_fee_per_gas": "baseFeePerGas",
    }
    fields = {title: hexed(getattr(header, name)) for name, title in names.items()}
    fields["receiptsRoot"] = hexed(receipts_root(result.receipts))
    assert logs_bloom(()) == header.bloom
    whole = Header(**{name: getattr(header, name) for name in header.__slots__ if name != "receipts_root"},
                   receipts_root=receipts_root(result.receipts))  # fmt: skip
    return {
        "chainId": 1,
        "fork": "paris",
        "header": fields,
        "transactions": [hexed(transfer(nonce=nonce))],
        "withdrawals": None,
        "blockHashes": {},
        "preState": before,
    }, whole


def write(path: Path, value: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))
    return path


def samestate(*arguments: object) -> Result:
    """Call the command in this process."""
    return CliRunner().invoke(command.application, [str(argument) for argument in arguments])


def written_access(account: AccountAccess) -> dict[str, Any]:
    """What a block of transfers did with an account, as fixtures write it."""
    assert not (account.storage_changes or account.storage_reads or account.code_changes)
    return {
        "address": hexed(account.address),
        "storageChanges": [],
        "storageReads": [],
        "balanceChanges": [
            {"blockAccessIndex": hexed(at), "postBalance": hexed(value)} for at, value in account.balance_changes
        ],
        "nonceChanges": [
            {"blockAccessIndex": hexed(at), "postNonce": hexed(value)} for at, value in account.nonce_changes
        ],
        "codeChanges": [],
    }


def blockchain_test(fork: Fork = CANCUN, **wrong: Any) -> dict[str, Any]:
    """Two blocks with a transfer each, and between them one whose header says something ``wrong``, where that is given.

    The name of the exception that is expected comes first, as ``exception``.
    """
    exception = wrong.pop("exception", None)
    small = SmallChain(fork)
    first = small.next([chain_transfer()])
    entries: list[dict[str, Any]] = []

    def entry(built: Built) -> dict[str, Any]:
        written = {"rlp": hexed(built.encoded), "blockHeader": {"hash": hexed(built.block.header.hash())}}
        if not fork.has_access_list:
            return written
        return {**written, "blockAccessList": [written_access(account) for account in access_list_of(built.result)]}

    entries.append(entry(first))
    genesis = small.head
    small.add(first)
    second = small.next([chain_transfer(1)])
    if exception is not None:
        entries.append({"rlp": hexed(second.with_header(**wrong)), "expectException": exception})
    entries.append(entry(second))
    head = small.add(second)
    state = genesis.state
    assert isinstance(state, FlatState)
    assert isinstance(head.state, FlatState)
    return {
        "network": AMSTERDAM.name if fork is BPO2_ACCESS_LISTS else fork.name,
        "config": {"chainid": "0x1"},
        "genesisRLP": hexed(encode_block(small.genesis)),
        "genesisBlockHeader": {"hash": hexed(small.genesis.header.hash())},
        "pre": state.to_alloc(),
        "blocks": entries,
        "lastblockhash": hexed(head.block.header.hash()),
        "postState": head.state.to_alloc(),
    }
