"""The loaders, under which programs of bytecode run: how far an instruction gets without any bytecode."""

# source: Agave, programs/bpf_loader/src/lib.rs

from __future__ import annotations

from typing import Final

from samestate.spec.machine import Rejection
from samestate.spec.svm.addresses import LOADER_V1, LOADER_V2, LOADER_V3, base58
from samestate.spec.svm.errors import InstructionError, InstructionErrorKind
from samestate.spec.svm.frame import Invocation
from samestate.spec.svm.programs.deployment import Deployment, deployment
from samestate.spec.svm.rejections import Invalid

LOADER_V1_UNITS: Final = 1_140
LOADER_V2_UNITS: Final = 570


def loader(invocation: Invocation) -> None:
    """Run a program of a loader, or the loader itself. Raises InstructionError, and Rejection where code would run."""
    if invocation.program == LOADER_V1:
        # rule: svm.loader.first-is-retired
        invocation.consume(LOADER_V1_UNITS)
        invocation.log("Deprecated loader is no longer supported")
        raise InstructionError(InstructionErrorKind.UNSUPPORTED_PROGRAM_ID)
    if invocation.program == LOADER_V2:
        # rule: svm.loader.second-is-retired
        invocation.consume(LOADER_V2_UNITS)
        invocation.log("BPF loader management instructions are no longer supported")
        raise InstructionError(InstructionErrorKind.UNSUPPORTED_PROGRAM_ID)
    if invocation.program == LOADER_V3:
        # rule: svm.loader.third-manages-code
        raise Rejection(Invalid.BYTECODE_NOT_SPECIFIED, "an instruction of loader v3")
    found = deployment(invocation.program_account(), invocation.program_datas, invocation.facts.slot)
    if found is not Deployment.BYTECODE:
        # rule: svm.loader.no-code
        invocation.log(found.value)
        raise InstructionError(InstructionErrorKind.UNSUPPORTED_PROGRAM_ID)
    # rule: svm.loader.code
    raise Rejection(Invalid.BYTECODE_NOT_SPECIFIED, base58(invocation.program))
