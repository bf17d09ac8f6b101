"""Cases of the Bank as cases of the machine.

The Bank goes on where a validator would refuse the block: it leaves out what it cannot process, and keeps what exceeds
a limit. So a recorded chain is several cases: one of all that was processed, and one for each transaction for which the
block is invalid, with what was processed before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.solana.features import FEATURES, SLOT_TIME_FEATURES
from samestate.conformance.fixtures.solana.genesis import (
    CREATION_TIME,
    LEADER,
    bank_hash,
    blockhashes,
    genesis_accounts,
    others,
    timestamp_of,
)
from samestate.conformance.fixtures.solana.genesis_programs import LATTICES, PROGRAMS
from samestate.conformance.fixtures.solana.recorded import (
    MALFORMED,
    RecordedBlock,
    RecordedCase,
    RecordedResult,
    RecordedTransaction,
    blockhash_of,
)
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.hexadecimal import hexed
from samestate.conformance.vectors.model import VALID, Case
from samestate.conformance.vectors.recorded.chain import MACHINE, write_accounts, write_entries, write_queue
from samestate.conformance.vectors.recorded.model import IsRight, NotExecuted, RecordedVector
from samestate.conformance.vectors.recorded.names import FEES_ONLY, code_of, printed
from samestate.conformance.vectors.svm import needed_selectors
from samestate.spec.state import lattice
from samestate.spec.svm.account import Account
from samestate.spec.svm.addresses import SYSVAR, address, base58
from samestate.spec.svm.rulesets.mainnet_2026_09 import SWITCHES
from samestate.spec.svm.slot_time import SLOT_TIMES, TICKS_PER_SLOT
from samestate.spec.svm.state import svm_state

KIND: Final = "recorded by the Bank"
RULESETS: Final = {"A": "mainnet-2026-07", "B": "mainnet-2026-09"}
BYTECODE: Final = "BYTECODE_NOT_SPECIFIED"
EPOCH: Final = "EPOCH_BOUNDARY_NOT_SPECIFIED"
MILLISECOND: Final = 1_000_000
NO_LIMIT: Final = 2**62

STATE_FEATURES: Final = frozenset(
    {"4a6f7o7iTcA8hRDCrPLkSatnt5Ykxiu36wo5p1Tt12wC", "61BtM7BkDEE8Yq5fskEVAQT9mYA8qCejJWoLe5apqg81"}
)
"""Features that change the price of rent once they are activated, and nothing by being active."""


def vectors_of_bank_case(place: str, case: RecordedCase) -> Iterator[RecordedVector | NotExecuted]:
    """What a recorded case says, each as a case of its own. Raises InputError where it is malformed."""
    reason = unable(case)
    if reason:
        yield NotExecuted(place, case.name, reason)
        return
    blocks = before_epoch(case)
    if len(blocks) < len(case.blocks):
        yield NotExecuted(
            place, f"{case.name}/from slot {case.blocks[len(blocks)].slot}", f"{EPOCH}: it begins an epoch"
        )
    if not blocks:
        return
    chain = RecordedChain(place, case)
    yield chain.processed(blocks)
    for number, block in enumerate(blocks):
        for index, transaction in enumerate(flat(block)):
            if not transaction.result.is_processed or transaction.result.too_much is not None:
                yield chain.refused(blocks[: number + 1], index)


def unable(case: RecordedCase) -> str:
    """Why a case cannot be one of the machine; nothing where it can. Raises InputError."""
    if case.ruleset not in RULESETS:
        raise InputError(f"{case.name}: ruleset: must be one of {', '.join(RULESETS)}, but is {case.ruleset!r}")
    switchable = {feature.address for feature in SWITCHES.values()} | SLOT_TIME_FEATURES | STATE_FEATURES
    for feature in map(base58, (*case.without, *case.plus)):
        if feature not in switchable:
            return f"the feature {feature} cannot be switched by itself"
    if case.tick_nanoseconds * TICKS_PER_SLOT % MILLISECOND or slot_time(case) not in SLOT_TIMES:
        return f"slots of {case.tick_nanoseconds * TICKS_PER_SLOT} ns are none of those that are known"
    if case.has_programs and case.lamports_per_byte not in LATTICES:
        return f"{BYTECODE}: programs of the genesis at {case.lamports_per_byte} lamports a byte are not known"
    if case.has_programs and any(
        names_a_program(transaction.wire) for block in case.blocks for transaction in flat(block)
    ):
        return f"{BYTECODE}: a transaction names a program of the genesis"
    return ""


def names_a_program(wire: bytes) -> bool:
    """Whether one of the programs whose code is not known stands anywhere in a transaction."""
    return any(program in wire for program in PROGRAMS)


def slot_time(case: RecordedCase) -> int:
    """How many milliseconds a slot of the first epoch lasts."""
    return case.tick_nanoseconds * TICKS_PER_SLOT // MILLISECOND


def before_epoch(case: RecordedCase) -> tuple[RecordedBlock, ...]:
    """The blocks that come before the second epoch."""
    return tuple(block for block in case.blocks if block.slot < case.slots_per_epoch)


def flat(block: RecordedBlock) -> list[RecordedTransaction]:
    """The transactions of a block, whatever entries they are in."""
    return [transaction for entry in block.entries for transaction in entry]


@dataclass(frozen=True, slots=True)
class RecordedChain:
    """A recorded chain, of which cases are made."""

    place: str
    case: RecordedCase

    def processed(self, blocks: Sequence[RecordedBlock]) -> RecordedVector:
        """The case of all that was processed: what exceeds a limit is in it, and so the limits are not."""
        exceeds = any(transaction.result.too_much for block in blocks for transaction in flat(block))
        limits = (NO_LIMIT,) * 3 if exceeds else self.case.limits
        return self.vector(
            self.case.name,
            [(block, kept(block)) for block in blocks],
            self.expected(blocks),
            [accounts_after(block) for block in blocks],
            limits,
        )

    def refused(self, blocks: Sequence[RecordedBlock], index: int) -> RecordedVector | NotExecuted:
        """The case of one transaction for which the last block is invalid."""
        *earlier, block = blocks
        transaction = flat(block)[index]
        name = f"{self.case.name}/slot {block.slot}, transaction {index}"
        if is_twin(block, index):
            return NotExecuted(self.place, name, "it is refused for one that was itself refused, and so left out here")
        entries, place = [], 0
        for entry in block.entries:
            chosen = [
                each.wire
                for at, each in enumerate(entry, place)
                if at == index or (at < index and each.result.is_processed and each.result.too_much is None)
            ]
            entries.append(chosen)
            place += len(entry)
        status: Object = {"status": rejection(transaction.result), "transaction": str(sum(map(len, entries)) - 1)}
        return self.vector(
            name,
            [*((each, kept(each)) for each in earlier), (block, entries)],
            [*self.expected(earlier), status],
            [*map(accounts_after, earlier), {}],
            self.case.limits,
        )

    def vector(
        self,
        name: str,
        blocks: Sequence[tuple[RecordedBlock, Sequence[Sequence[bytes]]]],
        expected: Sequence[Object],
        accounts: Sequence[Mapping[bytes, IsRight]],
        limits: tuple[int, int, int] | None,
    ) -> RecordedVector:
        """A case of some blocks, each with what of it is executed."""
        case = self.case
        features = active_features(case)
        names = {
            name: "active" if feature.address in features else "inactive"
            for name, feature in SWITCHES.items()
            if (feature.address in features) != (feature.address in FEATURES[RULESETS[case.ruleset]])
        }
        params = dict(names)
        if limits is not None:
            params |= dict(zip(("limit_account", "limit_block", "limit_allocation"), map(str, limits), strict=True))
        times = [timestamp_of(case, block.slot) for block, _ in blocks]
        written = Case(
            id=name,
            machine=MACHINE,
            fork=RULESETS[case.ruleset],
            params=params,
            selectors=frozenset(),
            pre=self.pre(),
            blocks=tuple(
                write_block(block, entries, None if now == before else now)
                for (block, entries), now, before in zip(blocks, times, [CREATION_TIME, *times], strict=False)
            ),
        )
        return RecordedVector(
            place=self.place,
            case=replace(written, selectors=frozenset(needed_selectors(written, expected))),
            expected=tuple(expected),
            accounts=tuple(accounts),
            kind=KIND,
        )

    def pre(self) -> Object:
        """The state after slot 0."""
        case = self.case
        accounts = genesis_accounts(case, map(address, sorted(active_features(case))))
        beside = others(case)
        bank: Object = {
            "slot": "0",
            "hash": hexed(bank_hash(svm_state(accounts, beside))),
            "blockhashes": write_queue(blockhashes(case).items()),
        }
        if case.slots_per_epoch != 432_000:
            bank["epochs"] = {
                "slots_per_epoch": str(case.slots_per_epoch),
                "leader_schedule_slot_offset": str(case.slots_per_epoch),
                "warmup": "false",
                "first_normal_epoch": "0",
                "first_normal_slot": "0",
            }
        if case.lamports_per_byte != 6960:
            bank["lamports_per_byte"] = str(case.lamports_per_byte)
        if case.lamports_per_signature != 5000:
            bank["lamports_per_signature"] = str(case.lamports_per_signature)
        if slot_time(case) != 400:
            bank["slot_time"] = str(slot_time(case))
        return {
            "accounts": write_accounts(accounts),
            **({"others": hexed(lattice.to_bytes(beside))} if beside != lattice.EMPTY else {}),
            "bank": bank,
        }

    def expected(self, blocks: Sequence[RecordedBlock]) -> list[Object]:
        """What was recorded of blocks of which all is there that was processed."""
        expected = [write_expected(block) for block in blocks]
        for before, block in zip(expected, blocks[1:], strict=False):
            if block.parent_hash is not None:
                before["bank_hash"] = hexed(block.parent_hash)
        return expected


def active_features(case: RecordedCase) -> frozenset[str]:
    """The features that are active from the genesis on."""
    return (FEATURES[RULESETS[case.ruleset]] - {*map(base58, case.without)}) | {*map(base58, case.plus)}


def write_block(block: RecordedBlock, entries: Sequence[Sequence[bytes]], timestamp: int | None) -> Object:
    """A block. ``timestamp`` is what Clock says, where that is not what it was."""
    return {
        "env": {
            "slot": str(block.slot),
            "leader": base58(LEADER),
            **({"unix_timestamp": str(timestamp)} if timestamp is not None else {}),
            "blockhash": hexed(block.blockhash or blockhash_of(block.slot)),
        },
        "entries": write_entries(entries),
    }


def kept(block: RecordedBlock) -> list[list[bytes]]:
    """What was processed of a block."""
    one_by_one = [[each] for entry in block.entries for each in entry]
    entries: Sequence[Sequence[RecordedTransaction]] = block.entries if block.is_batched else one_by_one
    return [[each.wire for each in entry if each.result.is_processed] for entry in entries]


def is_twin(block: RecordedBlock, index: int) -> bool:
    """Whether a transaction is there before in its entry, where it was not processed either."""
    place = 0
    for entry in block.entries:
        for at, each in enumerate(entry, place):
            if at == index:
                return any(other.wire == each.wire and not other.result.is_processed for other in entry[: at - place])
        place += len(entry)
    return False


def rejection(result: RecordedResult) -> str:
    """The code for which a block with such a transaction is invalid."""
    if result.stage == MALFORMED:
        return "MALFORMED_TRANSACTION"
    return code_of(printed(result.too_much or result.error or ""))


def write_expected(block: RecordedBlock) -> Object:
    """What was recorded of a block in which all is valid."""
    told: Object = {"status": VALID}
    if block.blockhash is not None:
        told["blockhash"] = hexed(block.blockhash)
    if block.bank_hash is not None:
        told["bank_hash"] = hexed(block.bank_hash)
    if block.lattice is not None:
        told["state_root"] = hexed(block.lattice)
    if block.signatures is not None:
        told["signature_count"] = str(block.signatures)
    told["receipts"] = [write_receipt(each.result) for each in flat(block) if each.result.is_processed]
    return told


def write_receipt(result: RecordedResult) -> Object:
    """A receipt, as far as it is told."""
    error = None if result.error is None else printed(result.error)
    status = "success" if error is None else "fees-only" if error in FEES_ONLY else "failed"
    numbers = {
        "units": result.units,
        "fee": result.fee,
        "priority_fee": result.priority_fee,
        "loaded_size": result.loaded_size,
        "cost": result.cost,
    }
    return {
        "status": status,
        **({"error": error} if error is not None else {}),
        **{name: str(number) for name, number in numbers.items() if number is not None},
        **({"logs": list(result.logs or ())} if result.is_told else {}),
    }


def accounts_after(block: RecordedBlock) -> dict[bytes, IsRight]:
    """What was recorded of accounts after the transactions of a block, but of those that its end changes."""
    recorded = {key: account for post in (*block.posts, block.post) for key, account in post.items()}
    checks: dict[bytes, IsRight] = {
        key: (lambda held: held is None) if account is None else account.describes
        for key, account in recorded.items()
        if key != LEADER and (account is None or account.owner != SYSVAR)
    }
    if block.leader_after is not None:
        checks[LEADER] = partial(has_lamports, block.leader_after)
    return checks


def has_lamports(lamports: int, held: Account | None) -> bool:
    """Whether an account has so many lamports."""
    return (held.lamports if held is not None else 0) == lamports
