"""Transactions and blocks out of their bytes, and the roots over lists.

What decodes and hashes is C++, which the compiled engine uses without Python. Here it can be called with bytes and
gives plain values: to compare it with others, and for whoever has no block to execute.
"""

import cython
from cython.cimports.cpython.bytes import PyBytes_FromStringAndSize
from cython.cimports.libc.stdint import uint8_t, uint64_t
from cython.cimports.libc.string import memcpy, memset
from cython.cimports.libcpp.vector import vector
from cython.cimports.samestate.optimized.evm.native.precompiles import libraries_address


def _find_libraries() -> None:
    """Share the addresses of native libraries with the module that has found them."""
    global native_libraries
    native_libraries = libraries_address()


_find_libraries()


class Refused(ValueError):  # noqa: N818 - says what became of the bytes
    """Bytes that are no transaction or no block: ``code`` is the name of the rejection."""

    def __init__(self, code: str, reason: str, transaction: int | None = None) -> None:
        super().__init__(code, reason, transaction)
        self.code = code
        self.reason = reason
        self.transaction = transaction

    def __str__(self) -> str:
        return f"{self.code}: {self.reason}"


def rlp_problem(data: bytes):
    """What is wrong with bytes that are not the one form of an item in RLP, and where; None where nothing is."""
    item: Item
    found: Malformed = check_item(bytes_of(data), len(data), cython.address(item))
    return None if found.reason == cython.NULL else (found.reason.decode(), found.position)


def decode_transaction(data: bytes) -> dict:
    """The fields of a transaction in its canonical bytes, with its hash and the one that its sender signs."""
    shelf: Shelf
    transaction: Transaction
    error: DecodingError = decode_one(bytes_of(data), len(data), transaction, shelf)
    refuse(cython.address(error))
    return transaction_fields(cython.address(transaction))


def recover_sender(data: bytes, chain_id: int) -> bytes:
    """The sender of a transaction in its canonical bytes, on the chain of that number.

    Raises Refused where the bytes are no transaction, and where chain or signature are wrong.
    """
    shelf: Shelf
    transaction: Transaction
    scratch: Buffer
    sender: Address
    chain: bytes = chain_id.to_bytes(32, "big")
    error: DecodingError = decode_one(bytes_of(data), len(data), transaction, shelf)
    refuse(cython.address(error))
    refuse_sender(check_chain(transaction, load_be(bytes_of(chain))))
    refuse_sender(sender_of(transaction, recover_address, scratch, sender))
    return copied(sender.bytes, 20)


def decode_block(data: bytes) -> dict:
    """The header, transactions, ommers and withdrawals of a block, with the roots and hashes of its body.

    ``withdrawals`` is None where the block has no list of them.
    """
    shelf: Shelf
    block: DecodedBlock
    digest: uint8_t[32]
    index: cython.size_t
    paid: cython.pointer(ListedWithdrawal)
    error: DecodingError = decode_whole(bytes_of(data), len(data), block, shelf)
    refuse(cython.address(error))
    transactions = []
    for index in range(block.transaction_count):
        transactions.append(transaction_fields(cython.address(block.transactions[index])))
    ommers = []
    for index in range(block.ommer_count):
        ommers.append(header_fields(cython.address(block.ommers[index])))
    withdrawals: list = []
    encoded_withdrawals = []
    for index in range(block.withdrawal_count):
        paid = cython.address(block.withdrawals[index])
        withdrawals.append((paid.index, paid.validator_index, copied(paid.address.bytes, 20), paid.amount))
        encoded_withdrawals.append(copied(paid.raw, paid.raw_length))
    keccak256(block.raw_ommers, block.raw_ommers_length, digest)
    return {
        "header": header_fields(cython.address(block.header)),
        "transactions": transactions,
        "ommers": ommers,
        "withdrawals": withdrawals if block.has_withdrawals else None,
        "transactions_root": ordered_root([transaction["raw"] for transaction in transactions]),
        "ommers_hash": copied(digest, 32),
        "withdrawals_root": ordered_root(encoded_withdrawals) if block.has_withdrawals else None,
    }


def ordered_root(values) -> bytes:
    """The root over a list, such as a block's transactions: each value under the RLP of its index."""
    leaves: vector[Reference]
    scratch: Buffer
    batch: KeccakBatch
    root: uint8_t[32]
    place: cython.size_t
    count: cython.size_t = len(values)
    value: bytes
    leaves.resize(count)
    for place in range(count):
        value = values[index_in_order(place, count)]
        ordered_leaf(place, count, bytes_of(value), len(value), scratch, batch, leaves[place])
    batch.flush()
    root_of_leaves(leaves.data(), count, root)
    return copied(root, 32)


def keccak_of_each(messages, bits: int = 512) -> list:
    """The Keccak-256 of each message, in vectors of so many bits; one by one where the processor has none such."""
    digests: vector[Hash]
    batch: KeccakBatch
    index: cython.size_t
    message: bytes
    batch.choose(permute_of(bits))
    digests.resize(len(messages))
    for index in range(digests.size()):
        message = messages[index]
        batch.add(bytes_of(message), len(message), digests[index].bytes)
    batch.flush()
    found = []
    for index in range(digests.size()):
        found.append(copied(digests[index].bytes, 32))
    return found


def receipts_root(receipts) -> tuple:
    """The root over receipts, and the bloom of all of them.

    A receipt is its type, whether it succeeded, the cumulative gas used and its logs; a log its address, topics, data.
    """
    logs: vector[Log]
    views: vector[ReceiptView]
    blooms: vector[Bloom]
    leaves: vector[Reference]
    hasher: ReceiptHasher
    whole: Bloom
    root: uint8_t[32]
    index: cython.size_t
    first_log: cython.size_t = 0
    count: cython.size_t = len(receipts)
    data = bytearray()
    for receipt in receipts:
        to_logs(receipt[3], cython.address(logs), data)
    log_data = bytes(data)
    views.resize(count)
    blooms.resize(count)
    leaves.resize(count)
    for index in range(count):
        kind, succeeded, cumulative_gas_used, receipt_logs = receipts[index]
        views[index].type = kind
        views[index].succeeded = succeeded
        views[index].cumulative_gas_used = cumulative_gas_used
        views[index].logs = logs.data() + first_log
        views[index].log_count = len(receipt_logs)
        views[index].log_data = bytes_of(log_data)
        first_log += len(receipt_logs)
    with cython.nogil:
        hasher.hash(views.data(), 0, count, count, blooms.data(), leaves.data())
        root_of_leaves(leaves.data(), count, root)
    memset(whole.bytes, 0, 256)
    for index in range(count):
        whole.join(blooms[index])
    return copied(root, 32), copied(whole.bytes, 256)


def requests_hash(requests) -> bytes:
    """What a block commits to of its requests, each its type and its data."""
    ends: vector[uint64_t]
    digest: uint8_t[32]
    data: bytes = b"".join(requests)
    end: uint64_t = 0
    for request in requests:
        end += len(request)
        ends.push_back(end)
    hash_of_requests(bytes_of(data), ends.data(), ends.size(), digest)
    return copied(digest, 32)


def logs_hash(logs) -> bytes:
    """The hash by which state tests name the logs of a transaction."""
    found: vector[Log]
    scratch: Buffer
    digest: uint8_t[32]
    data = bytearray()
    to_logs(logs, cython.address(found), data)
    log_data = bytes(data)
    hash_of_logs(found.data(), found.size(), bytes_of(log_data), scratch, digest)
    return copied(digest, 32)


def to_logs(logs: object, found: cython.pointer(vector[Log]), data: bytearray) -> cython.int:
    """Take in logs: their data one after another. ValueError where an address or a topic has a wrong length."""
    log: Log
    place: cython.int
    topic: bytes
    for address, topics, log_data in logs:
        if len(address) != 20 or len(topics) > 4 or any(len(each) != 32 for each in topics):
            raise ValueError("a log must have an address of 20 bytes and at most 4 topics of 32")
        memcpy(log.address.bytes, bytes_of(address), 20)
        log.topic_count = len(topics)
        for place in range(len(topics)):
            topic = topics[place]
            log.topics[place] = load_be(bytes_of(topic))
        log.data = len(data)
        log.data_length = len(log_data)
        data += log_data
        found.push_back(log)
    return 0


def transaction_fields(transaction: cython.pointer(cython.const[Transaction])) -> dict:
    """A transaction as plain values."""
    scratch: Buffer
    digest: uint8_t[32]
    index: cython.size_t
    entry: cython.pointer(cython.const[AccessListEntry])
    authorization: cython.pointer(cython.const[Authorization])
    access_list = []
    for index in range(transaction.access_list_length):
        entry = cython.address(transaction.access_list[index])
        access_list.append(
            (
                copied(entry.address.bytes, 20),
                tuple(
                    [number(cython.address(transaction.slots[entry.first_slot + i])) for i in range(entry.slot_count)]
                ),
            )
        )
    authorizations = []
    for index in range(transaction.authorization_count):
        authorization = cython.address(transaction.authorizations[index])
        authorizations.append(
            {
                "chain_id": number(cython.address(authorization.chain_id)),
                "address": copied(authorization.address.bytes, 20),
                "nonce": authorization.nonce,
                "y_parity": authorization.y_parity,
                "r": number(cython.address(authorization.r)),
                "s": number(cython.address(authorization.s)),
            }
        )
    fields = {
        "type": transaction.type,
        "chain_id": number(cython.address(transaction.chain_id)) if transaction.has_chain_id else None,
        "nonce": transaction.nonce,
        "max_priority_fee_per_gas": number(cython.address(transaction.max_priority_fee_per_gas)),
        "max_fee_per_gas": number(cython.address(transaction.max_fee_per_gas)),
        "gas_limit": transaction.gas_limit,
        "to": copied(transaction.to.bytes, 20) if transaction.has_to else None,
        "value": number(cython.address(transaction.value)),
        "data": copied(transaction.data, transaction.data_length),
        "access_list": tuple(access_list),
        "max_fee_per_blob_gas": number(cython.address(transaction.max_fee_per_blob_gas)),
        "blob_versioned_hashes": tuple(
            [copied(transaction.blob_versioned_hashes[i].bytes, 32) for i in range(transaction.blob_count)]
        ),
        "authorizations": tuple(authorizations),
        "v": number(cython.address(transaction.v)),
        "y_parity": transaction.y_parity,
        "r": number(cython.address(transaction.r)),
        "s": number(cython.address(transaction.s)),
        "raw": copied(transaction.raw, transaction.raw_length),
    }
    transaction_hash(transaction[0], digest)
    fields["hash"] = copied(digest, 32)
    signing_hash(transaction[0], scratch, digest)
    fields["signing_hash"] = copied(digest, 32)
    return fields


def header_fields(header: cython.pointer(cython.const[Header])) -> dict:
    """A header as plain values: the fields that it has, in order, and its hash."""
    digest: uint8_t[32]
    fields = {
        "parent_hash": copied(header.parent_hash.bytes, 32),
        "ommers_hash": copied(header.ommers_hash.bytes, 32),
        "coinbase": copied(header.coinbase.bytes, 20),
        "state_root": copied(header.state_root.bytes, 32),
        "transactions_root": copied(header.transactions_root.bytes, 32),
        "receipts_root": copied(header.receipts_root.bytes, 32),
        "bloom": copied(header.bloom, 256),
        "difficulty": number(cython.address(header.difficulty)),
        "number": header.number,
        "gas_limit": header.gas_limit,
        "gas_used": header.gas_used,
        "timestamp": header.timestamp,
        "extra_data": copied(header.extra_data, header.extra_data_length),
        "prev_randao": copied(header.prev_randao.bytes, 32),
        "nonce": copied(header.nonce, 8),
        "base_fee_per_gas": number(cython.address(header.base_fee_per_gas)),
        "withdrawals_root": copied(header.withdrawals_root.bytes, 32),
        "blob_gas_used": header.blob_gas_used,
        "excess_blob_gas": header.excess_blob_gas,
        "parent_beacon_block_root": copied(header.parent_beacon_block_root.bytes, 32),
        "requests_hash": copied(header.requests_hash.bytes, 32),
        "block_access_list_hash": copied(header.block_access_list_hash.bytes, 32),
        "slot_number": header.slot_number,
    }
    keccak256(header.raw, header.raw_length, digest)
    return {**dict(list(fields.items())[: header.field_count]), "hash": copied(digest, 32)}


def refuse(error: cython.pointer(cython.const[DecodingError])) -> cython.int:
    """Raise what an error says, if it is one."""
    code = rejection_name(error.code).decode()
    if code != "NONE":
        reason = f"{error.what.decode()}: {error.reason.decode()}"
        if error.position:
            reason = f"{reason} (at byte {error.position})"
        raise Refused(code, reason, None if error.transaction < 0 else error.transaction)
    return 0


def refuse_sender(code: Rejection) -> cython.int:
    """Raise a rejection, if it is one."""
    name = rejection_name(code).decode()
    if name != "NONE":
        raise Refused(name, "a transaction: the sender cannot be told")
    return 0


def bytes_of(data: bytes) -> cython.pointer(cython.const[uint8_t]):
    """Where the bytes of an object are."""
    return cython.cast(cython.pointer(uint8_t), cython.cast(cython.p_char, data))


def copied(data: cython.pointer(cython.const[uint8_t]), length: cython.size_t) -> bytes:
    """Bytes as an object."""
    return PyBytes_FromStringAndSize(cython.cast(cython.pointer(cython.const[cython.char]), data), length)


def number(word: cython.pointer(cython.const[u256])) -> object:
    """A word as an integer."""
    big_endian: uint8_t[32]
    word.store_be(big_endian)
    return int.from_bytes(copied(big_endian, 32), "big")
