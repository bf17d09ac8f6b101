"""Ages: which blockhashes a transaction may name, and that no message is processed twice."""

from __future__ import annotations

from dataclasses import replace

from samestate.conformance.generating.svm.instructions import transfer
from samestate.conformance.scenarios.scenario import add_svm_scenario, svm_scenario
from samestate.conformance.scenarios.svm_block_builder import SvmBlockBuilder, blockhash_of_slot
from samestate.conformance.scenarios.svm_draft import FEE, SOL
from samestate.spec.svm.rejections import Invalid
from samestate.spec.svm.status_cache import StatusCache
from samestate.spec.svm.transaction import decode_transaction


def add_age(age: int, is_right: bool) -> None:
    """A blockhash after which so many others were registered. Only those of the edge are in the queue."""

    def story(block: SvmBlockBuilder) -> None:
        block.with_queue(age + 1)
        queue = block.bank.blockhashes
        kept = {blockhash: queue.hashes[blockhash] for blockhash in (block.blockhash(age), block.blockhash())}
        block.with_bank(blockhashes=replace(queue, hashes=kept))
        payer, shop = block.wallets("payer", "shop")
        block.send(payer, transfer(payer.address, shop.address, 5), blockhash=blockhash_of_slot(1000 - age))
        if is_right:
            block.expect_success(True)
        else:
            block.expect(Invalid.BLOCKHASH_NOT_FOUND, 0)

    sentence = f"A transaction names a blockhash after which {age} were registered; 150 are allowed."
    add_svm_scenario(__name__, f"age_{age}", sentence, story)


for number, right in ((0, True), (1, True), (149, True), (150, True), (151, False), (300, False)):
    if number:
        add_age(number, right)


@svm_scenario()
def a_blockhash_of_nowhere(block: SvmBlockBuilder) -> None:
    """A transaction names a blockhash that the queue does not have, and is none with a nonce."""
    payer, shop = block.wallets("payer", "shop")
    block.send(payer, transfer(payer.address, shop.address, 5), blockhash=bytes(32))
    block.expect(Invalid.BLOCKHASH_NOT_FOUND, 0)


@svm_scenario()
def the_blockhash_of_this_block(block: SvmBlockBuilder) -> None:
    """A transaction names the blockhash that its own block will register: it is too early."""
    payer, shop = block.wallets("payer", "shop")
    own = blockhash_of_slot(block.draft.slot)
    block.send(payer, transfer(payer.address, shop.address, 5), blockhash=own)
    block.expect(Invalid.BLOCKHASH_NOT_FOUND, 0)


@svm_scenario()
def a_blockhash_of_the_block_before(block: SvmBlockBuilder) -> None:
    """The second block's transaction names the blockhash of the first, the third's that of a slot before a gap."""
    payer, shop = block.wallets("payer", "shop")
    block.send(payer, transfer(payer.address, shop.address, 5))
    first = block.draft.slot
    block.next_block()
    block.send(payer, transfer(payer.address, shop.address, 6), blockhash=blockhash_of_slot(first))
    block.next_block(first + 7)
    block.send(payer, transfer(payer.address, shop.address, 7), blockhash=blockhash_of_slot(first))
    block.expect_success(True)


@svm_scenario(hazards="H79 H110")
def the_same_message_twice_in_an_entry(block: SvmBlockBuilder) -> None:
    """A message is in an entry twice: the block is invalid."""
    payer, shop = block.wallets("payer", "shop")
    block.send_wire(block.send(payer, transfer(payer.address, shop.address, 5)))
    block.expect(Invalid.ALREADY_PROCESSED, 1)


@svm_scenario(hazards="H79 H110")
def the_same_message_in_another_entry(block: SvmBlockBuilder) -> None:
    """A message is in two entries of a block."""
    payer, shop = block.wallets("payer", "shop")
    wire = block.send(payer, transfer(payer.address, shop.address, 5))
    block.entry()
    block.send_wire(wire)
    block.expect(Invalid.ALREADY_PROCESSED, 1)


@svm_scenario(hazards="H79 H110")
def the_same_message_in_another_block(block: SvmBlockBuilder) -> None:
    """A message is in two blocks, the second of which is invalid and leaves nothing."""
    payer, shop = block.wallets("payer", "shop")
    wire = block.send(payer, transfer(payer.address, shop.address, 5))
    block.next_block()
    block.send_wire(wire)
    block.expect(Invalid.ALREADY_PROCESSED, 0)
    block.next_block()
    block.send(payer, transfer(payer.address, shop.address, 6), blockhash=blockhash_of_slot(1001))
    block.expect_lamports(shop, 10 * SOL + 11)


@svm_scenario(hazards="H110")
def the_same_signature_prefix_and_another_message(block: SvmBlockBuilder) -> None:
    """Two transactions differ in one lamport: they are two, though payer, shop and blockhash are the same."""
    payer, shop = block.wallets("payer", "shop")
    block.send(payer, transfer(payer.address, shop.address, 5))
    block.send(payer, transfer(payer.address, shop.address, 6))
    block.expect_success(True, True)
    block.expect_lamports(payer, 10 * SOL - 11 - 2 * FEE)


@svm_scenario(hazards="H79 H110")
def a_message_that_failed_is_processed(block: SvmBlockBuilder) -> None:
    """A message fails and pays; the same message in the next block was processed already."""
    payer, shop = block.wallets("payer", "shop")
    wire = block.send(payer, transfer(payer.address, shop.address, 100 * SOL))
    block.expect_success(False)
    block.next_block()
    block.send_wire(wire)
    block.expect(Invalid.ALREADY_PROCESSED, 0)


@svm_scenario(hazards="H97 H110")
def a_message_that_only_paid_is_processed(block: SvmBlockBuilder) -> None:
    """A message is fees-only; the same message in the next entry was processed already."""
    payer = block.wallet("payer")
    missing = block.nobody("missing")
    wire = block.send(payer, replace(transfer(payer.address, payer.address, 1), program=missing.address))
    block.expect_statuses("fees-only")
    block.next_block()
    block.send_wire(wire)
    block.expect(Invalid.ALREADY_PROCESSED, 0)


@svm_scenario(hazards="H109")
def a_message_of_the_status_cache(block: SvmBlockBuilder) -> None:
    """The bank before the first block says that a message was processed: it is refused, and one beside it is not."""
    payer, shop = block.wallets("payer", "shop")
    wire = block.send(payer, transfer(payer.address, shop.address, 5))
    block.draft.entries.clear()
    processed = decode_transaction(wire).message_hash
    other = bytes([processed[0]]) * 32
    block.with_bank(status_cache=StatusCache({block.blockhash(): frozenset({processed, other})}))
    block.send(payer, transfer(payer.address, shop.address, 6))
    block.send_wire(wire)
    block.expect(Invalid.ALREADY_PROCESSED, 1)


@svm_scenario(hazards="H109")
def the_status_cache_knows_blockhashes_apart(block: SvmBlockBuilder) -> None:
    """The status cache has a message's hash under another blockhash than the message names: it was not processed."""
    payer, shop = block.wallets("payer", "shop")
    wire = block.send(payer, transfer(payer.address, shop.address, 5))
    processed = decode_transaction(wire).message_hash
    block.with_bank(status_cache=StatusCache({block.blockhash(1): frozenset({processed})}))
    block.expect_success(True)


@svm_scenario()
def age_goes_before_the_status_cache(block: SvmBlockBuilder) -> None:
    """A message has both expired and been processed: it is called expired."""
    payer, shop = block.wallets("payer", "shop")
    wire = block.send(payer, transfer(payer.address, shop.address, 5), blockhash=bytes(32))
    processed = decode_transaction(wire).message_hash
    block.with_bank(status_cache=StatusCache({bytes(32): frozenset({processed})}))
    block.expect(Invalid.BLOCKHASH_NOT_FOUND, 0)
