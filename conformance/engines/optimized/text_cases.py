"""State tests and blockchain tests as they are in the text of a document: what is to be executed, and what must hold.

Read here is only what is usual: fixtures of these two formats, with the fields that their fillers write. A test that
has anything else in it raises Unsure, and is read as fixtures otherwise are, by :mod:`samestate.conformance.fixtures`,
which says what is wrong with it if anything is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from samestate.conformance.engines.optimized.evm import plain_environment
from samestate.conformance.fixtures.blockchain_test import BlockEntry, block_entry, is_blockchain_test
from samestate.conformance.fixtures.cases import Skipped, parse_exceptions
from samestate.conformance.fixtures.engine_test import is_engine_test
from samestate.conformance.fixtures.fields import Fields
from samestate.conformance.fixtures.filling_tools import as_filled
from samestate.conformance.fixtures.forks import ForkSchedule, UnsupportedFork, parse_fork, parse_schedule
from samestate.conformance.fixtures.mistaken import MISTAKEN
from samestate.conformance.fixtures.rulesets import Rulesets, fields_shown
from samestate.conformance.fixtures.state_test import environment_of, is_state_test
from samestate.conformance.fixtures.strict_json import parse_json
from samestate.optimized.evm.fixture_text import FixtureText
from samestate.optimized.evm.packing import BlockEnvironment
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import AMSTERDAM

MAINNET: Final = 1

STATE_TEST: Final = frozenset({"_info", "config", "env", "post", "pre", "transaction"})
POST: Final = frozenset({"expectException", "hash", "indexes", "logs", "receipt", "state", "txbytes"})
BLOCKCHAIN_TEST: Final = frozenset(
    {
        "_info",
        "blocks",
        "config",
        "genesisBlockHeader",
        "genesisRLP",
        "lastblockhash",
        "network",
        "postState",
        "postStateHash",
        "pre",
        "sealEngine",
    }
)
BLOCK: Final = frozenset(
    {
        "blockAccessList",
        "blockHeader",
        "blocknumber",
        "chainname",
        "expectException",
        "receipts",
        "rlp",
        "rlp_decoded",
        "transactions",
        "uncleHeaders",
        "withdrawals",
    }
)
"""The fields of tests that are read, or that nobody reads."""

FORMATS: Final = frozenset({"blockchain_test", "state_test"})
INFORMATION: Final = ("fixture-format", "url", "filling-transition-tool")
"""What is asked of what a fixture says of how it was made."""


class Unsure(Exception):  # noqa: N818 - says what becomes of a test
    """A test that is not read here."""


@dataclass(frozen=True, slots=True)
class TextStateTest:
    """One transaction on the state ``pre``, and what a state test says of it, as values of the text where they stay there.

    ``indexes`` choose the transaction from the lists that the test has: data, gas limit and value.
    """

    text: FixtureText
    name: str
    fork: Fork
    environment: BlockEnvironment
    pre: int
    transaction: int
    indexes: tuple[int, int, int]
    indexes_written: int
    encoded: bytes
    exceptions: tuple[str, ...]
    state_root: bytes
    logs_hash: bytes
    receipt: int
    post: int


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A block of a blockchain test: its bytes, and the value of the text that says the same and more.

    ``expected`` is what else is read of it where it is invalid.
    """

    written: int
    encoded: bytes
    expected: BlockEntry | None


@dataclass(frozen=True, slots=True)
class TextBlockchainTest:
    """Blocks on a genesis, and what a blockchain test says of them, as values of the text where they stay there."""

    text: FixtureText
    name: str
    schedule: ForkSchedule
    chain_id: int
    genesis: bytes
    genesis_written: int
    pre: int
    blocks: tuple[TextBlock, ...]
    last_block_hash: bytes
    post: int
    post_state_root: bytes | None


TextCase = TextStateTest | TextBlockchainTest


def cases_in_text(
    text: FixtureText, place: str, name: str, value: int, rulesets: Rulesets
) -> list[TextCase | Skipped]:
    """The cases of a test, in the order of :func:`samestate.conformance.fixtures.load.cases_in`. Raises Unsure."""
    fields = dict(text.members(value))
    if fields.keys() <= STATE_TEST and is_state_test(fields) and not is_engine_test(fields):
        return list(_state_test(text, place, name, value, rulesets))
    if fields.keys() <= BLOCKCHAIN_TEST and is_blockchain_test(fields) and not is_engine_test(fields):
        return [_blockchain_test(text, place, name, value, rulesets)]
    raise Unsure


# What all tests have


def _demand(holds: object) -> None:
    """Raise Unsure unless it holds."""
    if not holds:
        raise Unsure


def _member(text: FixtureText, owner: int, name: str) -> int:
    """A member of an object. Raises Unsure where there is none."""
    value = text.find(owner, name.encode())
    _demand(value)
    return value


def _elements(text: FixtureText, value: int) -> list[int]:
    """The elements of a list. Raises Unsure where it is none."""
    elements = text.elements(value)
    if elements is None:
        raise Unsure
    return elements


def _data(text: FixtureText, value: int, length: int | None = None) -> bytes:
    """Bytes. Raises Unsure where there are none."""
    data = text.data(value)
    if data is None or (length is not None and len(data) != length):
        raise Unsure
    return data


def _information(text: FixtureText, test: int) -> dict[str, object]:
    """What a test says of how it was made, as far as anybody asks. Raises Unsure."""
    information = text.find(test, b"_info")
    found: dict[str, object] = {}
    for name in INFORMATION:
        value = text.find(information, name.encode()) if information else 0
        if value:
            found[name] = text.string(value)
            _demand(found[name] is not None)
    _demand(found.get("fixture-format") in {None, *FORMATS})
    return found


def _parsed(text: FixtureText, value: int) -> object:
    """A value as fixtures are read otherwise."""
    return parse_json(text.raw(value))


def _config(text: FixtureText, where: str, test: int) -> Fields | None:
    value = text.find(test, b"config")
    return Fields(f"{where}: config", _parsed(text, value)) if value else None


def _chain_id(config: Fields | None) -> int:
    return config.number("chainid") if config is not None and "chainid" in config else MAINNET


# State tests


def _state_test(
    text: FixtureText, place: str, name: str, test: int, rulesets: Rulesets
) -> Iterator[TextCase | Skipped]:
    where = f"{place}: {name}"
    pre, transaction = _member(text, test, "pre"), _member(text, test, "transaction")
    fixture = Fields(where, {"_info": _information(text, test)})
    config = _config(text, where, test)
    env = Fields(f"{where}: env", _parsed(text, _member(text, test, "env")))
    find = rulesets.named_by(fixture, AMSTERDAM.header_fields if "slotNumber" in env else None)
    posts = {network: _elements(text, value) for network, value in text.members(_member(text, test, "post"))}
    count = sum(map(len, posts.values()))
    _demand(count)
    for network, entries in posts.items():
        forks: list[tuple[Fork, BlockEnvironment]] = []
        for entry in entries:
            fields = dict(text.members(entry))
            _demand(fields.keys() <= POST)
            indexes_written = _member(text, entry, "indexes")
            indexes = _indexes(text, indexes_written)
            title = name if count == 1 else f"{name}[{network}-d{indexes[0]}g{indexes[1]}v{indexes[2]}]"
            try:
                if not forks:
                    fork = parse_fork(network, config, find)
                    environment = environment_of(env, fork, config)
                    forks.append((fork, plain_environment(environment, fork.deposit_contract)))
            except UnsupportedFork as unsupported:
                yield Skipped(place, title, str(unsupported))
                continue
            yield TextStateTest(
                text,
                title,
                *forks[0],
                pre,
                transaction,
                indexes,
                indexes_written,
                _data(text, _member(text, entry, "txbytes")),
                _exceptions(text, entry),
                _data(text, _member(text, entry, "hash"), 32),
                _data(text, _member(text, entry, "logs"), 32),
                text.find(entry, b"receipt"),
                text.find(entry, b"state"),
            )


def _indexes(text: FixtureText, value: int) -> tuple[int, int, int]:
    """Which data, gas limit and value are chosen, written as numbers. Raises Unsure."""
    data, gas, amount = (text.raw(_member(text, value, name)) for name in ("data", "gas", "value"))
    _demand(all(digits.isdigit() and len(digits) < 9 for digits in (data, gas, amount)))
    return int(data), int(gas), int(amount)


def _exceptions(text: FixtureText, entry: int) -> tuple[str, ...]:
    value = text.find(entry, b"expectException")
    if not value:
        return ()
    names = text.string(value)
    if names is None:
        raise Unsure
    return parse_exceptions(names)


# Blockchain tests


def _blockchain_test(text: FixtureText, place: str, name: str, test: int, rulesets: Rulesets) -> TextCase:
    where = f"{place}: {name}"
    information = _information(text, test)
    config = _config(text, where, test)
    genesis = _data(text, _member(text, test, "genesisRLP"))
    blocks = tuple(
        _block(text, f"{where}: blocks[{index}]", entry)
        for index, entry in enumerate(_elements(text, _member(text, test, "blocks")))
    )
    network = text.string(_member(text, test, "network")) or ""
    last = _data(text, _member(text, test, "lastblockhash"), 32)
    post, root = text.find(test, b"postState"), text.find(test, b"postStateHash")
    _demand(network and blocks and last not in MISTAKEN)
    fixture = Fields(where, {"_info": information})
    valid = (block.encoded for block in blocks if block.expected is None)
    shown = fields_shown((genesis, *valid)) if AMSTERDAM.name in network else None
    find = rulesets.named_by(fixture, shown)
    try:
        schedule = as_filled(parse_schedule(network, config, find), fixture)
    except UnsupportedFork as unsupported:
        raise Unsure from unsupported
    return TextBlockchainTest(
        text,
        name,
        schedule,
        _chain_id(config),
        genesis,
        _member(text, test, "genesisBlockHeader"),
        _member(text, test, "pre"),
        blocks,
        last,
        post,
        _data(text, root, 32) if root else None,
    )


def _block(text: FixtureText, where: str, entry: int) -> TextBlock:
    fields: Mapping[str, int] = dict(text.members(entry))
    _demand(fields.keys() <= BLOCK)
    if not text.find(entry, b"expectException"):
        _demand("rlp_decoded" not in fields)
        return TextBlock(entry, _data(text, _member(text, entry, "rlp")), None)
    # of an invalid block all is read as fixtures otherwise are: there are few, and most have something odd
    expected = block_entry(Fields(where, _parsed(text, entry)))
    return TextBlock(entry, expected.rlp, expected)
