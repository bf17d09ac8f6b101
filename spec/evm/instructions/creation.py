"""CREATE and CREATE2 (yellow paper, section 7; EIP-1014, EIP-3860)."""

# source: yellow paper, appendix H.2

from __future__ import annotations

from samestate.spec.evm import gas
from samestate.spec.evm.address import created_address, salted_address
from samestate.spec.evm.frame import CALL_DEPTH_LIMIT, Frame, Message
from samestate.spec.evm.halts import InitcodeTooLarge
from samestate.spec.evm.instructions.instruction import instruction
from samestate.spec.evm.interpreter import collide, process_creation
from samestate.spec.evm.world import NONCE_LIMIT


def charge_creation(frame: Frame, offset: int, size: int, per_word: int) -> None:
    """The gas part that both share. ``per_word`` is the extra price of each word of initialization code."""
    frame.forbid_in_static_context()
    fork = frame.context.fork
    # rule: evm.create.gas
    # source: yellow paper, appendix H.2; EIP-3860, specification
    frame.charge(
        fork.creation_gas + frame.expansion((offset, size)) + per_word * gas.words(size) + fork.initcode_gas(size),
    )
    if size > fork.initcode_size_limit:
        # rule: evm.create.initcode-size
        # source: EIP-3860, specification
        raise InitcodeTooLarge


def create_account(frame: Frame, value: int, initcode: bytes, salt: bytes | None) -> None:
    """The operation that both share: run the initialization code at its address, or fail before it begins."""
    creator = frame.message.target
    fork, world = frame.context.fork, frame.world
    frame.return_data = b""
    nonce = world.nonce(creator)
    lacks_funds = value > 0 and world.balance(creator) < value
    if lacks_funds or nonce == NONCE_LIMIT or frame.message.depth == CALL_DEPTH_LIMIT:
        # rule: evm.create.cannot-begin
        # source: yellow paper, appendix H.2; EIP-2681, specification (nonce)
        frame.stack.append(0)
        return
    address = created_address(creator, nonce) if salt is None else salted_address(creator, salt, initcode)
    # rule: evm.create.warms-address
    # source: EIP-2929, specification
    frame.substate.put(frame.substate.warm, address)
    world.view.touch(address)
    fork.charge_new_account(frame, address)
    # rule: evm.create.forwarded-gas
    # source: EIP-150, specification
    forwarded = gas.all_but_one_64th(frame.gas_left)
    frame.charge(forwarded)
    world.set_nonce(creator, nonce + 1)
    child = frame.child(
        Message(
            caller=creator,
            target=address,
            code_address=None,
            code=initcode,
            data=b"",
            value=value,
            gas=forwarded,
            depth=frame.message.depth + 1,
        )
    )
    if fork.is_taken(world, address):
        collide(child)
    else:
        process_creation(child)
    resume_after_creation(frame, child, address)


def resume_after_creation(frame: Frame, child: Frame, address: bytes) -> None:
    """Take the result of a creation that has ended."""
    frame.take_back(child)
    # rule: evm.create.return-data
    # source: EIP-211, specification
    frame.return_data = child.output
    # rule: evm.create.result
    frame.stack.append(0 if child.halt else int.from_bytes(address, "big"))


def no_new_account_charge(frame: Frame, address: bytes) -> None:
    """Until Amsterdam a creation costs the same, whether or not there is an account at its address."""


@instruction("CREATE", pops=3, pushes=1)
def create(frame: Frame) -> None:
    """Create an account at an address that follows from the creator's nonce."""
    # stack
    value = frame.stack.pop()
    offset = frame.stack.pop()
    size = frame.stack.pop()

    # gas
    charge_creation(frame, offset, size, per_word=0)

    # operation
    create_account(frame, value, frame.read_memory(offset, size), salt=None)

    # program counter
    frame.program_counter += 1


@instruction("CREATE2", pops=4, pushes=1)
def create2(frame: Frame) -> None:
    """Create an account at an address that follows from the initialization code and a salt."""
    # stack
    value = frame.stack.pop()
    offset = frame.stack.pop()
    size = frame.stack.pop()
    salt = frame.stack.pop().to_bytes(32, "big")

    # gas
    # rule: evm.create2.hash-gas
    # source: EIP-1014, specification
    charge_creation(frame, offset, size, per_word=gas.KECCAK_PER_WORD)

    # operation
    create_account(frame, value, frame.read_memory(offset, size), salt)

    # program counter
    frame.program_counter += 1
