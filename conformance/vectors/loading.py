"""Loading a vector strictly: YAML, schema, identity, ranges, and what can be recomputed from the file itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path as FilePath
from typing import Any, Final

from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.input_files import read_input
from samestate.conformance.hazards.known import HAZARDS
from samestate.conformance.vectors import evm
from samestate.conformance.vectors.document import SIZE_LIMIT, Object, YamlDocument, quoted, read_yaml
from samestate.conformance.vectors.fitting import fits_schema
from samestate.conformance.vectors.hexadecimal import length_of
from samestate.conformance.vectors.machines import MACHINES, machine_of
from samestate.conformance.vectors.model import SELECTORS, Case, Vector, member, members, text, texts
from samestate.conformance.vectors.places import SUFFIXES

FILLED: Final = "samestate-fill/"
"""How the generator of a vector is called whose place is in the folder of vectors; others may lie anywhere."""

BITS: Final[Mapping[str, int]] = {
    "amount": 64,
    "base_fee_per_gas": 256,
    "blob_gas_used": 64,
    "block_cost": 64,
    "burnt": 64,
    "chain_id": 256,
    "cost": 64,
    "critical_path": 32,
    "critical_path_gas": 64,
    "cumulative_gas_used": 64,
    "deposited": 64,
    "difficulty": 256,
    "excess_blob_gas": 64,
    "execution_gas": 64,
    "fee": 64,
    "first_log": 64,
    "first_normal_epoch": 64,
    "first_normal_slot": 64,
    "gas_limit": 64,
    "gas_price": 64,
    "gas_used": 64,
    "hashes": 64,
    "hashes_per_tick": 64,
    "height": 64,
    "index": 64,
    "lamports": 64,
    "lamports_per_byte": 64,
    "lamports_per_signature": 64,
    "leader_schedule_slot_offset": 64,
    "latency": 32,
    "limit_account": 64,
    "limit_allocation": 64,
    "limit_block": 64,
    "loaded_size": 64,
    "messages_per_block": 32,
    "nonce": 64,
    "number": 64,
    "place": 32,
    "priority": 64,
    "priority_fee": 64,
    "signature_count": 64,
    "signatures": 64,
    "slot": 64,
    "slot_number": 64,
    "slot_time": 32,
    "slots_per_epoch": 64,
    "state_gas": 64,
    "ticks_per_slot": 64,
    "times": 32,
    "timestamp": 64,
    "total_difficulty": 256,
    "transaction": 32,
    "type": 7,
    "units": 64,
    "unix_timestamp": 63,
    "validator_index": 64,
}
"""How many bits the decimal numbers of a field may have."""


def load_vector(place: str, data: bytes) -> Vector:
    """The vector in ``data``. Raises InputError with everything that is wrong, each where it stands."""
    document = read_yaml(place, data)
    content = document.content
    problems = [] if fits_schema(content) else what_the_schema_has_against(document)
    if problems or not isinstance(content, dict):
        raise InputError("\n".join(problems))
    problems += identity_problems(document, content)
    problems += range_problems(document)
    problems += length_problems(document)
    case, expected = split(content)
    if case.parent is not None and case.machine != evm.NAME:
        problems.append(f"{document.at(('parent',))}must not be there: blocks of the {case.machine} have no headers")
    machine = machine_of(case)
    forks = MACHINES[machine.name]
    for name, path in zip(case.forks, (("machine", "fork"), ("machine", "transition", "fork")), strict=False):
        if name not in forks:
            problems.append(f"{document.at(path)}no fork is called {quoted(name)}; known are {', '.join(forks)}")
    if not problems:
        problems += machine.problems(document, case, expected)
    if problems:
        raise InputError("\n".join(problems))
    provenance = member(content, "provenance")
    return Vector(
        place=place,
        case=case,
        rules=tuple(texts(content, "rules")),
        hazards=tuple(texts(content, "hazards")),
        expected=expected,
        names={str(address): name for name, address in member(provenance, "accounts").items()},
        note=place_note(place, case.id, text(provenance, "generator").startswith(FILLED)),
    )


def load_vector_file(path: FilePath) -> Vector:
    """The vector in a file. Raises InputError."""
    return load_vector(str(path), read_input(str(path), path, SIZE_LIMIT))


def what_the_schema_has_against(document: YamlDocument) -> list[str]:
    """See :func:`.schema_problems.schema_problems`. What that needs takes a while to import, and is seldom asked."""
    from samestate.conformance.vectors.schema_problems import schema_problems

    return list(schema_problems(document))


def split(content: Object) -> tuple[Case, tuple[Object, ...]]:
    """The case in the content of a vector, and what is expected of each block."""
    machine = member(content, "machine")
    blocks = members(content, "blocks")
    case = Case(
        id=text(content, "id"),
        machine=text(machine, "name"),
        fork=text(machine, "fork"),
        params={name: str(value) for name, value in member(machine, "params").items()},
        selectors=frozenset(texts(content, "selectors")),
        pre=member(content, "pre"),
        blocks=tuple({name: value for name, value in block.items() if name != "expect"} for block in blocks),
        parent=member(content, "parent") if "parent" in content else None,
        transition=member(machine, "transition") if "transition" in machine else None,
    )
    return case, tuple(member(block, "expect") for block in blocks)


# What a schema cannot say


def identity_problems(document: YamlDocument, content: Object) -> Iterable[str]:
    """The id begins with the machine, the hazards and selectors are known ones, and lists are in order."""
    identity = text(content, "id")
    if identity.split("/")[0] != text(member(content, "machine"), "name"):
        yield f"{document.at(('id',))}must begin with the name of the machine"
    for index, name in enumerate(texts(content, "selectors")):
        if name not in SELECTORS:
            known = ", ".join(sorted(SELECTORS))
            yield f"{document.at(('selectors', index))}{quoted(name)} is not known; known are {known}"
    for index, name in enumerate(texts(content, "hazards")):
        if name not in HAZARDS:
            where = document.at(("hazards", index))
            yield f"{where}no hazard has the id {quoted(name)}: `samestate hazards` lists them"
    for field in ("hazards", "selectors", "rules"):
        if texts(content, field) != sorted(texts(content, field)):
            yield f"{document.at((field,))}must be in alphabetical order"


def place_note(place: str, identity: str, is_filled: bool) -> str:
    """What to say of a file that does not stand where its id says: a copy, or one that was renamed.

    It is the same case wherever it stands. What `fill` wrote has its whole path below `vectors/` for an id, of others
    the last part is the name of the file.
    """
    needed = identity if is_filled else identity.rsplit("/", 1)[-1]
    shown = place.replace("\\", "/")
    for name in (f"{needed}{suffix}" for suffix in SUFFIXES):
        if shown == name or shown.endswith((f"/{name}", f":{name}")):
            return ""
    return f"{place}: is not where its id says, and is called by that: {identity}"


def length_problems(document: YamlDocument) -> Iterable[str]:
    """Bytes in parts that would come to more than any document may have."""
    for path in document.marks:
        if path and path[-1] == "raw" and path[0] == "blocks":
            value: Any = document.content
            for part in path:
                value = value[part]
            if isinstance(value, list) and length_of(value) > SIZE_LIMIT:
                yield f"{document.at(path)}must have at most {SIZE_LIMIT} bytes, but has {length_of(value)}"


def range_problems(document: YamlDocument) -> Iterable[str]:
    """Decimal numbers that do not fit their field."""
    for path in document.marks:
        name = path[-1] if path else ""
        if isinstance(name, str) and name in BITS and path[0] in ("machine", "parent", "pre", "blocks"):
            value: Any = document.content
            for part in path:
                value = value[part]
            if isinstance(value, str) and value.isdecimal() and int(value) >> BITS[name]:
                yield f"{document.at(path)}must fit into {BITS[name]} bits, but is {quoted(value)}"
