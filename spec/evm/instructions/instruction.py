"""What an instruction is, and the decorator that makes one of a function.

Every instruction in this folder has the same four parts in the same order: stack, gas, operation, program counter.
How many items it takes and leaves is said in the decorator and checked by the interpreter before the function runs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from samestate.spec.evm.frame import STACK_LIMIT, Frame

Operation = Callable[[Frame], None]


class Instruction(NamedTuple):
    """One instruction of a fork.

    ``pops`` is the number of items it needs, ``limit`` the height of the stack above which it would overflow.
    """

    mnemonic: str
    pops: int
    limit: int
    run: Operation


def instruction(mnemonic: str, pops: int = 0, pushes: int = 0) -> Callable[[Operation], Instruction]:
    """Make an instruction of the function below, which takes ``pops`` items and leaves ``pushes``."""

    def make(run: Operation) -> Instruction:
        return Instruction(mnemonic, pops, STACK_LIMIT - max(0, pushes - pops), run)

    return make
