"""`samestate generate`: write a vector that a seed makes."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Annotated, Final

import typer

from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.forks import BY_NAME
from samestate.conformance.generating import toy as toy_generator
from samestate.conformance.generating.evm import generate_block
from samestate.conformance.generating.plans import generate_plan
from samestate.conformance.generating.signed_blocks import SCHEMES, SigningPlan, signed_block
from samestate.conformance.generating.svm.blocks import ChainPlan, generate_chain
from samestate.conformance.generating.toy_case import with_access_list
from samestate.conformance.generating.vector import evm_case, name_for, toy_case, vector_text, write_vector
from samestate.conformance.vectors import chains, evm, svm, toy
from samestate.conformance.vectors.document import SIZE_LIMIT
from samestate.conformance.vectors.fork_names import fork_name
from samestate.conformance.vectors.machines import MACHINES, execute
from samestate.conformance.vectors.model import Case
from samestate.conformance.vectors.model import transactions as block_transactions
from samestate.spec.svm.rulesets import RULESETS

MOST_TRANSACTIONS: Final = 10_000
"""Of the toy machine so many are a vector that `check` takes; the EVM's are longer."""
LATEST: Final = "Amsterdam"
LATEST_RULESET: Final = [*RULESETS][-1]
LEAST_SLOTS: Final = 40
SLOTS_PER_TRANSACTION: Final = 4


def generate(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The file, NAME.yaml.", show_default=False)
    ],
    machine: Annotated[
        str, typer.Option(metavar="MACHINE", help="toy, evm, svm, or chains: several of them.")
    ] = toy.NAME,
    txs: Annotated[int, typer.Option(metavar="N", min=0, max=MOST_TRANSACTIONS, help="How many transactions.")] = 20,
    conflict: Annotated[
        float, typer.Option(metavar="SHARE", help="The share of transactions that conflict, 0 to 1.")
    ] = 0.2,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="What the block is made from.")] = 0,
    fork: Annotated[
        str | None,
        typer.Option(metavar="FORK", help="The fork or ruleset, the newest unless given."),
    ] = None,
    access_list: Annotated[bool, typer.Option("--access-list", help="The block carries its access list.")] = False,
) -> None:
    """Make a block from a seed, execute it on the specification, and write both as a vector.

    toy: exactly so many transactions read, other than by fees, what an earlier one wrote; under `--fork signed` they
    are signed. evm: each transaction works on accounts that others share with that probability, and what would be
    rejected is left out. svm: the same.
    chains: a plan of chains and messages, with about so many transactions; they conflict as they happen to.
    """
    if not 0 <= conflict <= 1:
        raise InputError(f"--conflict {conflict:g}: must be between 0 and 1")
    name = name_for("--output", output)
    case = make_case(name, machine, txs, conflict, seed, fork, access_list)
    expected = execute(case)
    options = f"--machine {machine} --txs {txs} --conflict {exact(conflict)} --seed {seed}"
    has_fork = machine in (evm.NAME, svm.NAME) or case.fork == toy.SIGNED
    options += (f" --fork {case.fork}" if has_fork else "") + (" --access-list" if access_list else "")
    text = vector_text(case, expected, f"generated.{machine}", f"Written by `samestate generate {options}`.")
    refuse_length(txs, len(text.encode()))
    write_vector("--output", output, text)
    print(f"{output}: {sum(len(block_transactions(block)) for block in case.blocks)} transactions, {len(text)} bytes")


def exact(share: float) -> str:
    """A number in as few digits as give it again."""
    short = f"{share:g}"
    return short if float(short) == share else repr(share)


def refuse_length(transactions: int, size: int) -> None:
    """Raise InputError where a vector is longer than `check` reads."""
    if size > SIZE_LIMIT:
        fitting = transactions * SIZE_LIMIT // size
        raise InputError(
            f"--txs {transactions}: the vector would have {size} bytes, and `check` takes at most {SIZE_LIMIT}; "
            f"about {fitting} transactions fit"
        )


def make_case(
    name: str, machine: str, transactions: int, conflict: float, seed: int, fork: str | None, access_list: bool
) -> Case:
    """The case that the options describe. Raises InputError."""
    if machine == toy.NAME:
        is_signed = fork is not None and fork_name(fork, toy.NAME) == toy.SIGNED
        slots = max(LEAST_SLOTS, SLOTS_PER_TRANSACTION * transactions)
        made = toy_generator.generate_block(seed, transactions, conflict, toy_generator.Workload(keys=slots))
        block, state = made.blocks[0], made.state
        if is_signed:
            block, state = signed_block(Random(f"generate {seed}"), block, state, SigningPlan(schemes=SCHEMES))
        return toy_case(name, with_access_list(block, state) if access_list else block, state)
    if machine not in MACHINES:
        raise InputError(f"--machine {machine}: must be one of {', '.join(MACHINES)}")
    if machine == chains.NAME:
        if access_list or fork is not None:
            raise InputError("--machine chains: has neither --fork nor --access-list: each chain has a fork of its own")
        return generate_plan(name, seed, transactions)
    if machine == svm.NAME:
        if access_list:
            raise InputError(f"--access-list: blocks of {svm.NAME} have none: transactions declare their accounts")
        ruleset = RULESETS[fork_name(fork, svm.NAME) if fork is not None else LATEST_RULESET]
        return generate_chain(name, seed, ChainPlan(ruleset, transactions=transactions, conflict=conflict))
    fork = fork_name(fork or LATEST, evm.NAME)
    if access_list and not BY_NAME[fork].has_access_list:
        raise InputError(f"--access-list: {fork} has no block access lists")
    return evm_case(name, generate_block(BY_NAME[fork], seed, transactions, conflict), access_list)
