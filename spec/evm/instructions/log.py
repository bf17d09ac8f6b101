"""Logs (yellow paper, appendix H.2, 0xA0 to 0xA4)."""

# source: yellow paper, appendix H.2

from __future__ import annotations

from samestate.spec.evm import gas
from samestate.spec.evm.frame import Frame
from samestate.spec.evm.instructions.instruction import Instruction, instruction
from samestate.spec.evm.receipt import Log


def log(topic_count: int) -> Instruction:
    """LOG0 to LOG4: leave a record with ``topic_count`` topics in the receipt of the transaction."""

    @instruction(f"LOG{topic_count}", pops=2 + topic_count)
    def log_topics(frame: Frame) -> None:
        """Log memory under the account that the code runs as. Once paid for, it is forbidden in a static context."""
        # stack
        offset = frame.stack.pop()
        size = frame.stack.pop()
        topics = tuple([frame.stack.pop().to_bytes(32, "big") for _ in range(topic_count)])

        # gas
        cost = gas.LOG + gas.LOG_PER_TOPIC * topic_count + gas.LOG_PER_BYTE * size
        frame.charge(cost + frame.expansion((offset, size)))

        # operation
        frame.forbid_in_static_context()
        # rule: evm.log.append
        frame.substate.logs.append(Log(frame.message.target, topics, frame.read_memory(offset, size)))

        # program counter
        frame.program_counter += 1

    return log_topics
