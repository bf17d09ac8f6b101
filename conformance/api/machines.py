"""A machine of one's own: its blocks by the definition, by a readable strategy, or on worker processes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from samestate.conformance.engines.hints import NOTHING, Declared
from samestate.conformance.engines.names import ACCESS_LIST, WORKERS, choose_engines
from samestate.conformance.engines.optimized import without_engine
from samestate.conformance.engines.protocol import EngineFailure
from samestate.conformance.errors import InputError
from samestate.reference import run_block
from samestate.reference.difference import difference, end_of, right_end_of
from samestate.reference.explorer import MOST_WORKERS, Violation
from samestate.spec.machine import (
    Block,
    Closing,
    Key,
    Machine,
    Outcome,
    Receipt,
    RejectionCode,
    Totals,
    Transaction,
    Value,
)
from samestate.spec.state.merkle import merkle_root
from samestate.spec.transition import BlockResult, apply_block

SPEC: Final = "spec"
REFERENCE: Final = "reference"
PROCESSES: Final = "@processes"


class Values:
    """A state that is a map of keys to values, for a machine of one's own. Implements :class:`State`.

    ``owner`` gives the address whose storage a key is a slot of: a machine that wipes storage gives its
    ``storage_owner``. The root is that of a flat Merkle tree of all keys and values.
    """

    __slots__ = ("owner", "values")

    def __init__(self, values: Mapping[Key, bytes], owner: Callable[[Key], bytes | None] = lambda key: None) -> None:
        self.values = dict(values)
        self.owner = owner

    def get(self, key: Key) -> Value:
        """See :class:`samestate.spec.machine.State`, here and below."""
        return self.values.get(key)

    def has_storage(self, address: bytes) -> bool:
        return any(self.owner(key) == address for key in self.values)

    def apply(self, changes: Mapping[Key, Value], wipes: Iterable[bytes]) -> Values:
        gone = frozenset(wipes)
        values = {**{key: value for key, value in self.values.items() if self.owner(key) not in gone}, **changes}
        return Values({key: value for key, value in values.items() if value is not None}, self.owner)

    def root(self) -> bytes:
        return merkle_root(self.values)


def execute(
    machine: Machine[Block, Transaction, Outcome, Totals, Receipt, Closing],
    block: Block,
    state: Values,
    engine: str = SPEC,
    *,
    workers: int = WORKERS,
) -> BlockResult[Outcome, Totals, Receipt, Closing]:
    """The result of a block of a machine of one's own.

    ``engine`` is ``spec``, one of ``reference:…`` or one of ``optimized:…@processes``, but for those that execute from
    access lists. Worker processes import the machine: its class stands in a module and is called without arguments.
    Raises Rejection where the block is invalid, EngineFailure where an engine gives no result, InputError where it
    cannot execute machines of one's own, or this one.
    """
    for id in choose_engines([engine])[:1]:
        room, _, strategy = id.partition(":")
        if room == SPEC:
            return apply_block(machine, block, state)
        if strategy.removesuffix(PROCESSES) == ACCESS_LIST:
            raise InputError(f"{engine}: executes from access lists, which machines of one's own have not")
        if room == REFERENCE:
            return _on_reference(machine, block, state, strategy, workers)
        if id.endswith(PROCESSES):
            return _on_processes(machine, block, state, strategy.removesuffix(PROCESSES), workers)
    raise InputError(
        f"{engine}: does not execute machines of one's own; spec, reference:… and optimized:…@processes do"
    )


def check_machine(
    machine: Machine[Block, Transaction, Outcome, Totals, Receipt, Closing],
    block: Block,
    state: Values,
    engine: str,
    *,
    workers: int = WORKERS,
) -> str:
    """The first thing in which an engine departs from executing one transaction at a time, in words, or nothing.

    Raises InputError as :func:`execute` does, and whatever the machine itself raises that is no Rejection.
    """
    right = right_end_of(lambda: apply_block(machine, block, state))
    given = end_of(lambda: execute(machine, block, state, engine, workers=workers))
    if isinstance(given, InputError):
        raise given
    return difference(right, given)


def _on_reference(
    machine: Any, block: Any, state: Values, strategy: str, workers: int
) -> BlockResult[Any, Any, Any, Any]:
    def declared(block: Any, index: int) -> Declared:
        hint = getattr(machine, "declared", None)
        named: Declared | None = None if hint is None else hint(block, machine.transactions(block)[index])
        return named or NOTHING

    if not 1 <= workers <= MOST_WORKERS:
        raise InputError(f"{workers} workers: engines of `reference` have from 1 to {MOST_WORKERS}")
    try:
        return run_block(machine, block, state, strategy, workers, estimator=declared).result
    except Violation as violation:
        raise EngineFailure(str(violation)) from violation


def _on_processes(
    machine: Any, block: Any, state: Values, strategy: str, workers: int
) -> BlockResult[Any, Any, Any, Any]:
    try:
        from samestate.conformance.engines.optimized.plain import python_result
        from samestate.optimized import Engine, EngineError, MachineName, load
        from samestate.optimized.errors import ConfigurationError
    except ImportError as error:
        raise InputError(f"{strategy}{PROCESSES}: {without_engine(error)}") from error
    kind = type(machine)
    if kind.__module__ == "__main__":
        raise InputError(f"{kind.__qualname__}: is defined in the script itself: worker processes have to import it")
    try:
        settings = load(workers=workers, strategy=strategy, kind="processes", record=True)
        with Engine(MachineName(f"{kind.__module__}:{kind.__qualname__}"), settings) as engine:
            result = engine.execute(block, state.values)
    except ConfigurationError as error:
        raise InputError(str(error)) from error
    except EngineError as error:
        raise EngineFailure(str(error)) from error
    codes = {} if result.rejection is None else rejection_codes(kind.__module__, result.rejection.code)
    made = python_result(result, codes, state)
    machine.verify(block, made.steps, state)
    return made


def rejection_codes(module: str, name: str) -> dict[str, RejectionCode]:
    """The rejection code of that name: the machine's own, from its module, or one that has nothing but the name."""
    for codes in _enumerations(RejectionCode):
        if codes.__module__ == module and name in codes.__members__:
            return {name: codes[name]}
    functional: Any = RejectionCode
    made: type[RejectionCode] = functional("RejectionCode", {name: name})
    return {name: made[name]}


def _enumerations(base: type[RejectionCode]) -> Iterator[type[RejectionCode]]:
    for found in base.__subclasses__():
        yield found
        yield from _enumerations(found)
