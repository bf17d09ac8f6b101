"""Every price at its edge: with the gas that an instruction needs it runs, and with a unit less nothing is left.

Prices until Amsterdam are Berlin's (EIP-2929), those of Amsterdam EIP-8038's and EIP-8037's.
"""

from __future__ import annotations

from samestate.conformance.scenarios.amsterdam_gas import (
    ACCOUNT_WRITE,
    COLD_ACCOUNT,
    COLD_SLOT,
    NEW_ACCOUNT,
    NEW_SLOT,
    PUSH,
    SELF_DESTRUCT,
    SLOT_WRITE,
    WARM,
)
from samestate.conformance.scenarios.amsterdam_gas import CALL_VALUE as AMSTERDAM_CALL_VALUE
from samestate.conformance.scenarios.assembler import call, store
from samestate.conformance.scenarios.block_builder import BlockBuilder
from samestate.conformance.scenarios.gas_edges import GasEdge, try_edges
from samestate.conformance.scenarios.scenario import scenario, since
from samestate.spec.evm.forks import AMSTERDAM, BERLIN, BPO2_ACCESS_LISTS, CANCUN, PRAGUE, SHANGHAI

COLD: int = 2_600
"""The first access of a transaction to an account, until Amsterdam (EIP-2929)."""
CALL_VALUE: int = 9_000
NEW: int = 25_000
"""For an account that a call makes, until Amsterdam."""
CREATE: int = 32_000
CREATE_IN_AMSTERDAM: int = 12_000
WORD_OF_MEMORY: int = 3


@scenario(hazards="H51 H134", forks=(BERLIN, CANCUN, BPO2_ACCESS_LISTS, AMSTERDAM))
def looking_at_accounts(block: BlockBuilder) -> None:
    """The first access to an account by each instruction that looks at one: where it can't be paid, none was made."""
    shops = [block.account(f"shop {index}", balance=5) for index in range(4)]
    copy = 4 * PUSH + 2 * 3 + 2 * WORD_OF_MEMORY
    try_edges(
        block,
        [
            GasEdge("balance", f"PUSH {shops[0]} BALANCE", PUSH + COLD, PUSH + COLD_ACCOUNT),
            GasEdge("size", f"PUSH {shops[1]} EXTCODESIZE", PUSH + COLD, PUSH + COLD_ACCOUNT + WARM),
            GasEdge("hash", f"PUSH {shops[2]} EXTCODEHASH", PUSH + COLD, PUSH + COLD_ACCOUNT),
            GasEdge(
                "copy", f"PUSH 33 PUSH 0 PUSH 0 PUSH {shops[3]} EXTCODECOPY", copy + COLD, copy + COLD_ACCOUNT + WARM
            ),
        ],
    )


@scenario(hazards="H51 H134", forks=(BERLIN, CANCUN, BPO2_ACCESS_LISTS, AMSTERDAM))
def slots_read_and_written(block: BlockBuilder) -> None:
    """A slot read, set, changed, cleared and left as it is; the last needs more gas than it costs (EIP-2200)."""
    pushes, sentry = 2 * PUSH, 2_301
    try_edges(
        block,
        [
            GasEdge("read", "PUSH 0 SLOAD", PUSH + COLD_SLOT),
            GasEdge("set", store(0, 7), pushes + COLD_SLOT + 20_000, pushes + COLD_SLOT + SLOT_WRITE + NEW_SLOT),
            GasEdge("change", store(0, 7), pushes + 5_000, pushes + COLD_SLOT + SLOT_WRITE, storage=(1,)),
            GasEdge("clear", store(0, 0), pushes + 5_000, pushes + COLD_SLOT + SLOT_WRITE, storage=(1,)),
            GasEdge("leave", store(0, 7), pushes + sentry, storage=(7,)),
            GasEdge(
                "leave when read", f"PUSH 0 SLOAD POP {store(0, 7)}", 5 + COLD_SLOT + pushes + sentry, storage=(7,)
            ),
        ],
    )


@scenario(hazards="H51", forks=(BERLIN, AMSTERDAM))
def words_and_bytes(block: BlockBuilder) -> None:
    """What is priced by words and bytes: hashing, logging, copying, powers and memory."""
    two_words = 2 * WORD_OF_MEMORY
    try_edges(
        block,
        [
            GasEdge("hashing", "PUSH 33 PUSH 0 KECCAK256", 2 * PUSH + 30 + 2 * 6 + two_words),
            GasEdge("logging", "PUSH 7 PUSH 6 PUSH 33 PUSH 0 LOG2", 4 * PUSH + 3 * 375 + 33 * 8 + two_words),
            GasEdge("copying data", "PUSH 33 PUSH 0 PUSH 0 CALLDATACOPY", 3 * PUSH + 3 + 2 * 3 + two_words),
            GasEdge("copying code", "PUSH 33 PUSH 0 PUSH 0 CODECOPY", 3 * PUSH + 3 + 2 * 3 + two_words),
            GasEdge("power", "PUSH 256 PUSH 2 EXP", 2 * PUSH + 10 + 2 * 50),
            GasEdge("memory", "PUSH 7 PUSH 23137 MSTORE", 2 * PUSH + 3 + 725 * 3 + 725 * 725 // 512),
        ],
    )


@scenario(hazards="H51", forks=since(CANCUN))
def transient_slots_and_copies(block: BlockBuilder) -> None:
    """TLOAD, TSTORE and MCOPY, and a blob's hash and price (EIP-1153, EIP-5656, EIP-4844, EIP-7516)."""
    try_edges(
        block,
        [
            GasEdge("transient load", "PUSH 0 TLOAD", PUSH + 100),
            GasEdge("transient store", "PUSH 7 PUSH 0 TSTORE", 2 * PUSH + 100),
            GasEdge("copy within memory", "PUSH 33 PUSH 0 PUSH 32 MCOPY", 3 * PUSH + 3 + 2 * 3 + 3 * WORD_OF_MEMORY),
            GasEdge("hash of a blob", "PUSH 0 BLOBHASH", PUSH + 3),
            GasEdge("price of blobs", "BLOBBASEFEE", 2),
        ],
    )


@scenario(hazards="H51 H134", forks=(BERLIN, CANCUN, BPO2_ACCESS_LISTS, AMSTERDAM))
def calls_without_value(block: BlockBuilder) -> None:
    """The first access to an account by each of the four calls."""
    shops = [block.account(f"shop {index}", balance=5) for index in range(4)]
    six, seven = "PUSH 0 " * 4, "PUSH 0 " * 5
    in_six, in_seven = 6 * PUSH, 7 * PUSH
    try_edges(
        block,
        [
            GasEdge("call", f"{seven}PUSH {shops[0]} PUSH 0 CALL", in_seven + COLD, in_seven + COLD_ACCOUNT),
            GasEdge("callcode", f"{seven}PUSH {shops[1]} PUSH 0 CALLCODE", in_seven + COLD, in_seven + COLD_ACCOUNT),
            GasEdge("delegate", f"{six}PUSH {shops[2]} PUSH 0 DELEGATECALL", in_six + COLD, in_six + COLD_ACCOUNT),
            GasEdge("static", f"{six}PUSH {shops[3]} PUSH 0 STATICCALL", in_six + COLD, in_six + COLD_ACCOUNT),
        ],
    )


@scenario(hazards="H51 H134 H142", forks=(BERLIN, CANCUN, BPO2_ACCESS_LISTS, AMSTERDAM))
def calls_with_value(block: BlockBuilder) -> None:
    """Value to somebody, to an account that the call makes, and more value than there is: prices, and who pays them."""
    shop, too_dear = block.accounts(shop=5, dear=5)
    absent = block.nobody("absent")
    pushes = 7 * PUSH
    by_value, by_value_now = COLD + CALL_VALUE, COLD_ACCOUNT + AMSTERDAM_CALL_VALUE
    contracts = try_edges(
        block,
        [
            GasEdge("to somebody", call(shop, value=1, gas=0), pushes + by_value, pushes + by_value_now, balance=1),
            GasEdge(
                "to nobody",
                call(absent, value=1, gas=0),
                pushes + by_value + NEW,
                pushes + by_value_now + NEW_ACCOUNT,
                balance=1,
            ),
            GasEdge("of too much", call(too_dear, value=2, gas=0), pushes + by_value, pushes + by_value_now, balance=1),
        ],
    )
    block.expect_balance(shop, 6)
    block.expect_balance(absent, 1)
    block.expect_balance(contracts[-1], 1)


@scenario(hazards="H51 H134", forks=(BERLIN, SHANGHAI, BPO2_ACCESS_LISTS, AMSTERDAM))
def creations(block: BlockBuilder) -> None:
    """CREATE and CREATE2 of nothing: the creation itself, and the words of its code since Shanghai (EIP-3860)."""
    pushes, word = 3 * PUSH, 0 if block.fork is BERLIN else 2
    grant = CREATE_IN_AMSTERDAM + NEW_ACCOUNT
    two_words = 2 * WORD_OF_MEMORY
    try_edges(
        block,
        [
            GasEdge("without code", "PUSH 0 PUSH 0 PUSH 0 CREATE", pushes + CREATE, pushes + grant),
            GasEdge(
                "of zeros",
                "PUSH 33 PUSH 0 PUSH 0 CREATE",
                pushes + CREATE + two_words + 2 * word,
                pushes + grant + two_words + 2 * word,
            ),
            GasEdge(
                "by salt",
                "PUSH 7 PUSH 33 PUSH 0 PUSH 0 CREATE2",
                pushes + PUSH + CREATE + two_words + 2 * word + 2 * 6,
                pushes + PUSH + grant + two_words + 2 * word + 2 * 6,
            ),
        ],
    )


@scenario(hazards="H51 H134", forks=(BERLIN, CANCUN, BPO2_ACCESS_LISTS, AMSTERDAM))
def destructions(block: BlockBuilder) -> None:
    """SELFDESTRUCT to somebody, to nobody with something to give, and to nobody with nothing."""
    shop = block.account("shop", balance=5)
    absent, never = block.nobody("absent"), block.nobody("never")
    price, price_now = PUSH + SELF_DESTRUCT + COLD, PUSH + SELF_DESTRUCT + COLD_ACCOUNT
    try_edges(
        block,
        [
            GasEdge("to somebody", f"PUSH {shop} SELFDESTRUCT", price, price_now, balance=3),
            GasEdge(
                "to nobody",
                f"PUSH {absent} SELFDESTRUCT",
                price + NEW,
                price_now + ACCOUNT_WRITE + NEW_ACCOUNT,
                balance=3,
            ),
            GasEdge("of nothing", f"PUSH {never} SELFDESTRUCT", price, price_now),
        ],
    )
    block.expect_balance(shop, 8)
    block.expect_balance(absent, 3)
    block.expect_gone(never)


@scenario(hazards="H36 H51 H134", forks=(PRAGUE, BPO2_ACCESS_LISTS, AMSTERDAM))
def calls_of_delegated_accounts(block: BlockBuilder) -> None:
    """A call of a delegated account pays for both accounts; one that can't pay the second runs nothing."""
    target, second = block.contract("target", b"\x00"), block.contract("second target", b"\x00")
    first = block.contract("delegated", b"\xef\x01\x00" + target.address)
    other = block.contract("delegated too", b"\xef\x01\x00" + second.address)
    try_edges(
        block,
        [
            GasEdge("call", call(first, gas=0), 7 * PUSH + 2 * COLD, 7 * PUSH + 2 * COLD_ACCOUNT),
            GasEdge(
                "static",
                f"PUSH 0 PUSH 0 PUSH 0 PUSH 0 PUSH {other} PUSH 0 STATICCALL",
                6 * PUSH + 2 * COLD,
                6 * PUSH + 2 * COLD_ACCOUNT,
            ),
        ],
    )


@scenario(hazards="H51", forks=(BERLIN, AMSTERDAM))
def jumps_and_plain_instructions(block: BlockBuilder) -> None:
    """A jump, a conditional one, and a sum: the cheapest instructions have an edge too."""
    try_edges(
        block,
        [
            GasEdge("jump", "PUSH @end JUMP end:", PUSH + 8 + 1),
            GasEdge("conditional jump", "PUSH 1 PUSH @end JUMPI end:", 2 * PUSH + 10 + 1),
            GasEdge("jump not taken", "PUSH 0 PUSH @end JUMPI end:", 2 * PUSH + 10 + 1),
            GasEdge("sum", "PUSH 1 PUSH 2 ADD", 2 * PUSH + 3),
            GasEdge("product modulo", "PUSH 7 PUSH 1 PUSH 2 MULMOD", 3 * PUSH + 8),
            GasEdge("hash of a block", "PUSH 999 BLOCKHASH", PUSH + 20),
        ],
    )
