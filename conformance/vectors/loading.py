"""Loading a vector strictly: YAML, schema, identity, ranges, and what can be recomputed from the file itself."""

from __future__ import annotations

import functools
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path as FilePath
from typing import Any, Final

from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import ValidationError

from samestate.conformance.errors import InputError
from samestate.conformance.hazards.known import HAZARDS
from samestate.conformance.vectors import evm
from samestate.conformance.vectors.accepting import Accepts, accepting
from samestate.conformance.vectors.document import SIZE_LIMIT, Object, Path, YamlDocument, quoted, read_yaml
from samestate.conformance.vectors.hexadecimal import length_of
from samestate.conformance.vectors.machines import machine_of
from samestate.conformance.vectors.model import POST_STATE, SELECTORS, Case, Vector, member, members, text, texts
from samestate.conformance.vectors.places import SCHEMA

PROBLEMS_SHOWN: Final = 8
PROBLEMS_LOOKED_AT: Final = 1000
"""Of a document in which everything is wrong."""

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
    "index": 64,
    "lamports": 64,
    "lamports_per_byte": 64,
    "lamports_per_signature": 64,
    "leader_schedule_slot_offset": 64,
    "limit_account": 64,
    "limit_allocation": 64,
    "limit_block": 64,
    "loaded_size": 64,
    "nonce": 64,
    "number": 64,
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
    problems = [] if fits_schema(content) else list(schema_problems(document))
    if problems or not isinstance(content, dict):
        raise InputError("\n".join(problems))
    problems += identity_problems(document, content)
    problems += range_problems(document)
    problems += length_problems(document)
    case, expected = split(content)
    if case.parent is not None and case.machine != evm.NAME:
        problems.append(f"{document.at(('parent',))}must not be there: blocks of the {case.machine} have no headers")
    forks = machine_of(case).forks
    for name, path in zip(case.forks, (("machine", "fork"), ("machine", "transition", "fork")), strict=False):
        if name not in forks:
            problems.append(f"{document.at(path)}no fork is called {quoted(name)}; known are {', '.join(forks)}")
    if not problems:
        problems += machine_of(case).problems(document, case, expected)
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
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    return load_vector(str(path), data)


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


# The schema


def _match_all(_validator: Any, pattern: str, value: object, _schema: object) -> Iterator[ValidationError]:
    """The keyword ``pattern``. Its `$` is the end of the text, as JSON Schema means it, and not the end of its line."""
    if isinstance(value, str) and not re.fullmatch(pattern, value):
        yield ValidationError(f"does not match {pattern}")


def _no_text_twice(_validator: Any, is_asked: bool, value: object, _schema: object) -> Iterator[ValidationError]:
    """The keyword ``uniqueItems`` for lists of strings, in time that does not grow with the square of their length."""
    texts = [element for element in value if isinstance(element, str)] if isinstance(value, list) else []
    if is_asked and len(set(texts)) < len(texts):
        yield ValidationError("has an element twice")


Validator: Final[Any] = validators.extend(  # type: ignore[no-untyped-call]
    Draft202012Validator, {"pattern": _match_all, "uniqueItems": _no_text_twice}
)


@functools.cache
def accepts() -> Accepts:
    """The schema of vectors as a function, which is quick and gives no reason."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return accepting(without_references(schema, schema))


def fits_schema(content: object) -> bool:
    """Whether the schema of vectors surely has nothing against a document."""
    return accepts()(content)


@functools.cache
def validator() -> Any:
    """The validator of the schema of vectors."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Validator(without_references(schema, schema))


def without_references(part: Any, schema: Any) -> Any:
    """Part of a schema with what it refers to in its place: following references takes most of a validator's time.

    A reference is replaced only where it stands alone, and no definition of ours refers to itself.
    """
    if isinstance(part, list):
        return [without_references(element, schema) for element in part]
    if not isinstance(part, dict):
        return part
    if set(part) == {"$ref"}:
        return without_references(schema["$defs"][part["$ref"].removeprefix("#/$defs/")], schema)
    return {name: without_references(value, schema) for name, value in part.items() if name != "$defs"}


@functools.lru_cache(maxsize=8)
def result_validator(machine: str) -> Any:
    """The validator of what an outside engine gives for a block: as under ``expect``, but nothing is required.

    Beside that it may hold what an engine alone gives: accounts instead of keys, and the state after the block.
    """
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    definitions = schema["$defs"]
    step = definitions[f"{machine}_step"]
    definitions[f"{machine}_valid"]["required"] = ["status"]
    step["required"] = ["step"]
    accounts = {"type": "array", "items": {"$ref": f"#/$defs/{machine}_account_name"}}
    step["properties"].update(read_accounts=accounts, changed_accounts=accounts)
    definitions[f"{machine}_valid"]["properties"][POST_STATE] = definitions[f"{machine}_vector"]["properties"]["pre"]
    return Validator(without_references(definitions[f"{machine}_expect"], schema))


def schema_problems(document: YamlDocument) -> Iterable[str]:
    """What the schema has against the document, the first few, in the order of the file."""
    found = list(itertools.islice(validator().iter_errors(document.content), PROBLEMS_LOOKED_AT))
    errors = sorted(found, key=lambda error: [str(p) for p in error.absolute_path])
    problems = list(dict.fromkeys(explain(document, error) for error in errors))
    yield from problems[:PROBLEMS_SHOWN]
    if len(problems) > PROBLEMS_SHOWN:
        at_least = "at least " if len(found) == PROBLEMS_LOOKED_AT else ""
        yield f"{document.place}: {at_least}{len(problems) - PROBLEMS_SHOWN} more problems"


def explain(document: YamlDocument, error: ValidationError) -> str:
    """A schema error in words: where, what is wrong, and what would be right."""
    path: Path = tuple(error.absolute_path)
    keyword, schema = error.validator, error.schema
    value: Any = error.instance
    limit: Any = error.validator_value
    where = document.at(path)
    right = schema.get("description", "") if isinstance(schema, Mapping) else ""
    if keyword == "additionalProperties" and isinstance(schema, Mapping) and isinstance(value, Mapping):
        known = schema.get("properties", {})
        unknown = sorted(name for name in value if name not in known)
        return f"{document.at((*path, unknown[0]))}unknown field; the fields here are {', '.join(known)}"
    if keyword == "required" and isinstance(value, Mapping):
        missing = [name for name in limit if name not in value]
        return f"{where or document.place + ': '}the field {missing[0]!r} is missing"
    if keyword != "type" and isinstance(value, str) and "propertyNames" in error.schema_path:
        return f"{document.at((*path, value))}the key must be {right}"
    if keyword == "uniqueItems":
        return f"{where}an element is there twice"
    if keyword == "minItems":
        return f"{where}must have at least {limit} elements, but has {len(value)}"
    if keyword == "maxItems":
        return f"{where}must have at most {limit} elements, but has {len(value)}"
    names = {"object": "a map", "array": "a list", "string": "a string"}
    wanted = names.get(str(schema.get("type", "")), "something else") if isinstance(schema, Mapping) else ""
    if keyword == "type":
        return f"{where}must be {wanted}{f' ({right})' if right else ''}, but is {describe(value)}"
    return f"{where}must be {right or wanted}, but is {describe(value)}"


def describe(value: object) -> str:
    """A part of a document for messages."""
    if isinstance(value, dict):
        return f"a map of {len(value)}"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    shown = str(value)
    return quoted(shown if len(shown) <= 80 else f"{shown[:77]}...")


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
    if re.search(rf"(^|[/:]){re.escape(needed)}\.ya?ml\Z", place.replace("\\", "/")):
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
