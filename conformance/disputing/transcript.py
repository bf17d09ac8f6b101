"""The transcript of a dispute: what it holds, and its one form as a file."""

from __future__ import annotations

import dataclasses
import json
import re
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar, Union

from samestate.conformance.disputing.position import Facts, Position, TransactionResult
from samestate.conformance.fixtures.strict_json import RefusedJson, parse_json
from samestate.spec.evm.environment import Environment
from samestate.spec.evm.forks import FORKS
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.rlp import MalformedRlp
from samestate.spec.evm.transaction import decode_transaction, encode_transaction
from samestate.spec.machine import Rejection

FORMAT: Final = "samestate dispute 1"
DEEPEST: Final = 32
LARGEST: Final = 256 * 2**20
"""Bytes of the largest file that is read."""
MOST_VALUES: Final = 2**22
"""The most commas and opening brackets, and so about the most values, of which each takes a hundred bytes of memory."""

Read = TypeVar("Read")


class Refused(Exception):  # noqa: N818 - says what became of it
    """A transcript does not prove what it says: where, and why."""


@dataclass(frozen=True, slots=True)
class DisputedBlock:
    """What both engines were given: rules by name, environment, transactions as they stand in a block, state root."""

    fork: str
    environment: Environment
    transactions: tuple[bytes, ...]
    state_root: bytes


@dataclass(frozen=True, slots=True)
class Move:
    """A question: what each engine is committed to after so many steps."""

    at: int
    claims: tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Halving:
    """From a history that both agree on to its end, about which they do not: so many steps, and every question."""

    steps: int
    start: bytes
    ends: tuple[bytes, bytes]
    moves: tuple[Move, ...]


@dataclass(frozen=True, slots=True)
class Transcript:
    """A dispute from its beginning to its verdict.

    ``transactions`` halves the block; ``before`` and ``agreed`` open what both engines are committed to before the
    transaction that is left, ``results`` what each is after it. ``instructions`` halves that transaction;
    ``before_ends`` opens its two ends. ``before_position`` and ``position`` open where both are before the step that is
    left, and ``claims`` where each says that it leads. ``verdict``: whether each is ``right`` or ``wrong``.
    """

    format: str
    engines: tuple[str, str]
    block: DisputedBlock
    transactions: Halving
    before: bytes
    agreed: TransactionResult
    results: tuple[TransactionResult, TransactionResult]
    instructions: Halving
    before_ends: tuple[bytes, bytes]
    before_position: bytes
    position: Position
    claims: tuple[bytes, bytes]
    verdict: tuple[str, str]


def block_of(facts: Facts) -> DisputedBlock:
    """The block as a transcript has it."""
    encoded = tuple(encode_transaction(transaction) for transaction in facts.transactions)
    return DisputedBlock(facts.fork.name, facts.environment, encoded, facts.state_root)


def facts_in(block: DisputedBlock) -> Facts:
    """The block to be executed. Raises Refused."""
    fork = next((each for each in FORKS if each.name == block.fork), None)
    if fork is None:
        names = ", ".join(each.name for each in FORKS)
        raise Refused(f"block.fork: must be one of {names}, and is {block.fork!r}")
    transactions = []
    for index, encoded in enumerate(block.transactions):
        try:
            transactions.append(decode_transaction(encoded))
        except (Rejection, MalformedRlp) as error:
            raise Refused(f"block.transactions[{index}]: {error}") from error
    return Facts(fork, block.environment, tuple(transactions), block.state_root)


def write_transcript(transcript: Transcript) -> bytes:
    """The transcript as a file: JSON with sorted keys and no spaces, its last field the hash of all others."""
    document = to_json(transcript)
    document["seal"] = "0x" + keccak256(canonical(document)).hex()
    return canonical(document)


def read_transcript(content: bytes) -> Transcript:
    """The transcript in a file. Raises Refused where it is none, or not in its one form."""
    if len(content) > LARGEST:
        raise Refused(f"the file has {len(content)} bytes: more than {LARGEST} are not read")
    refuse_nesting(content)
    try:
        document = parse_json(content, MOST_VALUES)
    except RefusedJson as error:
        raise Refused(f"the file: {error}") from error
    except ValueError as error:
        raise Refused(f"the file is no JSON: {error}") from error
    if not isinstance(document, dict):
        raise Refused("the file must hold a JSON object")
    seal = document.pop("seal", None)
    transcript = from_json(Transcript, document, "")
    if transcript.format != FORMAT:
        raise Refused(f"format: must be {FORMAT!r}, and is {transcript.format!r}")
    if seal != "0x" + keccak256(canonical(to_json(transcript))).hex():
        raise Refused("seal: is not the hash of the rest: the file was changed")
    if write_transcript(transcript) != content:
        raise Refused("the file is not in its one form: sorted keys, no spaces, the shortest hexadecimal numbers")
    return transcript


def refuse_nesting(content: bytes) -> None:
    """Raise Refused where lists and objects lie within each other so deeply that to read them takes the stack."""
    depth = 0
    for bracket in re.finditer(rb"[\[\]{}]", content):
        depth += 1 if bracket[0] in b"[{" else -1
        if depth > DEEPEST:
            raise Refused(f"the file is no transcript: lists and objects lie more than {DEEPEST} deep in each other")


def canonical(document: Any) -> bytes:
    """The one form of a JSON document."""
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def to_json(value: Any) -> Any:
    """A value as JSON: bytes and numbers in hexadecimal, what has fields as an object."""
    if isinstance(value, (str, bool, type(None))):
        return value
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, int):
        return hex(value)
    if isinstance(value, tuple):
        if hasattr(value, "_fields"):
            return {name: to_json(getattr(value, name)) for name in value._fields}
        return [to_json(each) for each in value]
    if isinstance(value, Mapping):
        return {to_json(key): to_json(each) for key, each in value.items()}
    return {field.name: to_json(getattr(value, field.name)) for field in dataclasses.fields(value)}


def from_json(kind: type[Read], value: Any, place: str) -> Read:
    """A value of that type. Raises Refused with the place of what is not."""
    return typing.cast(Read, _read(kind, value, place))


def _read(kind: Any, value: Any, place: str) -> Any:
    origin = typing.get_origin(kind)
    arguments = typing.get_args(kind)
    if origin in (Union, types.UnionType):
        (inner,) = (each for each in arguments if each is not type(None))
        return None if value is None else _read(inner, value, place)
    if kind in (str, bool):
        return value if type(value) is kind else _wrong(place, "a string" if kind is str else "true or false", value)
    if kind is bytes:
        return _bytes(value, place)
    if kind is int:
        return _number(value, place)
    if origin is tuple:
        return _tuple(arguments, value, place)
    if origin is not None:
        if not isinstance(value, dict):
            _wrong(place, "an object", value)
        pairs = value.items()
        return {_read(arguments[0], key, place): _read(arguments[1], each, f"{place}[{key}]") for key, each in pairs}
    return _fields(kind, value, place)


def _tuple(arguments: tuple[Any, ...], value: Any, place: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        _wrong(place, "a list", value)
    if arguments[-1] is Ellipsis:
        arguments = arguments[:1] * len(value)
    if len(arguments) != len(value):
        _wrong(place, f"a list of {len(arguments)}", value)
    return tuple(
        _read(kind, each, f"{place}[{index}]") for index, (kind, each) in enumerate(zip(arguments, value, strict=True))
    )


def _fields(kind: Any, value: Any, place: str) -> Any:
    if not isinstance(value, dict):
        _wrong(place, "an object", value)
    hints = typing.get_type_hints(kind)
    names = kind._fields if hasattr(kind, "_fields") else [field.name for field in dataclasses.fields(kind)]
    if set(value) != set(names):
        _wrong(place, f"an object with exactly the fields {', '.join(sorted(names))}", value)
    return kind(**{name: _read(hints[name], value[name], f"{place}.{name}".lstrip(".")) for name in names})


def _bytes(value: Any, place: str) -> bytes:
    if isinstance(value, str) and value.startswith("0x"):
        try:
            return bytes.fromhex(value[2:])
        except ValueError:
            pass
    return typing.cast(bytes, _wrong(place, "bytes in hexadecimal", value))


def _number(value: Any, place: str) -> int:
    if isinstance(value, str):
        try:
            number = int(value, 16)
        except ValueError:
            pass
        else:
            if hex(number) == value:
                return number
    return typing.cast(int, _wrong(place, "a number in hexadecimal", value))


def _wrong(place: str, wanted: str, value: Any) -> Any:
    shown = json.dumps(value)
    raise Refused(f"{place or 'the file'}: must be {wanted}, and is {shown if len(shown) < 100 else shown[:80] + '…'}")
