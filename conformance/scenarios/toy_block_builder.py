"""The toy's block builder: what a scenario speaks to. Addresses follow from names, and nonces count themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from samestate.conformance.scenarios.draft import Unexpected
from samestate.conformance.scenarios.toy_draft import BLOCK_GAS, GAS, WEALTH, ToyAccount, ToyDraft
from samestate.conformance.vectors.document import Json, Object
from samestate.conformance.vectors.model import PRE, member, members, text, texts
from samestate.conformance.vectors.toy import CODEC
from samestate.spec.access import OPEN
from samestate.spec.evm.hashing import keccak256
from samestate.spec.machine import Key
from samestate.spec.toy.access_list import AccessList
from samestate.spec.toy.block import Declaration, Transaction, Withdrawal
from samestate.spec.toy.keys import balance_key, nonce_key, slot_key
from samestate.spec.toy.operations import Operation
from samestate.spec.toy.rejections import Invalid
from samestate.spec.toy.state import ToyState, toy_state
from samestate.spec.toy.word import from_value


class ToyBlockBuilder:
    """Builds the pre-state and the blocks of a toy vector. The last one begun is the current block."""

    chain_id: int | None = None
    """The chain of the blocks, under the ruleset `signed`."""

    def __init__(self) -> None:
        self.named: dict[str, ToyAccount] = {}
        self.balances: dict[bytes, int] = {}
        self.nonces_before: dict[bytes, int] = {}
        self.nonces: dict[bytes, int] = {}
        self.slots: dict[int, int] = {}
        self.drafts = [ToyDraft(self.nobody("coinbase"), BLOCK_GAS, chain_id=self.chain_id)]

    # Who there is, and what slots hold

    def accounts(self, *names: str, **balances: int) -> tuple[ToyAccount, ...]:
        """Accounts: those that are only named have what they need, the others what is said."""
        wealthy = [self.account(name) for name in names]
        return (*wealthy, *(self.account(name, balance) for name, balance in balances.items()))

    def account(self, name: str, balance: int = WEALTH, nonce: int = 0) -> ToyAccount:
        """One account, and what it has before the first block."""
        account = self.nobody(name)
        self.balances[account.address] = balance
        self.nonces_before[account.address] = self.nonces[account.address] = nonce
        return account

    def nobody(self, name: str) -> ToyAccount:
        """An account that has nothing yet. The same name is the same account."""
        if name not in self.named:
            self.named[name] = ToyAccount(name, keccak256(f"samestate toy {name}".encode())[12:])
        return self.named[name]

    def holding(self, values: Mapping[int, int]) -> None:
        """What slots hold before the first block."""
        self.slots.update(values)

    def pre_state(self) -> ToyState:
        """The state before the first block."""
        return toy_state(self.balances, self.nonces_before, self.slots)

    # The block

    @property
    def draft(self) -> ToyDraft:
        """The current block."""
        return self.drafts[-1]

    def mined_by(self, account: ToyAccount) -> None:
        """Make ``account`` the coinbase of the current block and of those after it."""
        self.draft.coinbase = account
        self.named = {name: known for name, known in self.named.items() if name != "coinbase" or known is account}

    def with_gas_limit(self, gas: int) -> None:
        """How much gas the transactions of the current block, and of those after it, may use together."""
        self.draft.gas_limit = gas

    def next_block(self) -> None:
        """End the current block and begin the next."""
        self.drafts.append(ToyDraft(self.draft.coinbase, self.draft.gas_limit, chain_id=self.chain_id))

    def opens_by_storing(self, slot: int, value: int) -> None:
        """Store something before the first transaction of the block."""
        self.draft.opening.append((slot, value))

    def withdrawal(self, to: ToyAccount, amount: int) -> None:
        """Pay at the end of the block."""
        self.draft.withdrawals.append(Withdrawal(to.address, amount))

    def carry_access_list(self, change: Callable[[AccessList], AccessList] = lambda right: right) -> None:
        """Let the block carry an access list: the right one, or what ``change`` makes of it."""
        self.draft.access_list = change

    def send(
        self,
        sender: ToyAccount,
        *operations: Operation,
        gas: int = GAS,
        price: int = 1,
        nonce: int | None = None,
        declares: tuple[Iterable[int], Iterable[int]] | None = None,
        comment: str = "",
    ) -> None:
        """Send a transaction. ``declares`` are the slots that it says it reads, and those that it says it writes.

        A nonce that is given does not count: the next transaction of the sender is as if this one had never been.
        """
        declared = Declaration(tuple(declares[0]), tuple(declares[1])) if declares is not None else None
        nonce = self.next_nonce(sender) if nonce is None else nonce
        self.put(sender, Transaction(sender.address, nonce, gas, price, operations, declared), comment)

    def next_nonce(self, sender: ToyAccount) -> int:
        """The nonce of the sender's next transaction, which is this one."""
        nonce = self.nonces.get(sender.address, 0)
        self.nonces[sender.address] = nonce + 1
        return nonce

    def put(self, sender: ToyAccount, transaction: Transaction, comment: str) -> None:
        """Put a transaction into the current block as it is."""
        self.draft.transactions.append(transaction)
        self.draft.comments.append(f"{sender.name}{': ' if comment else ''}{comment}")

    # What must come out

    def expect(self, code: Invalid, transaction: int | None = None) -> None:
        """The current block must be rejected, for the transaction of that index where one is given."""
        self.draft.rejection = (code, transaction)

    def expect_success(self, *succeeded: bool) -> None:
        """Which transactions of the current block must succeed. Without a word all of them must."""
        self.draft.receipts = succeeded

    def expect_gas(self, *gas: int) -> None:
        """The gas that each transaction of the current block must use."""
        self._expect_of_receipts("gas used", [str(used) for used in gas], lambda receipt: text(receipt, "gas_used"))

    def expect_cumulative_gas(self, *gas: int) -> None:
        """The gas that the current block must have used after each transaction."""
        wanted = [str(used) for used in gas]
        self._expect_of_receipts("cumulative gas used", wanted, lambda receipt: text(receipt, "cumulative_gas_used"))

    def expect_logs(self, *logs: Sequence[bytes]) -> None:
        """The logs of each transaction of the current block."""
        wanted = [" ".join(f"0x{log.hex()}" for log in each) for each in logs]
        self._expect_of_receipts("logs", wanted, lambda receipt: " ".join(texts(receipt, "logs")))

    def expect_first_logs(self, *first: int) -> None:
        """The index in the current block of each transaction's first log."""
        self._expect_of_receipts("first log", [str(log) for log in first], lambda receipt: text(receipt, "first_log"))

    def expect_balance(self, account: ToyAccount, balance: int) -> None:
        """What the account must have after the current block."""
        self._expect_number(f"balance of {account.name}", balance_key(account.address), balance)

    def expect_nonce(self, account: ToyAccount, nonce: int) -> None:
        """The nonce that the account must have after the current block."""
        self._expect_number(f"nonce of {account.name}", nonce_key(account.address), nonce)

    def expect_slot(self, slot: int, value: int) -> None:
        """What a slot must hold after the current block."""
        self._expect_number(f"slot {slot:#x}", slot_key(slot), value)

    def expect_state(self, balances: Mapping[ToyAccount, int], nonces: Mapping[ToyAccount, int]) -> None:
        """What accounts must have after the current block, and their nonces."""
        for account, balance in balances.items():
            self.expect_balance(account, balance)
        for account, nonce in nonces.items():
            self.expect_nonce(account, nonce)

    def expect_root(self, name: str, root: bytes) -> None:
        """The ``state_root`` or the ``receipts_root`` of the current block."""
        self._expect(name, f"0x{root.hex()}", lambda result, _: text(result, name))

    def expect_critical_path(self, transactions: int) -> None:
        """How many transactions of the current block wait for one another."""
        self._expect("critical path", str(transactions), lambda result, _: text(result, "critical_path"))

    def expect_reads(self, step: int, *keys: Key) -> None:
        """All that a transaction of the current block must read."""
        wanted = [CODEC.key(key) for key in sorted(keys)]
        self._expect(f"reads of step {step}", wanted, lambda result, _: [*member(_step(result, step), "reads")])

    def expect_writes(self, step: int, *keys: Key) -> None:
        """All that a transaction of the current block must write."""
        wanted = [CODEC.key(key) for key in sorted(keys)]
        self._expect(f"writes of step {step}", wanted, lambda result, _: [*member(_step(result, step), "writes")])

    def expect_sources(self, step: int, key: Key, *sources: int | str) -> None:
        """The steps from which a transaction must have the value of a key; none: from before the block."""
        wanted: Json = [str(source) for source in sources] if sources else PRE
        where = f"sources of {CODEC.key(key)} in step {step}"
        self._expect(
            where, wanted, lambda result, _: member(member(_step(result, step), "reads"), CODEC.key(key))["from"]
        )

    def _expect_of_receipts(self, what: str, wanted: list[str], look: Callable[[Object], str]) -> None:
        self._expect(what, wanted, lambda result, _: [look(receipt) for receipt in members(result, "receipts")])

    def _expect_number(self, what: str, key: Key, number: int) -> None:
        self._expect(what, number, lambda _, state: from_value(state.get(key)))

    def _expect(self, what: str, wanted: object, look: Callable[[Object, ToyState], object]) -> None:
        def check(result: Object, state: ToyState) -> None:
            found = look(result, state)
            if found != wanted:
                raise Unexpected(f"{what}: the scenario says {wanted}, the specification {found}")

        self.draft.checks.append(check)


def _step(result: Object, step: int) -> Object:
    return members(result, "access")[step - OPEN]
