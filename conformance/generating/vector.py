"""Generated blocks as cases and as vectors: what scenarios are to `samestate fill`, a seed is to these."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from samestate.conformance.errors import InputError
from samestate.conformance.generating.case import GeneratedCase
from samestate.conformance.output.targets import write_whole
from samestate.conformance.vectors import chains, evm, svm, toy
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.evm.case import write_account
from samestate.conformance.vectors.model import FORMAT, Case
from samestate.conformance.vectors.places import SUFFIX
from samestate.conformance.vectors.writing import write_yaml
from samestate.spec.toy.block import Block
from samestate.spec.toy.state import ToyState

GENERATOR: Final = "samestate-generate/1"
FOLDER: Final = "generated"
NAME: Final = re.compile(r"[a-z0-9_.-]+")


def toy_case(name: str, block: Block, state: ToyState) -> Case:
    """A toy block and the state before it as a case."""
    return Case(
        id=f"{toy.NAME}/{FOLDER}/{name}",
        machine=toy.NAME,
        fork=toy.fork_of(block),
        params=toy.params_of(block),
        selectors=frozenset(),
        pre=toy.write_state(state),
        blocks=(toy.write_block(block),),
    )


def evm_case(name: str, generated: GeneratedCase, with_access_list: bool = False) -> Case:
    """A generated block of the EVM as a case; with its block access list, where the fork has them and it is wished."""
    fork = generated.fork
    block: Object = {
        "env": evm.write_environment(fork, generated.environment),
        "txs": [evm.write_transaction(raw) for raw in generated.transactions],
    }
    if evm.block_fields(fork)["withdrawals"]:
        block["withdrawals"] = [evm.write_withdrawal(withdrawal) for withdrawal in generated.withdrawals]
    if evm.block_fields(fork)["ommers"]:
        block["ommers"] = []
    case = Case(
        id=f"{evm.NAME}/{FOLDER}/{name}",
        machine=evm.NAME,
        fork=fork.name.replace(" ", ""),
        params={"chain_id": str(generated.chain_id)},
        selectors=frozenset(),
        pre={address: write_account(generated.pre[address]) for address in sorted(generated.pre)},
        blocks=(block,),
    )
    if with_access_list and fork.has_access_list:
        (expect,) = evm.execute(case)
        if "block_access_list" in expect:
            block = {**block, "block_access_list": expect["block_access_list"]}
            return dataclasses.replace(case, blocks=(block,))
    return case


def with_selectors(case: Case, expected: Sequence[Object]) -> Case:
    """The case with the selectors that its blocks and what comes of them make necessary."""
    if case.machine == toy.NAME:
        needed = toy.needed_selectors(case.pre, case.blocks, expected)
    elif case.machine == svm.NAME:
        needed = svm.needed_selectors(case, expected)
    elif case.machine == chains.NAME:
        needed = chains.needed_selectors(case.blocks, expected)
    else:
        needed = evm.needed_selectors(evm.fork_of(case), case.pre, case.blocks, expected)
    return dataclasses.replace(case, selectors=frozenset(needed))


def vector_text(case: Case, expected: Sequence[Object], origin: str, header: str) -> str:
    """The case as a vector. ``origin`` names what made it, in small letters, digits, dots and underscores."""
    content: Object = {
        "format": FORMAT,
        "id": case.id,
        "machine": {"name": case.machine, "fork": case.fork, "params": dict(case.params)},
        "rules": [],
        "hazards": [],
        "selectors": [*sorted(with_selectors(case, expected).selectors)],
        "pre": case.pre,
        "blocks": [{**block, "expect": expect} for block, expect in zip(case.blocks, expected, strict=True)],
        "provenance": {"scenario": origin, "generator": GENERATOR, "accounts": {}},
    }
    return write_yaml(content, {}, header)


def name_for(option: str, target: Path) -> str:
    """The name of a vector in that file, which is the last part of its id. Raises InputError."""
    if target.suffix != SUFFIX or not NAME.fullmatch(target.stem):
        raise InputError(
            f"{option} {target}: must be called NAME{SUFFIX}, with small letters, digits, '_', '.' and '-' in NAME"
        )
    return target.stem


def write_vector(option: str, target: Path, text: str) -> None:
    """Write a vector, and the folders above it where they are not there. Raises InputError."""
    write_whole(option, target, text, make_folders=True)
