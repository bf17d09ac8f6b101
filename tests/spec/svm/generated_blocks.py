"""Blocks of generated chains, each with the state that it begins with."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from samestate.conformance.generating.svm.blocks import generate_chain, plan_of
from samestate.conformance.vectors import svm
from samestate.spec.machine import Rejection
from samestate.spec.svm.block import Block
from samestate.spec.svm.machine import Svm
from samestate.spec.svm.rejections import Invalid
from samestate.spec.svm.ruleset import SvmRuleset
from samestate.spec.svm.state import SvmState


def generated_blocks(
    seed: int, ruleset: SvmRuleset, transactions: int, conflict: float
) -> Iterator[tuple[Svm, Block, SvmState]]:
    """The blocks of a chain, valid or not; those with what is no transaction, or a wrong signature, are left out."""
    case = generate_chain("blocks", seed, plan_of(Random(seed), ruleset, transactions, conflict))
    verifying, state, bank = svm.read_case(case)
    machine = Svm(verifying.ruleset, verifies_signatures=False)
    for written in case.blocks:
        try:
            block = svm.read_block(written, state, bank)
        except Rejection:
            continue
        before = state
        expect, state, bank = svm.execute_block(written, verifying, state, bank)
        if expect["status"] != Invalid.SIGNATURE_FAILURE.name:
            yield machine, block, before
