"""The call, its data and code, and other accounts (yellow paper, appendix H.2, 0x30 to 0x3F and 0x47).

EXTCODEHASH by EIP-1052, SELFBALANCE by EIP-1884, return data by EIP-211. None of the instructions that look at another
account's code follows a delegation: the code is the designator (EIP-7702).
"""

# source: yellow paper, appendix H.2

from __future__ import annotations

from samestate.spec.evm import gas
from samestate.spec.evm.frame import Frame, copy_padded, to_address
from samestate.spec.evm.halts import ReturnDataOutOfBounds
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.instructions.access import charge_account_access
from samestate.spec.evm.instructions.instruction import instruction


def copy_to_memory(frame: Frame, destination: int, data: bytes, source: int, size: int) -> None:
    """Copy ``size`` bytes of ``data`` from ``source`` to memory, which has been paid for."""
    if source + size > len(data):
        # rule: evm.environment.copy-past-end
        frame.write_memory(destination, copy_padded(data, source, size))
    else:
        # rule: evm.environment.copy
        frame.write_memory(destination, data[source : source + size])


@instruction("ADDRESS", pushes=1)
def address(frame: Frame) -> None:
    """The account that the code runs as."""
    # stack: takes nothing

    # gas
    frame.charge(gas.BASE)

    # operation
    # rule: evm.environment.address
    frame.stack.append(int.from_bytes(frame.message.target, "big"))

    # program counter
    frame.program_counter += 1


@instruction("BALANCE", pops=1, pushes=1)
def balance(frame: Frame) -> None:
    """The balance of an account, in wei."""
    # stack
    account = to_address(frame.stack.pop())

    # gas
    charge_account_access(frame, account)

    # operation
    # rule: evm.environment.balance
    frame.stack.append(frame.world.balance(account))

    # program counter
    frame.program_counter += 1


@instruction("ORIGIN", pushes=1)
def origin(frame: Frame) -> None:
    """The sender of the transaction."""
    # stack: takes nothing

    # gas
    frame.charge(gas.BASE)

    # operation
    # rule: evm.environment.origin
    frame.stack.append(int.from_bytes(frame.context.origin, "big"))

    # program counter
    frame.program_counter += 1


@instruction("CALLER", pushes=1)
def caller(frame: Frame) -> None:
    """The account that made this call."""
    # stack: takes nothing

    # gas
    frame.charge(gas.BASE)

    # operation
    # rule: evm.environment.caller
    frame.stack.append(int.from_bytes(frame.message.caller, "big"))

    # program counter
    frame.program_counter += 1


@instruction("CALLVALUE", pushes=1)
def call_value(frame: Frame) -> None:
    """The value of this call, in wei."""
    # stack: takes nothing

    # gas
    frame.charge(gas.BASE)

    # operation
    # rule: evm.environment.call-value
    frame.stack.append(frame.message.value)

    # program counter
    frame.program_counter += 1


@instruction("CALLDATALOAD", pops=1, pushes=1)
def call_data_load(frame: Frame) -> None:
    """The word at an offset of the call's data, as if zeros followed its end."""
    # stack
    offset = frame.stack.pop()

    # gas
    frame.charge(gas.VERY_LOW)

    # operation
    word = frame.message.data[offset : offset + 32]
    if len(word) < 32:
        # rule: evm.environment.call-data-load-past-end
        word = word.ljust(32, b"\x00")
    # rule: evm.environment.call-data-load
    frame.stack.append(int.from_bytes(word, "big"))

    # program counter
    frame.program_counter += 1


@instruction("CALLDATASIZE", pushes=1)
def call_data_size(frame: Frame) -> None:
    """The size of the call's data, in bytes."""
    # stack: takes nothing

    # gas
    frame.charge(gas.BASE)

    # operation
    # rule: evm.environment.call-data-size
    frame.stack.append(len(frame.message.data))

    # program counter
    frame.program_counter += 1


@instruction("CALLDATACOPY", pops=3)
def call_data_copy(frame: Frame) -> None:
    """Copy a range of the call's data to memory, as if zeros followed its end."""
    # stack
    destination = frame.stack.pop()
    source = frame.stack.pop()
    size = frame.stack.pop()

    # gas
    cost = gas.VERY_LOW + gas.COPY_PER_WORD * gas.words(size)
    frame.charge(cost + frame.expansion((destination, size)))

    # operation
    # rule: evm.environment.call-data-copy
    copy_to_memory(frame, destination, frame.message.data, source, size)

    # program counter
    frame.program_counter += 1


@instruction("CODESIZE", pushes=1)
def code_size(frame: Frame) -> None:
    """The size of the code that runs, in bytes."""
    # stack: takes nothing

    # gas
    frame.charge(gas.BASE)

    # operation
    # rule: evm.environment.code-size
    frame.stack.append(len(frame.code))

    # program counter
    frame.program_counter += 1


@instruction("CODECOPY", pops=3)
def code_copy(frame: Frame) -> None:
    """Copy a range of the code that runs to memory, as if zeros followed its end."""
    # stack
    destination = frame.stack.pop()
    source = frame.stack.pop()
    size = frame.stack.pop()

    # gas
    cost = gas.VERY_LOW + gas.COPY_PER_WORD * gas.words(size)
    frame.charge(cost + frame.expansion((destination, size)))

    # operation
    # rule: evm.environment.code-copy
    copy_to_memory(frame, destination, frame.code, source, size)

    # program counter
    frame.program_counter += 1


@instruction("GASPRICE", pushes=1)
def gas_price(frame: Frame) -> None:
    """What the transaction pays for a unit of gas, in wei."""
    # stack: takes nothing

    # gas
    frame.charge(gas.BASE)

    # operation
    # rule: evm.environment.gas-price
    frame.stack.append(frame.context.gas_price)

    # program counter
    frame.program_counter += 1


@instruction("EXTCODESIZE", pops=1, pushes=1)
def external_code_size(frame: Frame) -> None:
    """The size of an account's code, in bytes."""
    # stack
    account = to_address(frame.stack.pop())

    # gas
    charge_account_access(frame, account, more=frame.context.fork.code_read_gas)

    # operation
    # rule: evm.environment.external-code-size
    frame.stack.append(len(frame.world.code(account)))

    # program counter
    frame.program_counter += 1


@instruction("EXTCODECOPY", pops=4)
def external_code_copy(frame: Frame) -> None:
    """Copy a range of an account's code to memory, as if zeros followed its end."""
    # stack
    account = to_address(frame.stack.pop())
    destination = frame.stack.pop()
    source = frame.stack.pop()
    size = frame.stack.pop()

    # gas
    copying = gas.COPY_PER_WORD * gas.words(size) + frame.expansion((destination, size))
    charge_account_access(frame, account, more=copying + frame.context.fork.code_read_gas)

    # operation
    # rule: evm.environment.external-code-copy
    copy_to_memory(frame, destination, frame.world.code(account), source, size)

    # program counter
    frame.program_counter += 1


@instruction("RETURNDATASIZE", pushes=1)
def return_data_size(frame: Frame) -> None:
    """The size of what the last call gave back, in bytes."""
    # stack: takes nothing

    # gas
    frame.charge(gas.BASE)

    # operation
    # rule: evm.environment.return-data-size
    # source: EIP-211, specification
    frame.stack.append(len(frame.return_data))

    # program counter
    frame.program_counter += 1


@instruction("RETURNDATACOPY", pops=3)
def return_data_copy(frame: Frame) -> None:
    """Copy a range of what the last call gave back to memory. A range that passes the end halts, even an empty one."""
    # stack
    destination = frame.stack.pop()
    source = frame.stack.pop()
    size = frame.stack.pop()

    # gas
    cost = gas.VERY_LOW + gas.COPY_PER_WORD * gas.words(size)
    frame.charge(cost + frame.expansion((destination, size)))

    # operation
    if source + size > len(frame.return_data):
        # rule: evm.environment.return-data-copy-past-end
        # source: EIP-211, specification
        raise ReturnDataOutOfBounds
    # rule: evm.environment.return-data-copy
    # source: EIP-211, specification
    frame.write_memory(destination, frame.return_data[source : source + size])

    # program counter
    frame.program_counter += 1


@instruction("EXTCODEHASH", pops=1, pushes=1)
def external_code_hash(frame: Frame) -> None:
    """The Keccak-256 hash of an account's code; zero for an empty account."""
    # stack
    account = to_address(frame.stack.pop())

    # gas
    charge_account_access(frame, account)

    # operation
    if frame.world.is_empty(account):
        # rule: evm.environment.external-code-hash-of-empty-account
        # source: EIP-1052, specification; EIP-161, specification
        frame.stack.append(0)
    else:
        # rule: evm.environment.external-code-hash
        # source: EIP-1052, specification
        frame.stack.append(int.from_bytes(keccak256(frame.world.code(account)), "big"))

    # program counter
    frame.program_counter += 1


@instruction("SELFBALANCE", pushes=1)
def self_balance(frame: Frame) -> None:
    """The balance of the account that the code runs as, in wei."""
    # stack: takes nothing

    # gas
    frame.charge(gas.LOW)

    # operation
    # rule: evm.environment.self-balance
    # source: EIP-1884, specification
    frame.stack.append(frame.world.balance(frame.message.target))

    # program counter
    frame.program_counter += 1
