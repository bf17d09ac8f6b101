"""Blocks that do one thing over and over, its gas swept across every charge: wherever gas may run out, it does.

What a generous run has paid when each of its instructions begins is how much gas is just enough to get there. So much,
and one unit less, is what the transactions of the block have. Those that fail leave the state as it was for the next.

Half of the messages go through a contract that gives them so much gas as its data says. The transaction's limit is then
free to say how much lies in the reservoir for state gas (EIP-8037), which a call gets whole: so any gas meets any
reservoir.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from random import Random

from samestate.conformance.generating.bytecode import Code
from samestate.conformance.generating.case import GeneratedCase
from samestate.conformance.generating.evm import without_rejected
from samestate.conformance.generating.evm_draft import ETHER, EvmDraft
from samestate.conformance.generating.groups import AccountGroup
from samestate.conformance.generating.keys import address_of
from samestate.conformance.generating.transactions import EXECUTION_LIMIT, STATE_GAS
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.frame import Frame
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.transaction import Transaction, encode_transaction
from samestate.spec.transition import execute_block

GENEROUS = 12_000_000
"""Enough gas for nearly all that a generated program does, state gas included."""
ROOM = 2**32
"""The gas limit of a block that is never full."""
RESERVES = (0, 0, 1, *STATE_GAS, 10**7)
SPARED = 0.7
"""How often the gas that is forwarded is less by what lies in reserve: then both together may be just enough."""
WORD = 32
ENOUGH, TRIES = 25, 6
"""A message is to do so many things, and so often another one is looked for that does."""


@dataclass(slots=True)
class GasPaid:
    """What the frames of a depth have paid whenever an instruction begins, and once they end.

    ``given`` is what the first of them had. Implements :class:`samestate.spec.evm.frame.Tracer`.
    """

    depth: int
    given: int | None = None
    sums: set[int] = field(default_factory=set)

    def enter(self, frame: Frame) -> None:
        """A frame begins."""
        if frame.message.depth == self.depth and self.given is None:
            self.given = frame.message.gas

    def step(self, frame: Frame, opcode: int) -> None:
        """An instruction begins."""
        if frame.message.depth == self.depth:
            self.sums.add(frame.message.gas - frame.gas_left)

    def leave(self, frame: Frame) -> None:
        """A frame has ended."""
        self.step(frame, 0)


def generate_sweep(fork: Fork, seed: int, transactions: int = 15) -> GeneratedCase:
    """A valid block of at most so many transactions, all with the same message and each with other gas for it."""
    random = Random(f"{fork.name} sweep {seed} {transactions}")
    draft = EvmDraft(random, fork, transactions, gas_limit=ROOM)
    made = (_forwarded if random.random() < 0.5 else _limited)(draft, transactions)
    name = f"{fork.name}, sweep {seed}, {transactions} transactions"
    return without_rejected(draft.case(name, [encode_transaction(transaction) for transaction in made]))


def forwarding(target: bytes, value: int) -> bytes:
    """Code that calls ``target`` with all its data but the first word, which says how much gas goes along.

    It logs whether the call succeeded, and the gas that is left.
    """
    code = Code().push(WORD).op("CALLDATASIZE", "SUB", "DUP1").push(WORD, 0).op("CALLDATACOPY")
    code.push(0, 0).op("DUP3").push(0, value, target, 0).op("CALLDATALOAD", "CALL")
    return code.op("GAS").push(0).op("MSTORE").push(WORD, 0).op("LOG1", "STOP").build()


def _limited(draft: EvmDraft, transactions: int) -> list[Transaction]:
    """The message of a transaction, whose limit is swept."""
    random, maker = draft.random, draft.maker
    for group in _groups(draft):
        template, key = maker.draft(group, with_blobs=False)
        paid = _probe(draft, maker.signed(replace(template, gas_limit=GENEROUS), key), depth=0)
        if len(paid.sums) >= ENOUGH:
            break
    before = GENEROUS - (GENEROUS if paid.given is None else paid.given)
    first, *others = [before + gas for gas in _around(random, paid.sums, transactions)]
    first = max(first, maker.needed(template, address_of(key)))
    made = [maker.signed(replace(template, gas_limit=first), key)]
    for limit in others:
        made.append(maker.again(template, random.choice(group.senders), group.authorities, limit))
    return made


def _forwarded(draft: EvmDraft, transactions: int) -> list[Transaction]:
    """A message from a contract, whose gas is swept, with any reservoir."""
    random, maker = draft.random, draft.maker
    data = b"".join(random.randrange(300).to_bytes(WORD, "big") for _ in range(random.randrange(3)))

    def message(key: bytes, gas: int, reserve: int) -> Transaction:
        limit = EXECUTION_LIMIT + reserve
        return maker.plain(key, forwarder, data=gas.to_bytes(WORD, "big") + data, gas_limit=limit)

    for group in _groups(draft):
        forwarder, key = random.randbytes(20), group.senders[0]
        draft.account(forwarder, ETHER, 1, forwarding(random.choice(group.contracts), random.choice((0, 0, 1))))
        paid = _probe(draft, message(key, GENEROUS, random.choice(RESERVES)), depth=1)
        maker.give_back_nonce(address_of(key))
        if len(paid.sums) >= ENOUGH:
            break
    made = []
    for gas in _around(random, paid.sums, transactions - 1):
        reserve = random.choice(RESERVES)
        spared = min(gas, reserve) if random.random() < SPARED else 0
        made.append(message(random.choice(group.senders), gas - spared, reserve))
    return [*made, message(key, GENEROUS, 0)]


def _groups(draft: EvmDraft) -> Iterator[AccountGroup]:
    """The hot group, and then others, for whoever does not find enough in one."""
    yield draft.hot
    for _ in range(TRIES):
        yield draft.group(is_hot=False)


def _probe(draft: EvmDraft, transaction: Transaction, depth: int) -> GasPaid:
    """What the transaction pays in the frames of a depth, on the state before the block."""
    paid = GasPaid(depth)
    case = draft.case("probe", [encode_transaction(transaction)])
    execute_block(Evm(draft.fork, paid), case.payload(), case.state(), lambda index, rejection: None)
    return paid


def _around(random: Random, sums: set[int], count: int) -> list[int]:
    """So many of the sums, as they are and one less; mostly in ascending order, so that the first ones fail."""
    edges = sorted({max(0, each - less) for each in sums or {0} for less in (0, 1)})
    chosen = [random.choice(edges) for _ in range(count)]
    return sorted(chosen) if random.random() < 0.7 else chosen
