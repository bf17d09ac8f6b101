"""What transactions of a generated chain ask for: instructions of every kind, and stories of several transactions."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from samestate.conformance.generating.svm import instructions as make
from samestate.conformance.generating.svm.cast import FEE, OTHER_PROGRAM, SEEDS, SOL, ChainCast, key_of, minimum
from samestate.conformance.generating.svm.instructions import AccountUse, ProgramCall
from samestate.spec.svm.addresses import ED25519, INCINERATOR, RENT, SECP256K1, SECP256R1, SYSTEM
from samestate.spec.svm.nonce import NONCE_BYTES, UndecodableNonce, decode_nonce

MARKED_OWNER: Final = b"0123456789aProgramDerivedAddress"
"""An owner whose name ends as that of addresses which are derived: no address with a seed may have it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A transaction before it is compiled. ``value``: that of a nonce, which stands for the blockhash."""

    payer: bytes
    calls: tuple[ProgramCall, ...]
    value: bytes | None = None


def lamports(draw: Random) -> int:
    """A sum: small ones, those at the edges of rent, and those that nobody has."""
    edge = minimum(draw.choice((0, 0, 1, 80))) + draw.choice((-1, 0, 1))
    return draw.choice((0, draw.randrange(1, 10**6), draw.randrange(1, 10**6), edge, edge, SOL, 2**64 - 1))


def space(draw: Random) -> int:
    """How much data."""
    if draw.random() < 0.05:
        return draw.choice((10 * 2**20, 10 * 2**20 + 1, 2**64 - 1))
    return draw.choice((0, 0, 1, 80, 80, 200, 10_240))


def owner(draw: Random) -> bytes:
    """Who gets an account."""
    return draw.choice((SYSTEM, OTHER_PROGRAM, OTHER_PROGRAM))


def paid_for(draw: Random, size: int) -> int:
    """What is given to a new account of that size: mostly enough."""
    return minimum(min(size, 10 * 2**20)) + draw.choice((0, 0, 0, 10**6, -1)) if draw.random() < 0.9 else lamports(draw)


# One instruction of each kind


def create(cast: ChainCast, payer: bytes) -> ProgramCall:
    """0."""
    size = space(cast.draw)
    new = cast.nobody() if cast.draw.random() < 0.7 else cast.signer()
    return make.create_account(payer, new, paid_for(cast.draw, size), size, owner(cast.draw))


def assign(cast: ChainCast, payer: bytes) -> ProgramCall:
    """1."""
    return make.assign(cast.signer(), owner(cast.draw))


def transfer(cast: ChainCast, payer: bytes) -> ProgramCall:
    """2."""
    source = payer if cast.draw.random() < 0.8 else cast.signer()
    target = INCINERATOR if cast.draw.random() < 0.02 else cast.somebody()
    return make.transfer(source, target, lamports(cast.draw))


def create_with_seed(cast: ChainCast, payer: bytes) -> ProgramCall:
    """3."""
    draw = cast.draw
    base = payer if draw.random() < 0.5 else cast.signer()
    address = cast.at_seed(base)
    base, seed, of = cast.seeded[address]
    if draw.random() < 0.15:
        seed, of = draw.choice((*SEEDS, "x" * 33)), draw.choice((of, MARKED_OWNER))
    size = space(draw)
    return make.create_with_seed(payer, address, base, seed, paid_for(draw, size), size, of)


def advance(cast: ChainCast, payer: bytes) -> ProgramCall:
    """4."""
    return make.advance_nonce(*cast.a_nonce())


def withdraw(cast: ChainCast, payer: bytes) -> ProgramCall:
    """5."""
    nonce, authority = cast.a_nonce()
    held = cast.account(nonce)
    whole = 0 if held is None else held.lamports
    kept = max(0, whole - minimum(NONCE_BYTES))
    amount = cast.draw.choice((whole, whole, kept, kept + 1, 1, whole + 1))
    return make.withdraw_nonce(nonce, authority, cast.somebody(), amount)


def initialize(cast: ChainCast, payer: bytes) -> ProgramCall:
    """6."""
    return make.initialize_nonce(cast.somebody(), payer)


def authorize(cast: ChainCast, payer: bytes) -> ProgramCall:
    """7."""
    return make.authorize_nonce(*cast.a_nonce(), payer)


def allocate(cast: ChainCast, payer: bytes) -> ProgramCall:
    """8."""
    return make.allocate(cast.signer(), space(cast.draw))


def at_seed(cast: ChainCast, payer: bytes) -> tuple[bytes, bytes, str, bytes]:
    """An address with a seed, and what makes it; now and then something else."""
    address = cast.at_seed(payer if cast.draw.random() < 0.7 else cast.signer())
    base, seed, of = cast.seeded[address]
    return address, base, cast.draw.choice(SEEDS) if cast.draw.random() < 0.1 else seed, of


def allocate_with_seed(cast: ChainCast, payer: bytes) -> ProgramCall:
    """9."""
    address, base, seed, of = at_seed(cast, payer)
    return make.allocate_with_seed(address, base, seed, space(cast.draw), of)


def assign_with_seed(cast: ChainCast, payer: bytes) -> ProgramCall:
    """10."""
    return make.assign_with_seed(*at_seed(cast, payer))


def transfer_with_seed(cast: ChainCast, payer: bytes) -> ProgramCall:
    """11."""
    address, base, seed, of = at_seed(cast, payer)
    return make.transfer_with_seed(address, base, cast.somebody(), lamports(cast.draw), seed, of)


def upgrade(cast: ChainCast, payer: bytes) -> ProgramCall:
    """12."""
    return make.upgrade_nonce(cast.a_nonce()[0])


def create_allowing_prefund(cast: ChainCast, payer: bytes) -> ProgramCall:
    """13."""
    draw = cast.draw
    size = space(draw)
    given = 0 if draw.random() < 0.3 else paid_for(draw, size)
    payer_of_it = None if draw.random() < (0.9 if given == 0 else 0.1) else payer
    return make.create_allowing_prefund(cast.signer(), given, size, owner(draw), payer_of_it)


SYSTEM_CALLS: Final[Sequence[Callable[[ChainCast, bytes], ProgramCall]]] = (
    create,
    assign,
    transfer,
    create_with_seed,
    advance,
    withdraw,
    initialize,
    authorize,
    allocate,
    allocate_with_seed,
    assign_with_seed,
    transfer_with_seed,
    upgrade,
    create_allowing_prefund,
)
"""One of each instruction of the System program, in the order of their tags."""


def of_no_program(cast: ChainCast, payer: bytes) -> ProgramCall:
    """A call of what is no program, which only costs a fee."""
    return ProgramCall(cast.draw.choice((OTHER_PROGRAM, RENT, cast.somebody())), (), b"")


def precompile(cast: ChainCast, payer: bytes) -> ProgramCall:
    """Signatures to verify in an instruction, right or wrong."""
    draw = cast.draw
    if draw.random() < 0.6:
        return make.ed25519(key_of(0), draw.randbytes(8), spoil=draw.random() < 0.3)
    program = draw.choice((ED25519, SECP256K1, SECP256R1))
    return ProgramCall(program, (), draw.choice((b"\x00\x00", b"\x00", b"", b"\x01\x00", b"\x01" + bytes(40))))


# What is done to calls


def spoiled(draw: Random, call: ProgramCall) -> ProgramCall:
    """A call that is a little wrong."""
    accounts, data = [*call.accounts], call.data
    match draw.randrange(6):
        case 0 if accounts:
            accounts.pop(draw.randrange(len(accounts)))
        case 1 if accounts:
            place = draw.randrange(len(accounts))
            accounts[place] = replace(accounts[place], writes=not accounts[place].writes)
        case 2 if accounts:
            place = draw.randrange(len(accounts))
            accounts[place] = replace(accounts[place], signs=not accounts[place].signs)
        case 3:
            draw.shuffle(accounts)
        case 4:
            data = data[: draw.randrange(len(data) + 1)]
        case _:
            data = draw.choice((data + b"\x00", struct.pack("<I", draw.choice((14, 255))) + data[4:]))
    return ProgramCall(call.program, tuple(accounts), data)


def budget(draw: Random) -> list[ProgramCall]:
    """Instructions of the compute budget, mostly right ones."""
    calls = []
    if draw.random() < 0.7:
        calls.append(make.unit_limit(draw.choice((0, 149, 300, 449, 450, 600, 10_000, 1_400_000, 2**32 - 1))))
    if draw.random() < 0.6:
        calls.append(make.unit_price(draw.choice((0, 1, 1_000, 10**5, 10**6, 10**9))))
    if draw.random() < 0.25:
        calls.append(make.loaded_size_limit(draw.choice((1, 200, 300, 1_000, 2**20, 2**32 - 1))))
    if draw.random() < 0.15:
        calls.append(make.heap_size(draw.choice((32_768, 65_536, 262_144))))
    if draw.random() < 0.04:
        calls.append(draw.choice((make.heap_size(1), make.loaded_size_limit(0), make.unit_price(0))))
    return calls


def signing_only(calls: Sequence[ProgramCall], cast: ChainCast) -> tuple[ProgramCall, ...]:
    """The calls without signatures of those that have no key."""

    def use_of(use: AccountUse) -> AccountUse:
        return replace(use, signs=use.signs and use.address in cast.keys)

    return tuple(replace(call, accounts=tuple(use_of(use) for use in call.accounts)) for call in calls)


# Whole transactions


def any_calls(cast: ChainCast, payer: bytes) -> tuple[ProgramCall, ...]:
    """One to three instructions, and now and then a budget."""
    draw = cast.draw
    calls = []
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        kind = draw.random()
        if kind < 0.06:
            call = of_no_program(cast, payer)
        elif kind < 0.12:
            call = precompile(cast, payer)
        else:
            call = draw.choice(SYSTEM_CALLS if kind < 0.75 else (transfer,))(cast, payer)
        calls.append(spoiled(draw, call) if draw.random() < 0.06 else call)
    if draw.random() < 0.3:
        asked = budget(draw)
        place = draw.choice((0, len(calls)))
        calls[place:place] = asked
    return tuple(calls)


def ordinary(cast: ChainCast) -> list[Asked]:
    """A transaction of any kind."""
    payer = cast.payer()
    return [Asked(payer, any_calls(cast, payer))]


def durable(cast: ChainCast) -> list[Asked]:
    """A transaction with the value of a nonce in the place of a blockhash."""
    nonce, authority = cast.a_nonce()
    payer = authority if cast.draw.random() < 0.7 else cast.payer()
    value = value_of(cast, nonce)
    first = make.advance_nonce(nonce, authority)
    if cast.draw.random() < 0.05:
        first = spoiled(cast.draw, first)
    calls = (first, *(any_calls(cast, payer) if cast.draw.random() < 0.9 else ()))
    return [Asked(payer, calls, value)]


def value_of(cast: ChainCast, nonce: bytes) -> bytes | None:
    """The value of a nonce before the current block."""
    account = cast.account(nonce)
    try:
        found = decode_nonce(account.data) if account is not None else None
    except UndecodableNonce:
        return None
    return None if found is None else found.value


def created_and_closed(cast: ChainCast) -> list[Asked]:
    """An account is created, closed, and created again with another size, each by a transaction of its own."""
    draw, payer = cast.draw, cast.payer()
    new, held = cast.nobody(), minimum(0) + draw.randrange(10**6)
    sizes = draw.sample((0, 1, 80, 200), 2)
    told = [
        Asked(payer, (make.create_account(payer, new, held, 0, SYSTEM),)),
        Asked(payer, (make.transfer(new, cast.somebody(), held),)),
        Asked(payer, (make.create_account(payer, new, minimum(sizes[0]), sizes[0], owner(draw)),)),
        Asked(payer, (make.transfer(payer, new, draw.randrange(1, FEE)),)),
    ]
    return told[: draw.randrange(2, 5)]


def handed_on(cast: ChainCast) -> list[Asked]:
    """Lamports go from hand to hand: who pays has it from the transaction before."""
    draw = cast.draw
    hands = [cast.payer(), *(cast.nobody() for _ in range(draw.randrange(1, 4)))]
    amount = minimum(0) + 10**6
    told = []
    for source, target in itertools.pairwise(hands):
        told.append(Asked(source, (make.transfer(source, target, amount),)))
        amount -= FEE if draw.random() < 0.6 else draw.choice((FEE - 1, FEE + 1, minimum(0)))
    return told


def nonce_begun(cast: ChainCast) -> list[Asked]:
    """A nonce is created and made one; later blocks may use it."""
    payer, new = cast.payer(), cast.nobody()
    cast.nonces.append((new, payer))
    cast.uses(new)
    size = NONCE_BYTES
    return [
        Asked(
            payer,
            (
                make.create_account(payer, new, minimum(size) + cast.draw.choice((0, 0, 10**6)), size, SYSTEM),
                make.initialize_nonce(new, payer),
            ),
        )
    ]


def told(cast: ChainCast) -> list[Asked]:
    """Transactions that belong together, one at least."""
    kind = cast.draw.random()
    if kind < 0.12:
        return durable(cast)
    if kind < 0.16:
        return nonce_begun(cast)
    chained = 0.03 + 0.12 * cast.conflict
    if kind < 0.16 + chained:
        return cast.draw.choice((created_and_closed, handed_on))(cast)
    return ordinary(cast)
