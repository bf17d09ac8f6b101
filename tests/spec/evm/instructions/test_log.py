"""LOG0 to LOG4."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from samestate.spec.evm.frame import Frame
from samestate.spec.evm.halts import OutOfGas, WriteInStaticContext
from samestate.spec.evm.instructions.log import log
from samestate.spec.evm.receipt import Log

Execute = Callable[..., Frame]


@pytest.mark.parametrize("count", range(5))
def test_topics_come_in_the_order_of_the_stack(execute: Execute, count: int) -> None:
    frame = execute(log(count), 1, 2, *range(11, 11 + count), memory=b"abcd".ljust(32, b"\x00"))
    topics = tuple(topic.to_bytes(32, "big") for topic in range(11, 11 + count))
    assert frame.substate.logs == [Log(b"\x0c" * 20, topics, b"bc")]
    assert frame.stack == []


@pytest.mark.parametrize("count", range(5))
def test_price(price: Callable[..., int], count: int) -> None:
    topics = [0] * count
    assert price(log(count), 2**256 - 1, 0, *topics) == 375 * (1 + count)
    assert price(log(count), 0, 33, *topics) == 375 * (1 + count) + 8 * 33 + 6


def test_memory_that_was_not_there_is_logged_as_zeros(execute: Execute) -> None:
    frame = execute(log(0), 31, 2)
    assert frame.substate.logs[0].data == bytes(2)
    assert frame.memory == bytes(64)


@pytest.mark.parametrize("count", range(5))
@pytest.mark.parametrize(("short", "halt"), [(0, WriteInStaticContext), (1, OutOfGas)])
def test_a_static_context_forbids_logs_once_they_are_paid_for(
    execute: Execute, count: int, short: int, halt: type[Exception]
) -> None:
    with pytest.raises(halt) as caught:
        execute(log(count), *[0] * (2 + count), is_static=True, gas=375 * (1 + count) - short)
    assert caught.value.frame.substate.logs == []  # type: ignore[attr-defined]


def test_a_log_that_is_not_paid_for_is_none(execute: Execute) -> None:
    with pytest.raises(OutOfGas) as caught:
        execute(log(0), 0, 1, gas=375 + 8 + 2)
    assert caught.value.frame.substate.logs == []  # type: ignore[attr-defined]
