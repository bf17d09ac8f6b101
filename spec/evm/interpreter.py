"""Executing a message: move the value, run the code or the precompile, and take everything back where it fails."""

# source: yellow paper, section 9.4

from __future__ import annotations

from samestate.spec.evm import gas
from samestate.spec.evm.frame import Frame, Message, TransactionContext
from samestate.spec.evm.halts import (
    AddressCollision,
    CodeTooLarge,
    ExceptionalHalt,
    InvalidContractPrefix,
    InvalidOpcode,
    PrecompileFailed,
    Reverted,
    StackOverflow,
    StackUnderflow,
)
from samestate.spec.evm.precompiles import RIPEMD160
from samestate.spec.evm.precompiles.precompile import Precompile, PrecompileFailure
from samestate.spec.evm.state_clearing import credit
from samestate.spec.evm.world import World

STOP = 0x00


def process_message(frame: Frame) -> None:
    """Execute a call. Its frame has ended then; ``halt`` says whether its effects were undone."""
    context, message = frame.context, frame.message
    set_marks(frame)
    if message.moves_value:
        move_value(context, message)
        if message.target == RIPEMD160:
            # rule: evm.call.ripemd160-stays-touched
            # source: yellow paper, appendix K.1
            context.substate.ripemd160_touched = True
    execute(frame)
    end_message(frame)


def end_message(frame: Frame) -> None:
    """The code of a call has ended: undo its effects where it failed."""
    if frame.halt is not None:
        # rule: evm.call.failure-undoes
        # source: yellow paper, section 8
        return_to_marks(frame)


def process_creation(frame: Frame) -> None:
    """Execute initialization code and deploy what it returns (yellow paper, section 7)."""
    context, message = frame.context, frame.message
    set_marks(frame)
    context.substate.put(context.substate.created, message.target)
    if context.world.holds_storage(message.target):
        # rule: evm.create.storage-alone-goes
        # source: yellow paper, section 7: a new account's storage is empty; EIP-7610 lets no creation come here
        context.world.view.wipe(message.target)
    # rule: evm.create.nonce-one
    # source: EIP-161, specification a
    context.world.set_nonce(message.target, 1)
    move_value(context, message)
    execute(frame)
    if frame.halt is None:
        deploy_or_fail(frame)
    end_creation(frame)


def end_creation(frame: Frame) -> None:
    """The initialization code has ended, and what it returned is deployed: undo its effects where either failed."""
    if frame.halt is not None:
        # rule: evm.create.failure-undoes
        # source: yellow paper, section 7
        return_to_marks(frame)


def deploy_or_fail(frame: Frame) -> None:
    """Deploy what the initialization code returned, or fail its frame where that cannot be."""
    try:
        frame.context.fork.deploy(frame)
    except ExceptionalHalt as halt:
        fail(frame, halt)


def set_marks(frame: Frame) -> None:
    """What is done from here on is undone where the frame fails."""
    frame.marks = frame.world.view.checkpoint(), frame.substate.checkpoint()


def return_to_marks(frame: Frame) -> None:
    """The frame has failed: undo what it did."""
    view_mark, mark = frame.marks
    frame.world.view.rollback(view_mark)
    frame.substate.rollback(mark)


def deploy(frame: Frame) -> None:
    """Make the output of initialization code the code of the new account: until Amsterdam."""
    fork = frame.context.fork
    code = frame.output
    if code.startswith(b"\xef") and fork.rejects_contract_prefix:
        # rule: evm.create.contract-prefix
        # source: EIP-3541, specification
        raise InvalidContractPrefix
    # rule: evm.create.deposit-gas
    # source: yellow paper, section 7; EIP-2, specification
    frame.charge(gas.CODE_DEPOSIT_PER_BYTE * len(code))
    if len(code) > fork.code_size_limit:
        # rule: evm.create.code-size
        # source: EIP-170, specification
        raise CodeTooLarge
    set_code(frame, code)


def set_code(frame: Frame, code: bytes) -> None:
    """The new account has this code; a creation that succeeds has no output."""
    # rule: evm.create.deploy
    # source: yellow paper, section 7
    frame.world.set_code(frame.message.target, code)
    frame.output = b""


def is_taken(world: World, address: bytes) -> bool:
    """Whether a creation at ``address`` collides: it has a nonce, code (EIP-684) or storage (EIP-7610).

    Observes both the nonce and the code, and more only where there was storage alone before the block.
    """
    nonce, code = world.nonce(address), world.code(address)
    holds_storage = world.holds_storage(address)
    # rule: evm.create.collision-rule
    # source: EIP-684, specification; EIP-7610, specification
    return nonce != 0 or code != b"" or holds_storage


def fail_at_once(frame: Frame, halt: ExceptionalHalt) -> None:
    """End a frame that never begins: its gas is consumed."""
    tracer = frame.context.tracer
    if tracer is not None:
        tracer.enter(frame)
    fail(frame, halt)
    if tracer is not None:
        tracer.leave(frame)


def collide(frame: Frame) -> None:
    """Fail a creation at an address that is taken: all gas is consumed."""
    # rule: evm.create.collision
    # source: EIP-684, specification
    fail_at_once(frame, AddressCollision())


def move_value(context: TransactionContext, message: Message) -> None:
    """Move the value from caller to target. A zero value touches the target (EIP-161)."""
    world = context.world
    if message.value:
        # rule: evm.call.value
        # source: yellow paper, section 8
        world.set_balance(message.caller, world.balance(message.caller) - message.value)
        context.fork.log_transfer(context.substate, message.caller, message.target, message.value)
    credit(world, context.substate, message.target, message.value)


def execute(frame: Frame) -> None:
    """Run the frame to its end, whatever the end is."""
    tracer = frame.context.tracer
    message = frame.message
    if tracer is not None:
        tracer.enter(frame)
    precompile = None
    if message.runs_precompile and message.code_address is not None:
        precompile = frame.context.fork.precompiles.get(message.code_address)
    try:
        if precompile is not None:
            run_precompile(frame, precompile)
        else:
            run_code(frame)
    except Reverted as halt:
        # rule: evm.frame.revert
        # source: EIP-140, specification
        frame.give_back()
        frame.halt = halt
    except ExceptionalHalt as halt:
        fail(frame, halt)
    if tracer is not None:
        tracer.leave(frame)


def fail(frame: Frame, halt: ExceptionalHalt) -> None:
    """End the frame: no gas is left, and no output."""
    # rule: evm.frame.exceptional-halt
    # source: yellow paper, section 9.4.2
    frame.give_back()
    frame.gas_left = 0
    frame.output = b""
    frame.halt = halt


def run_precompile(frame: Frame, precompile: Precompile) -> None:
    """Run a precompile on the message's data."""
    frame.charge(precompile.gas(frame.message.data))
    try:
        # rule: evm.precompile.run
        # source: yellow paper, section 8 and appendix E
        frame.output = precompile.run(frame.message.data)
    except PrecompileFailure as failure:
        # rule: evm.precompile.failure
        # source: yellow paper, section 8 and appendix E
        raise PrecompileFailed(str(failure)) from failure


def run_code(frame: Frame) -> None:
    """Execute one instruction after another until the frame ends (yellow paper, section 9.4)."""
    instructions = frame.context.fork.instruction_table
    tracer = frame.context.tracer
    code = frame.code
    stack = frame.stack
    end = len(code)
    while frame.running:
        place = frame.program_counter
        # rule: evm.frame.stop-at-end-of-code
        opcode = code[place] if place < end else STOP
        if tracer is not None:
            tracer.step(frame, opcode)
        instruction = instructions[opcode]
        if instruction is None:
            # rule: evm.frame.invalid-opcode
            # source: yellow paper, section 9.4.2
            raise InvalidOpcode(f"0x{opcode:02x}")
        height = len(stack)
        if height < instruction.pops:
            # rule: evm.frame.stack-underflow
            # source: yellow paper, section 9.4.2
            raise StackUnderflow
        if height > instruction.limit:
            # rule: evm.frame.stack-overflow
            # source: yellow paper, section 9.4.2
            raise StackOverflow
        instruction.run(frame)
