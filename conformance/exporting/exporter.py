"""From a vector to the tests that it is in each form."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from samestate.conformance.errors import InputError
from samestate.conformance.exporting.blockchain_test import blockchain_test
from samestate.conformance.exporting.chain import ExportedChain
from samestate.conformance.exporting.engine_test import engine_test
from samestate.conformance.exporting.inexpressible import Inexpressible
from samestate.conformance.exporting.information import with_information
from samestate.conformance.exporting.json_values import JsonObject
from samestate.conformance.exporting.moving import moved
from samestate.conformance.exporting.state_test import state_test
from samestate.conformance.exporting.unmoved import unmoved
from samestate.conformance.vectors import evm
from samestate.conformance.vectors.model import Vector

STATE_TEST: Final = "state_test"
CHAIN_FORMS: Final[Mapping[str, Callable[[ExportedChain], JsonObject]]] = {
    "blockchain_test": blockchain_test,
    "blockchain_test_engine": engine_test,
}
"""The forms in which a chain is written."""

FOLDERS: Final[Mapping[str, str]] = {
    "blockchain_test": "blockchain_tests",
    "blockchain_test_engine": "blockchain_tests_engine",
    STATE_TEST: "state_tests",
}
"""The forms, and the folder of each in a release."""

NO_CLIENT: Final = "no client executes the toy machine"


@dataclass(frozen=True, slots=True)
class ExportedTest:
    """A vector, which was found at ``place``, in a form: where the file belongs, and its whole text."""

    place: str
    form: str
    path: PurePosixPath
    text: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A vector that a form cannot express, and why: what is the same for all alike, and what is its own."""

    form: str
    vector: str
    reason: str
    detail: str


def export(vector: Vector, sentence: str, forms: Sequence[str] = tuple(FOLDERS)) -> Iterator[ExportedTest | Refusal]:
    """The vector in each of the forms, or why it is not in it. ``sentence`` says what it is about."""
    chain: ExportedChain | Inexpressible | None = None
    for form in forms:
        try:
            if vector.case.machine != evm.NAME:
                raise Inexpressible(NO_CLIENT)
            if form == STATE_TEST:
                test = state_test(vector)
            else:
                chain = chain or chain_of(vector)
                if isinstance(chain, Inexpressible):
                    raise chain
                test = CHAIN_FORMS[form](chain)
        except Inexpressible as inexpressible:
            yield Refusal(form, vector.id, inexpressible.reason, inexpressible.detail)
        else:
            yield written(vector, form, test, sentence)


def chosen_forms(option: str, names: Sequence[str]) -> tuple[str, ...]:
    """The forms of these names, each once, or all. Raises InputError."""
    for name in names:
        if name not in FOLDERS:
            raise InputError(f"{option} {name}: no form is called so; known are {', '.join(FOLDERS)}")
    return tuple(dict.fromkeys(names)) or tuple(FOLDERS)


def chain_of(vector: Vector) -> ExportedChain | Inexpressible:
    """The vector as a chain, or why it is none: found out once for all forms."""
    try:
        return unmoved(vector) if evm.is_chain(vector.case) else moved(vector)
    except Inexpressible as inexpressible:
        return inexpressible


def written(vector: Vector, form: str, test: JsonObject, sentence: str) -> ExportedTest:
    """The file of a test: a JSON object with the test under its name."""
    network = str(test["network"]) if "network" in test else next(iter(networks_of(test)))
    _, _, below = vector.id.partition("/")
    path = PurePosixPath(FOLDERS[form], f"for_{network.lower()}", f"{below}.json")
    if ".." in path.parts:
        raise InputError(f"{vector.place}: id: must not lead out of a folder, but is {vector.id}")
    name = f"{vector.id}[fork_{network}-{form}]"
    content = {name: with_information(test, form, vector, sentence)}
    return ExportedTest(vector.place, form, path, json.dumps(content, indent=1) + "\n")


def networks_of(test: JsonObject) -> Iterator[str]:
    """The networks under ``post`` of a state test."""
    post = test["post"]
    assert isinstance(post, dict)
    yield from map(str, post)
