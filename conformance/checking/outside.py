"""An engine that takes cases in the form of vectors, as fixtures and block files have it asked, a block at a time."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

from samestate.conformance.engines.known_state import listed_state
from samestate.conformance.engines.protocol import AnyResult, Engine, EngineFailure
from samestate.conformance.fixtures.named_forks import name_fork
from samestate.conformance.vectors import evm
from samestate.conformance.vectors.comparing import Granularity, first_difference
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.evm.case import write_account
from samestate.conformance.vectors.hexadecimal import hexed
from samestate.conformance.vectors.model import POST_STATE, Case
from samestate.conformance.vectors.rejection import write_rejection
from samestate.spec.evm.block_access_list import encode_access_list
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.payload import Payload
from samestate.spec.evm.state import FlatState
from samestate.spec.evm.transaction import encode_transaction
from samestate.spec.machine import Rejection, State
from samestate.spec.transition import execute_block

BARE: Final = "a state test without what every block begins and ends with, which the form of a vector cannot say"
PARAMETERS: Final = "a blob schedule or deposit contract of its own, which the form of a vector cannot say"
NO_ROOT: Final = "the state is known in part: it has no root, and the engine gives nothing else"


class NotSaid(Exception):  # noqa: N818 - what a form lacks, not an error
    """A block that an engine cannot be asked about. The message says why."""


class OutsideExecutor:
    """Executes blocks by the specification, and asks an engine of which each differs from what it gives.

    So the chain goes on whatever the engine gives, and all that the case expects is judged as it is for the
    specification. What cannot be said in the form of a vector raises NotSaid: a case passes where the engine was asked
    about every block that is executed, and gave of each what the specification gives.

    ``checks`` names what was compared.
    """

    name = "the specification"

    def __init__(self, id: str, engine: Engine) -> None:
        self.executed = 0
        self.checks: list[str] = []
        self._id = id
        self._engine = engine

    def execute(self, machine: Any, block: Payload, state: State) -> AnyResult:
        """The specification's result of a block, before it is verified. Raises Rejection, EngineFailure and NotSaid."""
        try:
            result = execute_block(machine, block, state)
        except Rejection as rejection:
            self._ask(machine, block, state, write_rejection(rejection), None)
            raise
        try:
            machine.verify(block, result.steps, state)
        except Rejection as rejection:
            self._ask(machine, block, state, write_rejection(rejection), None)
        else:
            root = result.state().root() if isinstance(state, FlatState) else None
            self._ask(machine, block, state, evm.write_result(machine.fork, result, root), result)
        return result

    def apply(self, machine: Any, block: Payload, state: State) -> AnyResult:
        """The specification's result of a block, verified. Raises Rejection, EngineFailure and NotSaid."""
        result = self.execute(machine, block, state)
        machine.verify(block, result.steps, state)
        return result

    def root_of(self, state: FlatState) -> bytes:
        """The root of a whole state, by the specification."""
        return state.root()

    def _ask(self, machine: Any, block: Payload, state: State, right: Object, result: AnyResult | None) -> None:
        """Raise EngineFailure where the engine gives something else of the block than what is ``right``."""
        case, right = askable(self._engine, machine, block, state, right, result)
        capabilities = self._engine.capabilities
        tells = capabilities.access is not Granularity.NONE or capabilities.outputs & {*right, POST_STATE}
        if result is not None and not tells:
            raise NotSaid(NO_ROOT)
        self.executed += 1
        try:
            given = self._engine.run(case)
            found = first_difference(case, [right], given, capabilities.outputs, capabilities.access, {}, self.checks)
        except EngineFailure as failure:
            raise type(failure)(f"block {block.environment.number}: {failure}") from failure
        if found is not None:
            why = f"\n  {found.explanation}" if found.explanation else ""
            raise EngineFailure(
                f"block {block.environment.number}: {found.where}: "
                f"the specification gives {found.expected}, {self._id} gives {found.given}{why}"
            )


def askable(
    engine: Engine, machine: Any, block: Payload, state: State, right: Object, result: AnyResult | None
) -> tuple[Case, Object]:
    """A block in the form of a vector, and what is right of it in that form.

    Raises NotSaid where that form cannot say it, or the engine cannot do it.
    """
    if block.is_bare:
        block, right = whole_block(machine, block, state, right, result)
    case = block_case(machine.fork, block, listed_state(machine, block, state), right)
    lacking = engine.capabilities.missing(case)
    if lacking:
        raise NotSaid(lacking)
    return case, right


def whole_block(
    machine: Any, bare: Payload, state: State, right: Object, result: AnyResult | None
) -> tuple[Payload, Object]:
    """The block of a state test with what every block begins and ends with, where it comes to the same; else NotSaid.

    It does so where nobody is rewarded, and no system contract is there to be called.
    """
    block = dataclasses.replace(bare, is_bare=False)
    try:
        whole = execute_block(machine, block, state)
    except Rejection as rejection:
        if write_rejection(rejection) != right:
            raise NotSaid(BARE) from None
        return block, right
    root = whole.state().root()
    if result is None or root != result.state().root() or whole.receipts != result.receipts:
        raise NotSaid(BARE)
    return block, evm.write_result(machine.fork, whole, root)


def block_case(fork: Fork, block: Payload, state: FlatState, right: Object) -> Case:
    """A block in the form of a vector. Raises NotSaid where that form cannot say it."""
    named = name_fork(fork)
    if not named.is_as_known:
        raise NotSaid(f"{fork.name} with {PARAMETERS}")
    content: Object = {
        "env": evm.write_environment(fork, block.environment),
        "txs": [evm.write_transaction(encode_transaction(transaction)) for transaction in block.transactions],
    }
    fields = evm.block_fields(fork)
    if fields["withdrawals"]:
        content["withdrawals"] = [evm.write_withdrawal(withdrawal) for withdrawal in block.withdrawals]
    if fields["ommers"]:
        content["ommers"] = [{"address": hexed(each.address), "number": str(each.number)} for each in block.ommers]
    if block.access_list is not None:
        content["block_access_list"] = hexed(encode_access_list(block.access_list))
    pre: Object = {address: write_account(account) for address, account in state.to_alloc().items()}
    return Case(
        id=f"{evm.NAME}/block_{block.environment.number}",
        machine=evm.NAME,
        fork=named.rules,
        params={"chain_id": str(block.environment.chain_id)},
        selectors=frozenset(evm.needed_selectors(fork, pre, [content], [right])),
        pre=pre,
        blocks=(content,),
    )
