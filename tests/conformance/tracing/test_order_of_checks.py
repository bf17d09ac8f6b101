"""What is asked first of an instruction that a static context forbids, in both implementations.

Nobody but a trace tells which check it was that failed, as all of them cost the frame its gas; but a key that is
touched before the last check is in the access record. So what touches keys (SSTORE, CREATE, SELFDESTRUCT, a CALL with
value) asks for the context before gas, as EIP-7928 wants it of Amsterdam; LOG and TSTORE, which touch none, are paid
first, as EELS and geth have them. The stack comes before either everywhere.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from samestate.conformance.fixtures.forks import BY_NAME
from samestate.conformance.tracing.trace import TraceOptions
from samestate.conformance.tracing.traceable import TraceableBlock, trace_transaction
from samestate.spec.evm.environment import Environment
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.payload import Payload
from samestate.spec.evm.signature import address_of, sign
from samestate.spec.evm.state import FlatState
from samestate.spec.evm.transaction import LegacyTransaction

pytest.importorskip("samestate.optimized.built", reason="needs the compiled engine")

from samestate.conformance.tracing.compiled import trace_compiled

KEY = bytes(31) + b"\x01"
CALLER = bytes(19) + b"\xaa"
CALLEE = bytes(19) + b"\xbb"
COINBASE = bytes(19) + b"\xcc"
PUSH0 = "5f"

INSTRUCTIONS = {
    "SSTORE": ("55", 2),
    "TSTORE": ("5d", 2),
    "LOG0": ("a0", 2),
    "LOG4": ("a4", 6),
    "CREATE": ("f0", 3),
    "CREATE2": ("f5", 4),
    "SELFDESTRUCT": ("ff", 1),
}
"""By name: the opcode, and how many operands it has, which are all zero."""

TOO_LITTLE = 60
ENOUGH = 200_000

ENDINGS = [
    *((name, TOO_LITTLE, "WriteInStaticContext") for name in ("SSTORE", "CREATE", "CREATE2", "SELFDESTRUCT")),
    *((name, TOO_LITTLE, "OutOfGas") for name in ("TSTORE", "LOG0", "LOG4")),
    *((name, ENOUGH, "WriteInStaticContext") for name in INSTRUCTIONS),
]


def last_line_of_callee(fork: Fork, code: str, gas: int, trace: Callable[..., Any]) -> dict[str, Any]:
    """The last line of code that a static call runs with so much gas."""
    call = f"{PUSH0 * 4}60{CALLEE[-1]:02x}63{gas:08x}fa00"
    accounts = {address_of(KEY): {"balance": hex(10**18)}, CALLER: {"code": f"0x{call}"}, CALLEE: {"code": f"0x{code}"}}
    state = FlatState.from_alloc({f"0x{address.hex()}": account for address, account in accounts.items()})
    unsigned = LegacyTransaction(nonce=0, gas_price=10, gas_limit=1_000_000, to=CALLER, value=0, data=b"")
    environment = Environment(chain_id=1, number=1, timestamp=1, coinbase=COINBASE, gas_limit=10**8, base_fee_per_gas=7)
    payload = Payload(environment, (sign(unsigned, KEY),), is_bare=True)
    lines: list[str] = []
    assert trace(TraceableBlock(fork, payload, state), 0, lines.append, TraceOptions()) is None
    told = [json.loads(line) for line in "".join(lines).splitlines()]
    found: dict[str, Any] = next(line for line in reversed(told) if line.get("depth") == 2)
    return found


@pytest.mark.parametrize("trace", [trace_transaction, trace_compiled])
@pytest.mark.parametrize("fork", ["Cancun", "Amsterdam"])
@pytest.mark.parametrize(("name", "gas", "error"), ENDINGS)
def test_context_and_gas(fork: str, name: str, gas: int, error: str, trace: Callable[..., Any]) -> None:
    opcode, operands = INSTRUCTIONS[name]
    code = PUSH0 * operands + opcode
    line = last_line_of_callee(BY_NAME[fork], code, gas, trace)
    assert (line["opName"], line["error"]) == (name, error)


@pytest.mark.parametrize("trace", [trace_transaction, trace_compiled])
@pytest.mark.parametrize("name", INSTRUCTIONS)
def test_the_stack_comes_first(name: str, trace: Callable[..., Any]) -> None:
    opcode, operands = INSTRUCTIONS[name]
    line = last_line_of_callee(BY_NAME["Cancun"], PUSH0 * (operands - 1) + opcode, TOO_LITTLE, trace)
    assert (line["opName"], line["error"]) == (name, "StackUnderflow")


@pytest.mark.parametrize("trace", [trace_transaction, trace_compiled])
def test_a_call_with_value(trace: Callable[..., Any]) -> None:
    line = last_line_of_callee(BY_NAME["Cancun"], f"{PUSH0 * 4}6001{PUSH0 * 2}f1", TOO_LITTLE, trace)
    assert (line["opName"], line["error"]) == ("CALL", "WriteInStaticContext")
