"""The runtime's names of errors as it prints them, and as codes and receipts of vectors have them."""

from __future__ import annotations

import re
from typing import Final

WORD: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
SHORT_INSTRUCTION_ERROR: Final = re.compile(r"ix(\d+) (.*)", re.DOTALL)

INSTRUCTION_ERROR: Final = "InstructionError"
FEES_ONLY: Final = frozenset(
    {"MaxLoadedAccountsDataSizeExceeded", "ProgramAccountNotFound", "InvalidProgramForExecution"}
)
"""Errors of transactions that pay their fee and are not executed."""


def code_of(error: str) -> str:
    """The code of the rejection that an error is: ``DuplicateInstruction(1)`` is ``DUPLICATE_INSTRUCTION``.

    An instruction has one error alone before anything is executed: data that the compute budget does not understand.
    """
    name = re.split(r"[ ({]", error, maxsplit=1)[0]
    if name == INSTRUCTION_ERROR:
        return "INSTRUCTION_ERROR_INVALID_INSTRUCTION_DATA"
    return WORD.sub("_", name).upper()


def printed(error: str) -> str:
    """An error as the runtime prints it, of one that is written short: ``ix0 Custom(1)``."""
    short = SHORT_INSTRUCTION_ERROR.fullmatch(error)
    return f"{INSTRUCTION_ERROR}({short[1]}, {short[2]})" if short else error
