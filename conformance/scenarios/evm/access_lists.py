"""Block access lists (EIP-7928): right ones, and lists that are wrong in one entry."""

from __future__ import annotations

from samestate.conformance.scenarios.assembler import REVERT, balance, call, code, load, store, when
from samestate.conformance.scenarios.block_builder import ETHER, BlockBuilder
from samestate.conformance.scenarios.scenario import scenario
from samestate.spec.evm.block_access_list import (
    AccountAccess,
    BlockAccessList,
    SlotChanges,
    decode_access_list,
    encode_access_list,
)
from samestate.spec.evm.forks import AMSTERDAM, BPO2_ACCESS_LISTS
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.system_calls import WITHDRAWAL_REQUESTS


def changing(encoded: bytes, address: bytes, **changes: object) -> bytes:
    """The list with other fields for one account."""
    accounts: BlockAccessList = tuple(
        account._replace(**changes) if account.address == address else account  # type: ignore[arg-type]
        for account in decode_access_list(encoded)
    )
    return encode_access_list(accounts)


def story(block: BlockBuilder) -> bytes:
    """A small block for lists to be wrong about: a read slot, a changed slot, a transfer. Gives the contract."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    cell = block.contract("cell", code(store(1, f"{load(0)} PUSH 1 ADD")), storage={0: 7})
    block.call(alice, cell)
    block.transfer(bob, to=alice, value=7)
    return cell.address


@scenario(hazards="H69 H74", forks=(BPO2_ACCESS_LISTS, AMSTERDAM))
def right_list(block: BlockBuilder) -> None:
    """The block comes with the list that its execution gives."""
    story(block)
    block.propose_access_list(lambda right: right)
    block.expect_success()


@scenario(hazards="H66", forks=(AMSTERDAM,))
def system_read_left_out(block: BlockBuilder) -> None:
    """The proposed list leaves out a slot that a closing system call reads."""
    story(block)
    block.propose_access_list(lambda right: changing(right, WITHDRAWAL_REQUESTS, storage_reads=(0, 1, 2)))
    block.expect(Invalid.INVALID_BLOCK_ACCESS_LIST)


@scenario(hazards="H67", forks=(BPO2_ACCESS_LISTS, AMSTERDAM))
def write_called_a_read(block: BlockBuilder) -> None:
    """The proposed list has a changed slot among the reads."""
    cell = story(block)
    block.propose_access_list(lambda right: changing(right, cell, storage_reads=(0, 1), storage_changes=()))
    block.expect(Invalid.INVALID_BLOCK_ACCESS_LIST)


@scenario(hazards="H67", forks=(AMSTERDAM,))
def change_that_is_none(block: BlockBuilder) -> None:
    """The proposed list has a slot that was only read among the changes, with the value that it had before."""
    cell = story(block)
    changes = (SlotChanges(0, ((1, 7),)), SlotChanges(1, ((1, 8),)))
    block.propose_access_list(lambda right: changing(right, cell, storage_reads=(), storage_changes=changes))
    block.expect(Invalid.INVALID_BLOCK_ACCESS_LIST)


@scenario(hazards="H65", forks=(AMSTERDAM,))
def two_changes_at_one_index(block: BlockBuilder) -> None:
    """The proposed list changes a slot twice in one step, first to zero: the block is invalid, and nothing crashes."""
    cell = story(block)
    changes = (SlotChanges(1, ((1, 0), (1, 8))),)
    block.propose_access_list(lambda right: changing(right, cell, storage_changes=changes))
    block.expect(Invalid.INVALID_BLOCK_ACCESS_LIST)


@scenario(hazards="H65", forks=(AMSTERDAM,))
def change_after_the_last_step(block: BlockBuilder) -> None:
    """The proposed list changes a slot in a step that the block does not have, with the largest index that there is."""
    cell = story(block)
    changes = (SlotChanges(1, ((1, 8), (2**32 - 1, 9))),)
    block.propose_access_list(lambda right: changing(right, cell, storage_changes=changes))
    block.expect(Invalid.INVALID_BLOCK_ACCESS_LIST)


@scenario(hazards="H68", forks=(AMSTERDAM,))
def withdrawal_at_the_wrong_index(block: BlockBuilder) -> None:
    """The proposed list has a withdrawal at the index of the last transaction instead of the one after it."""
    story(block)
    saver = block.nobody("saver")
    block.withdrawal(saver, gwei=1)
    block.propose_access_list(lambda right: changing(right, saver.address, balance_changes=((2, 10**9),)))
    block.expect(Invalid.INVALID_BLOCK_ACCESS_LIST)


@scenario(hazards="H77", forks=(AMSTERDAM,))
def code_that_cannot_be_deployed(block: BlockBuilder) -> None:
    """The proposed list claims code that begins with 0xEF: the block is invalid, and nothing crashes."""
    cell = story(block)
    block.propose_access_list(lambda right: changing(right, cell, code_changes=((1, b"\xef\x00\x01"),)))
    block.expect(Invalid.INVALID_BLOCK_ACCESS_LIST)


@scenario(hazards="H67 H74", forks=(AMSTERDAM,))
def account_too_many(block: BlockBuilder) -> None:
    """The proposed list has an account that nothing in the block accessed."""
    story(block)
    stranger = AccountAccess(b"\xff" * 20)
    block.propose_access_list(lambda right: encode_access_list((*decode_access_list(right), stranger)))
    block.expect(Invalid.INVALID_BLOCK_ACCESS_LIST)


@scenario(hazards="H65", forks=(AMSTERDAM,))
def list_out_of_order(block: BlockBuilder) -> None:
    """The proposed list has the right accounts in another order."""
    story(block)
    block.propose_access_list(lambda right: encode_access_list(decode_access_list(right)[::-1]))
    block.expect(Invalid.MALFORMED_ACCESS_LIST)


@scenario(hazards="H65 H67", forks=(AMSTERDAM,))
def account_twice(block: BlockBuilder) -> None:
    """The proposed list has an account twice: that is wrong in form, although every entry of it is right."""
    story(block)
    block.propose_access_list(
        lambda right: encode_access_list((decode_access_list(right)[0], *decode_access_list(right)))
    )
    block.expect(Invalid.MALFORMED_ACCESS_LIST)


@scenario(hazards="H65 H67", forks=(AMSTERDAM,))
def stranger_out_of_order(block: BlockBuilder) -> None:
    """The proposed list has an account too many, and at the wrong place: the form is wrong before the content is."""
    story(block)
    stranger = AccountAccess(bytes(20))
    block.propose_access_list(lambda right: encode_access_list((*decode_access_list(right), stranger)))
    block.expect(Invalid.MALFORMED_ACCESS_LIST)


@scenario(hazards="H65 H67", forks=(AMSTERDAM,))
def change_twice(block: BlockBuilder) -> None:
    """The proposed list has a change of an account twice: in form it is right, and not what the execution gives."""
    story(block)

    def twice(right: bytes) -> bytes:
        accounts = decode_access_list(right)
        place = next(index for index, account in enumerate(accounts) if account.balance_changes)
        changes = accounts[place].balance_changes
        wrong = accounts[place]._replace(balance_changes=(*changes, changes[-1]))
        return encode_access_list((*accounts[:place], wrong, *accounts[place + 1 :]))

    block.propose_access_list(twice)
    block.expect(Invalid.INVALID_BLOCK_ACCESS_LIST)


@scenario(hazards="H65", forks=(AMSTERDAM,))
def bytes_that_are_no_list(block: BlockBuilder) -> None:
    """The proposed list ends in the middle of its encoding."""
    story(block)
    block.propose_access_list(lambda right: right[:-1])
    block.expect(Invalid.MALFORMED_ACCESS_LIST)


@scenario(hazards="H66", forks=(AMSTERDAM,))
def more_items_than_gas_allows(block: BlockBuilder) -> None:
    """Accounts and slots are more than one for each 2000 gas of the block's limit."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.set_environment(gas_limit=30_000)
    block.transfer(alice, to=bob, value=7, gas=21_000)
    block.expect(Invalid.ACCESS_LIST_TOO_LARGE)


@scenario(hazards="H70", forks=(AMSTERDAM,))
def read_of_a_reverted_write(block: BlockBuilder) -> None:
    """A frame stores into a slot and reverts: the slot was read, and is on the list as that."""
    alice = block.account("alice", ETHER)
    cell = block.contract("cell", code(store(3, 1), REVERT))
    outer = block.contract("outer", code(call(cell)))
    block.call(alice, outer)
    block.call(alice, cell)
    block.expect_success(True, False)


@scenario(hazards="H71", forks=(AMSTERDAM,))
def touched_precompile(block: BlockBuilder) -> None:
    """Calls to precompiles, one of them failing for want of gas, put their addresses on the list."""
    alice = block.account("alice", ETHER)
    ripemd, pairing = (number.to_bytes(20, "big").hex() for number in (3, 8))
    outer = block.contract("outer", code(call(f"0x{ripemd}"), call(f"0x{pairing}", gas=10)))
    block.call(alice, outer)
    block.expect_success()


@scenario(hazards="H72", forks=(AMSTERDAM,))
def read_after_ones_own_write(block: BlockBuilder) -> None:
    """A contract sends value and then looks at both balances: what it sees are not those from before the block."""
    alice, shop = block.accounts(alice=ETHER, shop=5)
    payer = block.contract(
        "payer", code(call(shop, value=3), store(0, "SELFBALANCE"), store(1, balance(shop))), balance=9
    )
    block.call(alice, payer)
    block.call(alice, payer)
    block.expect_success()
    block.expect_slot(payer, 0, 3)
    block.expect_slot(payer, 1, 11)


@scenario(hazards="H66 H71", forks=(AMSTERDAM,))
def access_that_could_not_be_paid(block: BlockBuilder) -> None:
    """A transaction runs out of gas by looking at an account: the account was not accessed, and is not on the list."""
    alice, shop = block.accounts(alice=ETHER, shop=5)
    looker = block.contract("looker", code(balance(shop)))
    block.call(alice, looker, gas=15_000 + 3 + 2_999)
    block.call(alice, looker, gas=15_000 + 3 + 3_000)
    block.expect_success(False, True)


@scenario(hazards="H67 H70", forks=(AMSTERDAM,))
def restored_in_vain(block: BlockBuilder) -> None:
    """A slot is changed, and a frame that reverts gives its first value back: a change, and not a read besides."""
    alice = block.account("alice", ETHER)
    cell = block.contract(
        "cell",
        code(
            when("CALLER ADDRESS EQ", "inner"),
            store(0, 8),
            f"{call('ADDRESS')} POP",
            "STOP",
            "inner:",
            store(0, 7),
            REVERT,
        ),
        storage={0: 7},
    )
    block.call(alice, cell)
    block.propose_access_list(lambda right: right)
    block.expect_success()
    block.expect_slot(cell, 0, 8)
