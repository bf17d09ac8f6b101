"""The four ways to run another account's code."""

# source: yellow paper, appendix H.2

from __future__ import annotations

from typing import NamedTuple

from samestate.spec.evm import gas
from samestate.spec.evm.frame import CALL_DEPTH_LIMIT, Frame, Message, to_address
from samestate.spec.evm.instructions.access import account_access_cost, warm_account
from samestate.spec.evm.instructions.instruction import instruction
from samestate.spec.evm.interpreter import process_message


class Callee(NamedTuple):
    """The code that a call will run, where it is from, and what finding it cost beyond the access to the account."""

    code: bytes
    is_delegated: bool
    gas: int


def find_callee(frame: Frame, address: bytes, price: int) -> Callee:
    """The code of ``address``, by way of its delegation where it has one (EIP-7702).

    ``price`` is what the call costs so far: the delegation's target is accessed only once that can be afforded too.
    """
    fork = frame.context.fork
    if address in fork.precompiles:
        # rule: evm.call.precompile-reads-no-code
        # source: yellow paper, section 8
        return Callee(b"", False, 0)
    # rule: evm.call.reads-code
    # source: yellow paper, section 8
    code = frame.world.code(address)
    target = fork.delegation_target(code)
    if target is None:
        return Callee(code, False, 0)
    # rule: evm.call.delegation-access
    # source: EIP-7702, Gas Costs
    cost = account_access_cost(frame, target)
    frame.require(price + cost)
    warm_account(frame, target)
    if target in fork.precompiles:
        # rule: evm.call.delegation-to-precompile
        # source: EIP-7702, Precompiles
        return Callee(b"", True, cost)
    return Callee(frame.world.code(target), True, cost)


def charge_call(frame: Frame, address: bytes, value: int, memory: int, creates_account: bool) -> Callee:
    """Pay for a call, apart from the forwarded gas, and find the code that it runs. Until Amsterdam."""
    price = memory + account_access_cost(frame, address)
    if value:
        # rule: evm.call.value-gas
        price += frame.context.fork.call_value_gas
    frame.require(price)
    warm_account(frame, address)
    if creates_account and value and frame.world.is_empty(address):
        # rule: evm.call.new-account-gas
        # source: EIP-161, specification b
        price += gas.NEW_ACCOUNT
    callee = find_callee(frame, address, price)
    frame.charge(price + callee.gas)
    return callee


def begin_call(
    frame: Frame, address: bytes, value: int, creates_account: bool, requested: int, memory: int
) -> tuple[Callee, int]:
    """The gas part that all four share: access, value, new account, delegation, and the forwarded gas.

    ``memory`` is the price of expanding memory; ``requested`` the gas that the caller would like to give. Gives the
    code to run and the forwarded gas, the stipend not included.
    """
    callee = frame.context.fork.charge_call(frame, address, value, memory, creates_account)
    # rule: evm.call.forwarded-gas
    # source: EIP-150, specification
    forwarded = min(requested, gas.all_but_one_64th(frame.gas_left))
    frame.charge(forwarded)
    return callee, forwarded


def finish_call(frame: Frame, message: Message, output_offset: int, output_size: int, offers: int = 0) -> None:
    """The operation that all four share: run the message and take its result, or fail before it begins.

    ``offers`` is the value in wei that this account must have for the call to begin.
    """
    frame.expand(output_offset, output_size)
    frame.return_data = b""
    if offers and frame.world.balance(frame.message.target) < offers:
        # rule: evm.call.balance-too-low
        frame.take_back_unused(message)
        frame.stack.append(0)
        return
    if message.depth > CALL_DEPTH_LIMIT:
        # rule: evm.call.depth-limit
        frame.take_back_unused(message)
        frame.stack.append(0)
        return
    child = frame.child(message)
    process_message(child)
    resume_after_call(frame, child, output_offset, output_size)


def resume_after_call(frame: Frame, child: Frame, output_offset: int, output_size: int) -> None:
    """Take the result of a call that has ended."""
    frame.take_back(child)
    # rule: evm.call.return-data
    # source: EIP-211, specification
    frame.return_data = child.output
    frame.write_memory(output_offset, child.output[:output_size])
    # rule: evm.call.success-flag
    frame.stack.append(0 if child.halt else 1)


@instruction("CALL", pops=7, pushes=1)
def call(frame: Frame) -> None:
    """Run another account's code as that account, and send it value."""
    # stack
    requested = frame.stack.pop()
    address = to_address(frame.stack.pop())
    value = frame.stack.pop()
    input_offset = frame.stack.pop()
    input_size = frame.stack.pop()
    output_offset = frame.stack.pop()
    output_size = frame.stack.pop()

    # gas
    if value:
        frame.forbid_in_static_context()
    memory = frame.expansion((input_offset, input_size), (output_offset, output_size))
    callee, forwarded = begin_call(frame, address, value, creates_account=True, requested=requested, memory=memory)
    if value:
        # rule: evm.call.stipend
        forwarded += gas.CALL_STIPEND

    # operation
    # rule: evm.call.message
    message = Message(
        caller=frame.message.target,
        target=address,
        code_address=address,
        code=callee.code,
        data=frame.read_memory(input_offset, input_size),
        value=value,
        gas=forwarded,
        depth=frame.message.depth + 1,
        is_static=frame.message.is_static,
        runs_precompile=not callee.is_delegated,
    )
    finish_call(frame, message, output_offset, output_size, offers=value)

    # program counter
    frame.program_counter += 1


@instruction("CALLCODE", pops=7, pushes=1)
def call_code(frame: Frame) -> None:
    """Run another account's code as this account, as if this account called itself with value."""
    # stack
    requested = frame.stack.pop()
    address = to_address(frame.stack.pop())
    value = frame.stack.pop()
    input_offset = frame.stack.pop()
    input_size = frame.stack.pop()
    output_offset = frame.stack.pop()
    output_size = frame.stack.pop()

    # gas
    memory = frame.expansion((input_offset, input_size), (output_offset, output_size))
    callee, forwarded = begin_call(frame, address, value, creates_account=False, requested=requested, memory=memory)
    if value:
        # rule: evm.callcode.stipend
        forwarded += gas.CALL_STIPEND

    # operation
    # rule: evm.callcode.message
    message = Message(
        caller=frame.message.target,
        target=frame.message.target,
        code_address=address,
        code=callee.code,
        data=frame.read_memory(input_offset, input_size),
        value=value,
        gas=forwarded,
        depth=frame.message.depth + 1,
        is_static=frame.message.is_static,
        moves_value=False,
        runs_precompile=not callee.is_delegated,
    )
    finish_call(frame, message, output_offset, output_size, offers=value)

    # program counter
    frame.program_counter += 1


@instruction("DELEGATECALL", pops=6, pushes=1)
def delegate_call(frame: Frame) -> None:
    """Run another account's code as this account, with this frame's caller and value (EIP-7)."""
    # stack
    requested = frame.stack.pop()
    address = to_address(frame.stack.pop())
    input_offset = frame.stack.pop()
    input_size = frame.stack.pop()
    output_offset = frame.stack.pop()
    output_size = frame.stack.pop()

    # gas
    memory = frame.expansion((input_offset, input_size), (output_offset, output_size))
    callee, forwarded = begin_call(frame, address, 0, creates_account=False, requested=requested, memory=memory)

    # operation
    # rule: evm.delegatecall.message
    # source: EIP-7, specification
    message = Message(
        caller=frame.message.caller,
        target=frame.message.target,
        code_address=address,
        code=callee.code,
        data=frame.read_memory(input_offset, input_size),
        value=frame.message.value,
        gas=forwarded,
        depth=frame.message.depth + 1,
        is_static=frame.message.is_static,
        moves_value=False,
        runs_precompile=not callee.is_delegated,
    )
    finish_call(frame, message, output_offset, output_size)

    # program counter
    frame.program_counter += 1


@instruction("STATICCALL", pops=6, pushes=1)
def static_call(frame: Frame) -> None:
    """Run another account's code as that account, and let it change nothing (EIP-214)."""
    # stack
    requested = frame.stack.pop()
    address = to_address(frame.stack.pop())
    input_offset = frame.stack.pop()
    input_size = frame.stack.pop()
    output_offset = frame.stack.pop()
    output_size = frame.stack.pop()

    # gas
    memory = frame.expansion((input_offset, input_size), (output_offset, output_size))
    callee, forwarded = begin_call(frame, address, 0, creates_account=False, requested=requested, memory=memory)

    # operation
    # rule: evm.staticcall.message
    # source: EIP-214, specification
    message = Message(
        caller=frame.message.target,
        target=address,
        code_address=address,
        code=callee.code,
        data=frame.read_memory(input_offset, input_size),
        value=0,
        gas=forwarded,
        depth=frame.message.depth + 1,
        is_static=True,
        runs_precompile=not callee.is_delegated,
    )
    finish_call(frame, message, output_offset, output_size)

    # program counter
    frame.program_counter += 1
