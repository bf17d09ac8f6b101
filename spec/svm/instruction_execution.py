"""Executing one instruction: finding its program, and having it run."""

# source: Agave, svm/src/message_processor.rs, program-runtime/src/invoke_context.rs, process_executable_chain

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from samestate.spec.machine import Rejection
from samestate.spec.svm.addresses import (
    COMPUTE_BUDGET,
    LOADER_V1,
    LOADER_V2,
    LOADER_V3,
    NATIVE_LOADER,
    SYSTEM,
    VOTE,
    ZK_ELGAMAL_PROOF,
    base58,
)
from samestate.spec.svm.errors import InstructionError, InstructionErrorKind
from samestate.spec.svm.frame import Execution, Invocation
from samestate.spec.svm.logs import failed, invoked, succeeded
from samestate.spec.svm.precompiles import PRECOMPILES
from samestate.spec.svm.programs.compute_budget import compute_budget_program
from samestate.spec.svm.programs.loaders import loader
from samestate.spec.svm.programs.system import system_program
from samestate.spec.svm.programs.vote import vote_program
from samestate.spec.svm.rejections import Invalid

TOP_LEVEL: Final = 1
"""The depth of an instruction of the transaction itself."""


def zk_elgamal_proof_program(invocation: Invocation) -> None:
    """A program of the runtime that this machine leaves out."""
    # rule: svm.program.zk-elgamal-proof
    raise Rejection(Invalid.BYTECODE_NOT_SPECIFIED, "an instruction of the ZK ElGamal proof program")


BUILTIN_PROGRAMS: Final[Mapping[bytes, Callable[[Invocation], None]]] = MappingProxyType(
    {
        SYSTEM: system_program,
        COMPUTE_BUDGET: compute_budget_program,
        VOTE: vote_program,
        LOADER_V1: loader,
        LOADER_V2: loader,
        LOADER_V3: loader,
        ZK_ELGAMAL_PROOF: zk_elgamal_proof_program,
    }
)
"""The programs that are part of the runtime. A loader runs the programs that it owns."""


def execute_instruction(execution: Execution, place: int) -> None:
    """Run the instruction of that place. Raises InstructionError where it fails, Rejection if it is not specified."""
    invocation = Invocation(execution, place)
    check = PRECOMPILES.get(invocation.program)
    if check is not None:
        # rule: svm.instruction.precompile
        check(invocation.data, [instruction.data for instruction in execution.transaction.instructions])
        return
    owner = invocation.program_account().owner
    # rule: svm.instruction.program-or-its-loader
    program = BUILTIN_PROGRAMS.get(invocation.program if owner == NATIVE_LOADER else owner)
    if program is None:
        # rule: svm.instruction.unsupported-program
        raise InstructionError(InstructionErrorKind.UNSUPPORTED_PROGRAM_ID)
    before = execution.total_lamports()
    name = base58(invocation.program)
    # rule: svm.instruction.logs
    invocation.log(invoked(name, TOP_LEVEL))
    try:
        program(invocation)
    except InstructionError as error:
        invocation.log(failed(name, error.text))
        raise
    invocation.log(succeeded(name))
    if execution.total_lamports() != before:
        # rule: svm.instruction.unbalanced
        # source: Agave, transaction-context/src/transaction.rs, pop
        raise InstructionError(InstructionErrorKind.UNBALANCED_INSTRUCTION)
