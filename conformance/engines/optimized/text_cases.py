"""State tests and blockchain tests as they are in the text of a document: what is to be executed, and what must hold.

Read here is only what is usual: fixtures of these two formats, with the fields that their fillers write. A test that
has anything else in it raises Unsure, and is read as fixtures otherwise are, by :mod:`samestate.conformance.fixtures`,
which says what is wrong with it if anything is.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from samestate.conformance.engines.optimized.evm import plain_environment
from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.blockchain_test import is_blockchain_test
from samestate.conformance.fixtures.cases import Skipped, parse_exceptions
from samestate.conformance.fixtures.choices import Rulesets
from samestate.conformance.fixtures.engine_test import is_engine_test
from samestate.conformance.fixtures.fields import Fields
from samestate.conformance.fixtures.filling_tools import as_filled
from samestate.conformance.fixtures.forks import ForkSchedule, UnsupportedFork, parse_fork, parse_schedule
from samestate.conformance.fixtures.mistaken import MISTAKEN
from samestate.conformance.fixtures.rulesets import fields_shown
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

KEPT: Final = 256
"""Of how many configurations and environments is remembered what they mean."""

Information: TypeAlias = tuple[tuple[str, str], ...]
"""What a fixture says of how it was made: pairs of name and text."""


class Unsure(Exception):  # noqa: N818 - says what becomes of a test
    """A test that is not read here."""


@dataclass(frozen=True, slots=True)
class TextStateTest:
    """One transaction on the state ``pre``, and what a state test says of it, as values of the text where they stay.

    ``indexes`` choose the transaction from the lists that the test has: data, gas limit and value.
    """

    text: FixtureText
    name: str
    fork: Fork
    environment: BlockEnvironment
    pre: int
    transaction: int
    indexes: tuple[int, int, int]
    encoded: bytes
    exceptions: tuple[str, ...]
    state_root: bytes
    logs_hash: bytes
    receipt: int
    post: int


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A block of a blockchain test: its bytes, the value of the text that has them, and the one that says the same.

    ``exceptions`` are the names of the rejections that would be right, none where the block is valid.
    """

    encoded: bytes
    exceptions: tuple[str, ...]
    written: int
    decoded: int


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


def cases_in_text(text: FixtureText, place: str, name: str, value: int, rulesets: Rulesets) -> list[TextCase | Skipped]:
    """The cases of a test, in the order of :func:`samestate.conformance.fixtures.load.cases_in`. Raises Unsure."""
    fields = dict(text.members(value))
    if fields.keys() <= STATE_TEST and is_state_test(fields) and not is_engine_test(fields):
        return list(_state_test(text, place, name, value, rulesets))
    if fields.keys() <= BLOCKCHAIN_TEST and is_blockchain_test(fields) and not is_engine_test(fields):
        return [_blockchain_test(text, name, value, rulesets)]
    raise Unsure


# What all tests have


def _demand(holds: object) -> None:
    """Raise Unsure unless it holds."""
    if not holds:
        raise Unsure


def _member(text: FixtureText, owner: int, name: bytes) -> int:
    """A member of an object. Raises Unsure where there is none."""
    value = text.find(owner, name)
    if not value:
        raise Unsure
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


def _string(text: FixtureText, value: int) -> str:
    """A string. Raises Unsure where it is none, or written with escapes."""
    string = text.string(value)
    if string is None:
        raise Unsure
    return string


def _exceptions(text: FixtureText, entry: int) -> tuple[str, ...]:
    value = text.find(entry, b"expectException")
    return parse_exceptions(_string(text, value)) if value else ()


def _information(text: FixtureText, test: int) -> Information:
    """What a test says of how it was made, as far as anybody asks. Raises Unsure."""
    information = text.find(test, b"_info")
    if not information:
        return ()
    found = tuple(
        (name, _string(text, value)) for name in INFORMATION if (value := text.find(information, name.encode()))
    )
    _demand(dict(found).get("fixture-format") in {None, *FORMATS})
    return found


def _config(text: FixtureText, test: int) -> bytes:
    """The text of a test's configuration, empty where it has none."""
    value = text.find(test, b"config")
    return text.written(value) if value else b""


def _fields(written: bytes) -> Fields:
    """An object as fixtures are read otherwise, but for where it stands: nothing is told of what is wrong."""
    return Fields("", parse_json(written))


def _chain_id(config: Fields | None) -> int:
    return config.number("chainid") if config is not None and "chainid" in config else MAINNET


# What tests of a document, and of many documents, say alike: read once


@functools.lru_cache(maxsize=KEPT)
def _fork_and_environment(
    network: str, config: bytes, information: Information, env: bytes, rulesets: Rulesets
) -> tuple[Fork, BlockEnvironment]:
    """The fork that a state test calls so, and its environment. Raises UnsupportedFork, and InputError."""
    block, chain = _fields(env), _fields(config) if config else None
    fixture = Fields("", {"_info": dict(information)})
    find = rulesets.named_by(fixture, AMSTERDAM.header_fields if "slotNumber" in block else None)
    fork = parse_fork(network, chain, find)
    return fork, plain_environment(environment_of(block, fork, chain), fork.deposit_contract)


@functools.lru_cache(maxsize=KEPT)
def _schedule_and_chain(
    network: str, config: bytes, information: Information, shown: int | None, rulesets: Rulesets
) -> tuple[ForkSchedule, int]:
    """The schedule of a blockchain test, and the number of its chain. Raises UnsupportedFork, and InputError."""
    chain = _fields(config) if config else None
    fixture = Fields("", {"_info": dict(information)})
    schedule = parse_schedule(network, chain, rulesets.named_by(fixture, shown))
    return as_filled(schedule, fixture), _chain_id(chain)


# State tests


def _state_test(
    text: FixtureText, place: str, name: str, test: int, rulesets: Rulesets
) -> Iterator[TextCase | Skipped]:
    information, config = _information(text, test), _config(text, test)
    env, pre, transaction = (
        _member(text, test, b"env"),
        _member(text, test, b"pre"),
        _member(text, test, b"transaction"),
    )
    posts = {network: _elements(text, value) for network, value in text.members(_member(text, test, b"post"))}
    count = sum(map(len, posts.values()))
    _demand(count)
    for network, entries in posts.items():
        for entry in entries:
            _demand(POST.issuperset(dict(text.members(entry))))
            indexes = _indexes(text, _member(text, entry, b"indexes"))
            title = name if count == 1 else f"{name}[{network}-d{indexes[0]}g{indexes[1]}v{indexes[2]}]"
            try:
                fork, environment = _fork_and_environment(network, config, information, text.written(env), rulesets)
            except UnsupportedFork as unsupported:
                yield Skipped(place, title, str(unsupported))
                continue
            except InputError as error:
                raise Unsure from error
            yield TextStateTest(
                text=text,
                name=title,
                fork=fork,
                environment=environment,
                pre=pre,
                transaction=transaction,
                indexes=indexes,
                encoded=_data(text, _member(text, entry, b"txbytes")),
                exceptions=_exceptions(text, entry),
                state_root=_data(text, _member(text, entry, b"hash"), 32),
                logs_hash=_data(text, _member(text, entry, b"logs"), 32),
                receipt=text.find(entry, b"receipt"),
                post=text.find(entry, b"state"),
            )


def _indexes(text: FixtureText, value: int) -> tuple[int, int, int]:
    """Which data, gas limit and value are chosen, written as numbers. Raises Unsure."""
    data, gas, amount = (text.raw(_member(text, value, name)) for name in (b"data", b"gas", b"value"))
    _demand(all(digits.isdigit() and len(digits) < 9 for digits in (data, gas, amount)))
    return int(data), int(gas), int(amount)


# Blockchain tests


def _blockchain_test(text: FixtureText, name: str, test: int, rulesets: Rulesets) -> TextCase:
    network = _string(text, _member(text, test, b"network"))
    genesis = _data(text, _member(text, test, b"genesisRLP"))
    blocks = tuple(_block(text, entry) for entry in _elements(text, _member(text, test, b"blocks")))
    last = _data(text, _member(text, test, b"lastblockhash"), 32)
    root = text.find(test, b"postStateHash")
    _demand(blocks and last not in MISTAKEN)
    valid = (block.encoded for block in blocks if not block.exceptions)
    shown = fields_shown((genesis, *valid)) if AMSTERDAM.name in network else None
    try:
        schedule, chain_id = _schedule_and_chain(
            network, _config(text, test), _information(text, test), shown, rulesets
        )
    except (UnsupportedFork, InputError) as error:
        raise Unsure from error
    return TextBlockchainTest(
        text=text,
        name=name,
        schedule=schedule,
        chain_id=chain_id,
        genesis=genesis,
        genesis_written=_member(text, test, b"genesisBlockHeader"),
        pre=_member(text, test, b"pre"),
        blocks=blocks,
        last_block_hash=last,
        post=text.find(test, b"postState"),
        post_state_root=_data(text, root, 32) if root else None,
    )


def _block(text: FixtureText, entry: int) -> TextBlock:
    _demand(BLOCK.issuperset(dict(text.members(entry))))
    return TextBlock(
        encoded=_data(text, _member(text, entry, b"rlp")),
        exceptions=_exceptions(text, entry),
        written=entry,
        decoded=text.find(entry, b"rlp_decoded") or entry,
    )
