"""Block access lists of the compiled EVM: what it lists beside the specification, and what it says of a wrong list."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from samestate.conformance.engines.optimized.evm import packed_block
from samestate.conformance.engines.optimized.evm_states import world_of
from samestate.conformance.generating.evm import generate_block
from samestate.conformance.generating.evm_chain import generate_chain
from samestate.conformance.suite.tiers import one_in
from samestate.conformance.vectors.loading import load_vector_file
from samestate.conformance.vectors.machines import execute
from samestate.conformance.vectors.places import SUFFIX, VECTORS
from samestate.optimized.configuration import Configuration
from samestate.optimized.evm.engine import EvmEngine
from samestate.optimized.evm.ledger import BlockLedger, refused_list
from samestate.optimized.evm.result import EvmResult
from samestate.spec.evm import rlp
from samestate.spec.evm.block_access_list import (
    AccountAccess,
    BlockAccessList,
    SlotChanges,
    count_items,
    decode_access_list,
    encode_access_list,
)
from samestate.spec.evm.chain import access_list_of
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import AMSTERDAM, BPO2, BPO2_ACCESS_LISTS
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.payload import Payload
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.state import FlatState
from samestate.spec.machine import Rejection
from samestate.spec.transition import apply_block

LISTED = [AMSTERDAM, BPO2_ACCESS_LISTS]
SUITES = sorted(path for path in (VECTORS / "evm").iterdir() if path.is_dir())
UNDECODED = {"block_encodings", "encodings"}
"""The suites of which no Amsterdam block is executed, since its bytes are none."""

LIST_CODES = {"MALFORMED_ACCESS_LIST", "INVALID_BLOCK_ACCESS_LIST", "ACCESS_LIST_TOO_LARGE"}


@pytest.fixture(scope="module")
def engine() -> Iterator[EvmEngine]:
    with EvmEngine(Configuration(strategy="sequential", record=False)) as engine:
        yield engine


@pytest.fixture(scope="module")
def by_list() -> Iterator[EvmEngine]:
    with EvmEngine(Configuration(strategy="access-list", workers=2, record=False)) as engine:
        yield engine


@dataclass
class Compared:
    """Executes blocks on the compiled EVM, and compares its lists and its verdicts with the specification's."""

    engine: EvmEngine
    by_list: EvmEngine
    lists: int = 0

    def apply(self, machine: Any, block: Payload, state: Any) -> Any:
        """The specification's result of a block. Raises Rejection."""
        if not machine.fork.has_access_list:
            return apply_block(machine, block, state)
        assert isinstance(state, FlatState)
        self.lists += 1
        result = self.engine.execute(packed_block(machine, block, None), world_of(state))
        try:
            right = apply_block(machine, block, state)
        except Rejection as rejection:
            if result.rejection is not None:
                assert result.rejection.code == rejection.code.name
                with pytest.raises(ValueError, match="no access list"):
                    result.ledger.access_list  # noqa: B018
            else:
                verdict = result.ledger.verify(
                    None if block.access_list is None else encode_access_list(block.access_list)
                )
                assert verdict is not None
                assert verdict.code == rejection.code.name
            raise
        listed = access_list_of(right)
        expected = encode_access_list(listed)
        assert result.ledger.access_list == expected
        assert result.ledger.access_list_hash == keccak256(expected)
        assert result.ledger.access_list_items == count_items(listed)
        assert result.ledger.verify(expected) is None
        assert result.ledger.verify() is None
        self.predicted(machine, block, state, expected)
        return right

    def predicted(self, machine: Any, block: Payload, state: FlatState, listed: bytes) -> None:
        """Execute the block from its list: every transaction starts at once, and none is executed twice."""
        result = self.by_list.execute(packed_block(machine, block, listed), world_of(state))
        assert result.rejection is None
        assert result.ledger.access_list == listed
        assert result.metrics.aborts == 0
        assert set(result.metrics.re_executions) <= {0}


@pytest.mark.parametrize("suite", one_in(3, SUITES, lambda path: path.name))
def test_every_vector_has_the_specifications_list(suite: Any, engine: EvmEngine, by_list: EvmEngine) -> None:
    compared = Compared(engine, by_list)
    paths = sorted(suite.rglob(f"*{SUFFIX}"))
    for path in paths:
        execute(load_vector_file(path).case, compared.apply)
    assert bool(compared.lists) == (suite.name not in UNDECODED and any("amsterdam" in path.name for path in paths))


@pytest.mark.parametrize("fork", LISTED, ids=lambda fork: fork.name)
def test_generated_blocks_have_the_specifications_list(fork: Fork, engine: EvmEngine, by_list: EvmEngine) -> None:
    compared = Compared(engine, by_list)
    for seed in range(12):
        case = generate_block(fork, 8000 + seed, transactions=15)
        compared.apply(Evm(fork), case.payload(), case.state())
    for case in generate_chain((BPO2, *[fork] * 3), 9):
        compared.apply(Evm(case.fork), case.payload(), case.state())
    assert compared.lists == 15


# Lists that are wrong


@dataclass(frozen=True)
class Executed:
    """A block that was executed, and its list."""

    result: EvmResult
    accounts: BlockAccessList

    @property
    def ledger(self) -> BlockLedger:
        return self.result.ledger

    def verdict(self, accounts: BlockAccessList) -> str:
        """What is said of a list that is well formed and wrong. The specification has the same code for it."""
        proposed = encode_access_list(accounts)
        assert decode_access_list(proposed) == accounts
        assert refused_list(proposed) is None
        rejection = self.ledger.verify(proposed)
        assert rejection is not None
        assert (rejection.code, rejection.transaction) == ("INVALID_BLOCK_ACCESS_LIST", None)
        return rejection.detail


@pytest.fixture(scope="module")
def executed(engine: EvmEngine) -> Executed:
    case = generate_block(AMSTERDAM, 8001, transactions=15)
    result = engine.execute(packed_block(Evm(AMSTERDAM), case.payload(), None), world_of(case.state()))
    return Executed(result, decode_access_list(result.ledger.access_list))


UNUSED = 2**256 - 12345
"""A slot that no generated program names."""

Change = Callable[[AccountAccess], tuple[AccountAccess, str]]


def shown_value(value: bytes | int) -> str:
    """A value as a message has it: of a long code the first 64 bytes."""
    if isinstance(value, int):
        return hex(value)
    return f"0x{value.hex()}" if len(value) <= 64 else f"0x{value[:64].hex()}… ({len(value)} bytes)"


def pair_changed(name: str, part: str) -> Change:
    """Another value in the last change of a part."""

    def change(account: AccountAccess) -> tuple[AccountAccess, str]:
        *rest, (index, value) = getattr(account, name)
        other: Any = value + b"\x01" if isinstance(value, bytes) else value ^ 3
        shown = [shown_value(v) for v in (other, value)]
        text = f"{part}, index {index}: the list says {shown[0]}, and it is {shown[1]}"
        return account._replace(**{name: (*rest, (index, other))}), text

    return change


def pair_missing(name: str, part: str) -> Change:
    """No first change of a part."""

    def change(account: AccountAccess) -> tuple[AccountAccess, str]:
        (index, value), *rest = getattr(account, name)
        shown = shown_value(value)
        says = "nothing"
        if rest:  # the next one stands where the first is wanted
            return account._replace(
                **{name: tuple(rest)}
            ), f"{part}, index {index}: the list says {says}, and it is {shown}"
        return account._replace(**{name: ()}), f"{part}, index {index}: the list says {says}, and it is {shown}"

    return change


def pair_added(name: str, part: str) -> Change:
    """One change more at the end of a part."""

    def change(account: AccountAccess) -> tuple[AccountAccess, str]:
        found = getattr(account, name)
        value: Any = b"\x05" if name == "code_changes" else 5
        shown = "0x05" if name == "code_changes" else "0x5"
        text = f"{part}, index 99: the list says {shown}, and nothing changed"
        return account._replace(**{name: (*found, (99, value))}), text

    return change


def pair_twice(name: str, part: str) -> Change:
    """The last change of a part twice."""

    def change(account: AccountAccess) -> tuple[AccountAccess, str]:
        found = getattr(account, name)
        text = f"{part}, index {found[-1][0]} comes after a higher one, or after itself"
        return account._replace(**{name: (*found, found[-1])}), text

    return change


def slot_value(account: AccountAccess) -> tuple[AccountAccess, str]:
    *rest, last = account.storage_changes
    (index, value), *more = last.changes
    changed = last._replace(changes=((index, value ^ 1), *more))
    text = f"slot {last.slot:#x}, index {index}: the list says {value ^ 1:#x}, and it is {value:#x}"
    return account._replace(storage_changes=(*rest, changed)), text


def slot_missing(account: AccountAccess) -> tuple[AccountAccess, str]:
    *rest, last = account.storage_changes
    return account._replace(storage_changes=tuple(rest)), f"slot {last.slot:#x} is not listed as changed"


def slot_added(account: AccountAccess) -> tuple[AccountAccess, str]:
    more = SlotChanges(UNUSED, ((1, 1),))
    text = f"slot {UNUSED:#x} is listed as changed, and was not"
    return account._replace(storage_changes=tuple(sorted((*account.storage_changes, more)))), text


def slot_without_change(account: AccountAccess) -> tuple[AccountAccess, str]:
    *rest, last = account.storage_changes
    text = f"slot {last.slot:#x} is listed as changed, without a change"
    return account._replace(storage_changes=(*rest, last._replace(changes=()))), text


def slot_twice(account: AccountAccess) -> tuple[AccountAccess, str]:
    last = account.storage_changes[-1]
    text = f"slot {last.slot:#x} of the storage changes comes after a higher one, or after itself"
    return account._replace(storage_changes=(*account.storage_changes, last)), text


def read_missing(account: AccountAccess) -> tuple[AccountAccess, str]:
    return account._replace(storage_reads=account.storage_reads[:-1]), (
        f"slot {account.storage_reads[-1]:#x} is not listed as read"
    )


def read_added(account: AccountAccess) -> tuple[AccountAccess, str]:
    text = f"slot {UNUSED:#x} is listed as read, and was not"
    return account._replace(storage_reads=tuple(sorted((*account.storage_reads, UNUSED)))), text


def read_twice(account: AccountAccess) -> tuple[AccountAccess, str]:
    last = account.storage_reads[-1]
    text = f"slot {last:#x} of the storage reads comes after a higher one, or after itself"
    return account._replace(storage_reads=(*account.storage_reads, last)), text


def changed_slot_as_read(account: AccountAccess) -> tuple[AccountAccess, str]:
    slot = account.storage_changes[0].slot
    text = f"slot {slot:#x} is listed as read, though it was changed"
    return account._replace(storage_reads=tuple(sorted((*account.storage_reads, slot)))), text


def changed_slot_as_read_alone(account: AccountAccess) -> tuple[AccountAccess, str]:
    first, *rest = account.storage_changes
    reads = tuple(sorted((*account.storage_reads, first.slot)))
    text = f"slot {first.slot:#x} is not listed as changed"
    return account._replace(storage_reads=reads, storage_changes=tuple(rest)), text


PARTS = [("balance_changes", "balance"), ("nonce_changes", "nonce"), ("code_changes", "code")]
CORRUPTIONS: list[tuple[str, str, Change]] = [
    *[("value", name, pair_changed(name, part)) for name, part in PARTS],
    *[("missing", name, pair_missing(name, part)) for name, part in PARTS],
    *[("added", name, pair_added(name, part)) for name, part in PARTS],
    *[("twice", name, pair_twice(name, part)) for name, part in PARTS],
    ("value", "storage_changes", slot_value),
    ("missing", "storage_changes", slot_missing),
    ("added", "storage_changes", slot_added),
    ("empty", "storage_changes", slot_without_change),
    ("twice", "storage_changes", slot_twice),
    ("missing", "storage_reads", read_missing),
    ("added", "storage_reads", read_added),
    ("twice", "storage_reads", read_twice),
    ("also read", "storage_changes", changed_slot_as_read),
    ("only read", "storage_changes", changed_slot_as_read_alone),
]


@pytest.mark.parametrize(
    ("part", "change"), [(name, change) for _, name, change in CORRUPTIONS], ids=[f"{k}-{n}" for k, n, _ in CORRUPTIONS]
)
def test_a_wrong_entry_is_named(part: str, change: Change, executed: Executed) -> None:
    tried = 0
    for place, account in enumerate(executed.accounts):
        if not getattr(account, part):
            continue
        tried += 1
        wrong, text = change(account)
        accounts = (*executed.accounts[:place], wrong, *executed.accounts[place + 1 :])
        assert executed.verdict(accounts) == f"account 0x{account.address.hex()}, {text}"
    assert tried


def test_accounts_that_are_missing_or_too_many_are_named(executed: Executed) -> None:
    more = [bytes(19) + b"\xee", b"\xff" * 20]
    for place, account in enumerate(executed.accounts):
        without = (*executed.accounts[:place], *executed.accounts[place + 1 :])
        assert executed.verdict(without) == f"account 0x{account.address.hex()} is missing"
    for address in more:
        accounts = tuple(sorted([*executed.accounts, AccountAccess(address)]))
        assert executed.verdict(accounts) == f"account 0x{address.hex()} is listed, and nothing accessed it"
    assert executed.verdict(()) == f"account 0x{executed.accounts[0].address.hex()} is missing"


def test_a_long_code_is_shown_in_part(executed: Executed) -> None:
    place, account = next((i, a) for i, a in enumerate(executed.accounts) if a.code_changes)
    index = account.code_changes[0][0]
    wrong = account._replace(code_changes=((index, b"\xab" * 100), *account.code_changes[1:]))
    said = executed.verdict((*executed.accounts[:place], wrong, *executed.accounts[place + 1 :]))
    assert f"code, index {index}: the list says 0x{'ab' * 64}… (100 bytes), and it is " in said


# Bytes that are no list

ADDRESS = b"\x11" * 20
EMPTY: list[Any] = [ADDRESS, [], [], [], [], []]


def with_field(place: int, value: Any) -> bytes:
    """A list of one account with another value in one field."""
    return rlp.encode([[*EMPTY[:place], value, *EMPTY[place + 1 :]]])


MALFORMED = {
    "no bytes": (b"", "there are no bytes"),
    "no RLP": (b"\xc2\x01", "a list ends after what it stands in"),
    "more behind": (b"\xc0\x00", "bytes follow the item"),
    "bytes": (b"\x80", "must be a list, but is bytes"),
    "account of bytes": (rlp.encode([b"\x01"]), "must be a list, but is bytes"),
    "too few fields": (rlp.encode([EMPTY[:5]]), "has not as many fields as it must have"),
    "too many fields": (rlp.encode([[*EMPTY, []]]), "has not as many fields as it must have"),
    "short address": (with_field(0, b"\x11" * 19), "is no address"),
    "address of a list": (with_field(0, []), "is no address"),
    "reads of bytes": (with_field(2, b""), "must be a list, but is bytes"),
    "slot of 33 bytes": (with_field(2, [b"\x01" * 33]), "is a number of too many bytes"),
    "slot with a zero in front": (with_field(2, [b"\x00\x01"]), "is a number that begins with a zero byte"),
    "changes of bytes": (with_field(1, b""), "must be a list, but is bytes"),
    "changed slot alone": (with_field(1, [[b"\x01"]]), "has not as many fields as it must have"),
    "changed slot of a list": (with_field(1, [[[], []]]), "must be a number, but is a list"),
    "changed slot without list": (with_field(1, [[b"\x01", b""]]), "must be a list, but is bytes"),
    "change of three": (with_field(1, [[b"\x01", [[b"\x01", b"", b""]]]]), "has not as many fields as it must have"),
    "index of five bytes": (with_field(3, [[b"\x01" * 5, b""]]), "is a number of too many bytes"),
    "balance of 33 bytes": (with_field(3, [[b"\x01", b"\x01" * 33]]), "is a number of too many bytes"),
    "nonce of nine bytes": (with_field(4, [[b"\x01", b"\x01" * 9]]), "is a number of too many bytes"),
    "code of a list": (with_field(5, [[b"\x01", []]]), "must be bytes, but is a list"),
    "account twice": (rlp.encode([EMPTY, EMPTY]), "is an account after a higher one, or after itself"),
    "accounts in no order": (
        rlp.encode([EMPTY, [bytes(20), *EMPTY[1:]]]),
        "is an account after a higher one, or after itself",
    ),
}


@pytest.mark.parametrize(("proposed", "reason"), MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_no_list_is_told_before_anything_is_executed(
    proposed: bytes, reason: str, executed: Executed, by_list: EvmEngine
) -> None:
    with pytest.raises(Rejection) as raised:
        decode_access_list(proposed)
    assert raised.value.code is Invalid.MALFORMED_ACCESS_LIST
    rejection = refused_list(proposed)
    assert rejection is not None
    assert rejection.code == "MALFORMED_ACCESS_LIST"
    assert reason in rejection.detail
    assert executed.ledger.verify(proposed) == rejection
    case = generate_block(AMSTERDAM, 8002, transactions=3)
    block = packed_block(Evm(AMSTERDAM), case.payload(), proposed)  # predicts nothing
    assert by_list.execute(block, world_of(case.state())).rejection is None


def test_a_hash_that_is_not_the_lists_goes_first(executed: Executed) -> None:
    right = executed.ledger.access_list
    for proposed, claimed in ((right, bytes(32)), (b"", bytes(32)), (b"\xc0", keccak256(right))):
        rejection = refused_list(proposed, claimed)
        assert rejection is not None
        assert rejection.code == "INVALID_BAL_HASH"
        assert f"the header says 0x{claimed.hex()}, and it is 0x{keccak256(proposed).hex()}" in rejection.detail
    assert refused_list(right, keccak256(right)) is None


def test_more_items_than_the_gas_limit_allows_go_before_a_difference(engine: EvmEngine) -> None:
    case = generate_block(AMSTERDAM, 8003, transactions=2)

    def ledger(gas_limit: int) -> BlockLedger:
        block = Payload(replace(case.environment, gas_limit=gas_limit), ())
        return engine.execute(packed_block(Evm(AMSTERDAM), block, None), world_of(case.state())).ledger

    items = ledger(30_000_000).access_list_items
    assert ledger(items * 2000).verify() is None
    for proposed in (None, b"\xc0"):
        rejection = ledger(items * 2000 - 1).verify(proposed)
        assert rejection is not None
        assert rejection.code == "ACCESS_LIST_TOO_LARGE"
        assert rejection.detail == f"{items} addresses and slots, and the gas limit allows {items - 1}"


def test_a_fork_without_lists_has_none(engine: EvmEngine) -> None:
    case = generate_block(BPO2, 8004, transactions=2)
    result = engine.execute(packed_block(Evm(BPO2), case.payload(), None), world_of(case.state()))
    assert result.rejection is None
    with pytest.raises(ValueError, match="no access list"):
        result.ledger.verify()
