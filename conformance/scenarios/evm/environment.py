"""What code sees of its block, its transaction, itself and its memory."""

from __future__ import annotations

from samestate.conformance.scenarios.assembler import call, code, load, store, when
from samestate.conformance.scenarios.block_builder import CHAIN_ID, ETHER, GWEI, BlockBuilder
from samestate.conformance.scenarios.scenario import scenario, since, until
from samestate.spec.evm.forks import AMSTERDAM, BERLIN, CANCUN, LONDON, PARIS, SHANGHAI
from samestate.spec.evm.hashing import keccak256


@scenario(hazards="H42 H44", forks=(BERLIN, LONDON, PARIS, CANCUN, AMSTERDAM))
def blocks_are_told_apart(block: BlockBuilder) -> None:
    """One contract notes what it sees of two blocks, by the same code: number, time, limit, chain and randomness."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    noting = [
        store(f"NUMBER PUSH 8 MUL PUSH {place} ADD", word)
        for place, word in enumerate(("TIMESTAMP", "GASLIMIT", "CHAINID", "DIFFICULTY", "COINBASE"))
    ]
    note = block.contract("note", code(*noting))
    blocks = [block.environment]
    block.call(alice, note)
    block.expect_success()
    block.next_block()
    block.set_environment(gas_limit=29_999_000)
    blocks.append(block.environment)
    block.call(bob, note)
    block.expect_success()
    for seen in blocks:
        randomness = seen.difficulty or int.from_bytes(seen.prev_randao, "big")
        place = 8 * seen.number
        block.expect_slot(note, place, seen.timestamp)
        block.expect_slot(note, place + 1, seen.gas_limit)
        block.expect_slot(note, place + 2, CHAIN_ID)
        block.expect_slot(note, place + 3, randomness)
        block.expect_slot(note, place + 4, int.from_bytes(seen.coinbase, "big"))


@scenario(hazards="H51", forks=(LONDON, PARIS, AMSTERDAM))
def price_of_each_transaction(block: BlockBuilder) -> None:
    """GASPRICE is what each transaction pays, tip and base fee, whatever it offers; BASEFEE is the same for all."""
    note = block.contract("note", code(store("ORIGIN", "GASPRICE"), store(0, "BASEFEE")))
    offers = {"alice": (GWEI, 9 * GWEI, 2 * GWEI), "bob": (5 * GWEI, 3 * GWEI, 3 * GWEI), "carol": (0, GWEI, GWEI)}
    for name, (tip, max_fee, price) in offers.items():
        sender = block.account(name, ETHER)
        block.call(sender, note, tip=min(tip, max_fee), max_fee=max_fee)
        block.expect_slot(note, sender.as_number, price)
    block.expect_success()
    block.expect_slot(note, 0, GWEI)


@scenario(hazards="H51", forks=(BERLIN, LONDON))
def price_of_legacy_transactions(block: BlockBuilder) -> None:
    """GASPRICE of transactions that name only one price is that price; the tip is what is over the base fee."""
    note = block.contract("note", code(store("ORIGIN", "GASPRICE")))
    for name, price in (("alice", 2 * GWEI), ("bob", 7 * GWEI)):
        sender = block.account(name, ETHER)
        block.call(sender, note, legacy=True, max_fee=price)
        block.expect_slot(note, sender.as_number, price)
    block.expect_success()


@scenario(hazards="H35", forks=since(BERLIN))
def code_that_looks_at_itself(block: BlockBuilder) -> None:
    """CODESIZE and CODECOPY see the code that runs, a delegate's too, and zeros after its end; PC is its place."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    looking = code(
        store(0, "CODESIZE"),
        store(1, "PC"),
        "PUSH 64 PUSH 0 PUSH 32 CODECOPY",
        store(2, "PUSH 64 PUSH 32 KECCAK256"),
        "PUSH 32 CODESIZE PUSH 0 CODECOPY",
        store(3, "PUSH 0 MLOAD PUSH 1 ADD"),
    )
    looker = block.contract("looker", looking)
    proxy = block.contract(
        "proxy", code(f"PUSH 0 PUSH 0 PUSH 0 PUSH 0 PUSH {looker} GAS DELEGATECALL POP"), storage={3: 9}
    )
    gas = 200_000 + 4 * block.prices.new_slot
    block.call(alice, looker, gas=gas)
    block.call(bob, proxy, gas=gas)
    block.expect_success()
    place = len(code(store(0, "CODESIZE")))
    for contract in (looker, proxy):
        block.expect_slot(contract, 0, len(looking))
        block.expect_slot(contract, 1, place)
        block.expect_slot(contract, 2, int.from_bytes(keccak256(looking[:64].ljust(64, b"\x00")), "big"))
        block.expect_slot(contract, 3, 1)


@scenario(hazards="H54", forks=since(BERLIN))
def memory_of_each_transaction(block: BlockBuilder) -> None:
    """MSIZE grows by what is touched, by reading too, in whole words; the next transaction begins with none."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    touching = code(
        "MSIZE",
        "PUSH 95 MLOAD POP MSIZE",
        "PUSH 7 PUSH 128 MSTORE8 MSIZE",
        "PUSH 0 PUSH 9999 PUSH 0 CODECOPY MSIZE",
        "PUSH 0 PUSH 9999 KECCAK256 POP MSIZE",
        "PUSH 64 MSTORE PUSH 32 MSTORE PUSH 0 MSTORE PUSH 96 MSTORE PUSH 256 MSTORE",
        store("CALLER", "PUSH 288 PUSH 0 KECCAK256"),
    )
    contract = block.contract("memory", touching)
    block.call(alice, contract)
    block.call(bob, contract)
    block.expect_success()
    words = {64: 160, 32: 160, 0: 160, 96: 128, 256: 0}
    memory = bytearray(288)
    for place, size in words.items():
        memory[place : place + 32] = size.to_bytes(32, "big")
    memory[128] = 7
    for sender in (alice, bob):
        block.expect_slot(contract, sender.as_number, int.from_bytes(keccak256(bytes(memory)), "big"))


@scenario(hazards="H54", forks=since(CANCUN))
def copies_that_overlap(block: BlockBuilder) -> None:
    """MCOPY to both sides over itself, of nothing far away, and over the end of memory (EIP-5656)."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    first, second = bytes(range(1, 33)), bytes(range(101, 133))
    copying = code(
        f"PUSH32 0x{first.hex()} PUSH 0 MSTORE PUSH32 0x{second.hex()} PUSH 32 MSTORE",
        "PUSH 40 PUSH 0 PUSH 10 MCOPY",
        "PUSH 40 PUSH 20 PUSH 5 MCOPY",
        "PUSH 0 PUSH 100000 PUSH 200000 MCOPY",
        "PUSH 16 PUSH 56 PUSH 90 MCOPY",
        store("CALLER", "MSIZE PUSH 0 KECCAK256"),
    )
    contract = block.contract("memory", copying)
    block.call(alice, contract)
    block.call(bob, contract)
    block.expect_success()
    memory = bytearray((first + second).ljust(128, b"\x00"))
    for destination, source, size in ((10, 0, 40), (5, 20, 40), (90, 56, 16)):
        memory[destination : destination + size] = memory[source : source + size]
    for sender in (alice, bob):
        block.expect_slot(contract, sender.as_number, int.from_bytes(keccak256(bytes(memory)), "big"))


@scenario(hazards="H36", forks=since(SHANGHAI))
def code_ends_in_a_push(block: BlockBuilder) -> None:
    """The code of a contract ends in the middle of a PUSH: zeros follow, and the code ends well."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    cut = block.contract("cut", code(store(0, 7), "PUSH32 1")[:-20])
    caller = block.contract("caller", code(store(0, f"{call(cut)} PUSH 1 ADD")))
    block.call(alice, cut)
    block.call(bob, caller)
    block.expect_success()
    block.expect_slot(caller, 0, 2)


@scenario(hazards="H63", forks=until(BERLIN, CANCUN))
def as_deep_as_calls_go(block: BlockBuilder) -> None:
    """A contract calls itself until it may not: the frame of depth 1024 runs, and the one below it is never begun."""
    alice, bob = block.accounts(alice=10**9 * ETHER, bob=10**9 * ETHER)
    digging = code(
        store(0, f"{load(0)} PUSH 1 ADD"),
        when(call("ADDRESS"), "end"),
        store(1, load(0)),
        "end:",
    )
    pit = block.contract("pit", digging)
    block.set_environment(gas_limit=10**13)
    for sender in (alice, bob):
        block.call(sender, pit, gas=10**12, tip=GWEI)
    block.expect_success()
    block.expect_slot(pit, 0, 2 * 1025)
    block.expect_slot(pit, 1, 2 * 1025)
