"""What can go wrong around a run: each message says what was wrong, where, and what would be right."""

from __future__ import annotations


class EngineError(Exception):
    """Base of all errors of the optimized engine. A rejected block is no error: it is a result."""


class ConfigurationError(EngineError, ValueError):
    """A setting that cannot be used. The message names where it came from, the setting, its value, and the fix."""


class MachineError(EngineError):
    """A machine that cannot be run: its name leads nowhere, or a method is missing."""


class BlockTooLarge(EngineError, ValueError):  # noqa: N818 - the word says it
    """A block with more transactions than ``maximum_block`` allows."""


class OutOfMemory(EngineError, MemoryError):  # noqa: N818 - as the field says
    """The arena is too small for the block, or the system does not have the memory that it is to have."""


class FallbackRefused(EngineError):  # noqa: N818 - what it is
    """A block that another strategy would have to finish, where ``no_fallback`` is set. ``reason``: why it would."""

    def __init__(self, strategy: str, reason: str) -> None:
        super().__init__(strategy, reason)
        self.strategy = strategy
        self.reason = reason

    def __str__(self) -> str:
        return f"strategy = {self.strategy} does not suit this block, and no_fallback is set: {self.reason}"


class StepFailed(EngineError):  # noqa: N818 - what it is
    """The machine did not do a step as a machine must: it raised, or gave what cannot be carried between processes.

    ``step`` is ``open``, the index of a transaction, or ``close``; ``reason`` what happened, in words.
    """

    def __init__(self, step: str, reason: str) -> None:
        super().__init__(step, reason)
        self.step = step
        self.reason = reason

    def __str__(self) -> str:
        where = self.step if self.step in ("open", "close") else f"transaction {self.step}"
        return f"step {where} failed: {self.reason}"


class MissingState(EngineError, LookupError):  # noqa: N818 - what it is
    """The state before the block is known in part, and a step needs something else of it, or the hash of a block.

    ``step`` is ``open``, the index of a transaction, or ``close``; ``missing`` is what, in words. Its cause says more.
    """

    def __init__(self, step: str, missing: str) -> None:
        super().__init__(step, missing)
        self.step = step
        self.missing = missing

    def __str__(self) -> str:
        where = self.step if self.step in ("open", "close") else f"transaction {self.step}"
        return f"step {where} needs what the witness does not have: {self.missing}"


class TimeLimitExceeded(EngineError, TimeoutError):  # noqa: N818 - what it is
    """A block that was not done in time. ``transactions`` lists those that were being executed, by index."""

    def __init__(self, seconds: float, transactions: tuple[int, ...], detail: str = "") -> None:
        super().__init__(seconds, transactions, detail)
        self.seconds = seconds
        self.transactions = transactions
        self.detail = detail

    def __str__(self) -> str:
        return (
            f"the block was not done within {self.seconds:g} s (time_limit): {running(self.transactions)}{self.detail}"
        )


class WorkerDied(EngineError):  # noqa: N818 - what it is
    """A worker process ended in mid-block. It is replaced before the next block, which may run."""

    def __init__(self, worker: int, process: int, how: str, transactions: tuple[int, ...]) -> None:
        super().__init__(worker, process, how, transactions)
        self.worker = worker
        self.process = process
        self.how = how
        self.transactions = transactions

    def __str__(self) -> str:
        return f"worker {self.worker} (process {self.process}) {self.how} in mid-block: {running(self.transactions)}"


class MissingAccessList(EngineError, ValueError):  # noqa: N818 - what it is
    """The strategy `access-list` was to run a block that came without a list."""


class EngineClosed(EngineError):  # noqa: N818 - what it is
    """An engine that was asked to execute after it had been closed."""


class EngineBusy(EngineError):  # noqa: N818 - what it is
    """An engine that was asked to execute a block while it is executing another, by another thread or a machine."""


def running(transactions: tuple[int, ...]) -> str:
    """Which transactions were being executed, in words."""
    if not transactions:
        return "no transaction was being executed"
    if len(transactions) == 1:
        return f"transaction {transactions[0]} was being executed"
    return "transactions " + ", ".join(map(str, transactions)) + " were being executed"
