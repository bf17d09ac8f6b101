"""What a scenario says must come out of its blocks: a wrong specification is noticed when vectors are filled."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from samestate.conformance.scenarios.draft import Draft, NamedAccount, Unexpected
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.hexadecimal import hexed, unhexed
from samestate.conformance.vectors.model import members, text, texts
from samestate.spec.evm.block_access_list import AccountAccess, decode_access_list
from samestate.spec.evm.keys import EMPTY_ACCOUNT_VALUE, balance_key, code_key, empty_account_key, nonce_key, slot_key
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.state import FlatState
from samestate.spec.evm.transfer_logs import SYSTEM_ADDRESS

MovedValue = tuple[NamedAccount, NamedAccount, int]
"""From, to, wei."""


class Expectations:
    """Takes down what must come out of the block that was begun last."""

    drafts: list[Draft]

    @property
    def draft(self) -> Draft:
        """The current block."""
        return self.drafts[-1]

    # Verdict and receipts

    def expect(self, code: Invalid, transaction: int | None = None) -> None:
        """The current block must be rejected, for the transaction of that index where one is given."""
        self.draft.rejection = (code, transaction)

    def expect_success(self, *succeeded: bool) -> None:
        """Which transactions of the current block must succeed. Without a word all of them must."""
        self.draft.receipts = succeeded

    def expect_paid(self, *gas: int) -> None:
        """The gas that each transaction of the current block must pay for."""
        self._expect_result(
            "gas paid", gas, lambda result: tuple(int(text(receipt, "gas_used")) for receipt in receipts_of(result))
        )

    def expect_counted(self, *gas: tuple[int, int]) -> None:
        """The execution gas and the state gas that the block must count of each transaction."""
        self._expect_result(
            "gas counted",
            gas,
            lambda result: tuple(
                (int(text(each, "execution_gas")), int(text(each, "state_gas"))) for each in receipts_of(result)
            ),
        )

    def expect_gas_used(self, gas: int) -> None:
        """The gas used that the header of the current block must have."""
        self._expect_result("gas used", gas, lambda result: int(text(result, "gas_used")))

    def expect_logs(self, *logs: Sequence[MovedValue | NamedAccount]) -> None:
        """The logs of each transaction, in order: value that moved, or the account whose own log it is."""
        wanted = [[log_in_words(log) for log in of_one] for of_one in logs]

        def found(result: Object) -> list[list[str]]:
            return [[words_of_log(log) for log in members(receipt, "logs")] for receipt in receipts_of(result)]

        self._expect_result("logs", wanted, found)

    def expect_requests(self, *requests: bytes) -> None:
        """The requests that the current block must make, each a type byte and its data."""
        self._expect_result(
            "requests", [hexed(request) for request in requests], lambda result: list(texts(result, "requests"))
        )

    # The block access list

    def expect_listed(self, *accounts: NamedAccount) -> None:
        """Accounts that must be on the list of the current block."""
        self._expect_listed(accounts, True)

    def expect_unlisted(self, *accounts: NamedAccount) -> None:
        """Accounts that must not be on the list of the current block."""
        self._expect_listed(accounts, False)

    def expect_entry(self, account: NamedAccount, **fields: object) -> None:
        """What fields of the account's entry in the list of the current block must be."""

        def found(result: Object) -> dict[str, object]:
            entry = entry_of(result, account) or AccountAccess(account.address)
            return {name: getattr(entry, name) for name in fields}

        self._expect_result(f"entry of {account.name}", fields, found)

    def _expect_listed(self, accounts: Sequence[NamedAccount], is_listed: bool) -> None:
        for account in accounts:
            self._expect_result(
                f"{account.name} on the list",
                is_listed,
                lambda result, account=account: entry_of(result, account) is not None,  # type: ignore[misc]
            )

    # The state

    def expect_balance(self, account: NamedAccount, balance: int) -> None:
        """What the account must have after the current block."""
        self._expect(f"balance of {account.name}", balance_key(account.address), balance)

    def expect_nonce(self, account: NamedAccount, nonce: int) -> None:
        """The nonce that the account must have after the current block."""
        self._expect(f"nonce of {account.name}", nonce_key(account.address), nonce)

    def expect_slot(self, account: NamedAccount, slot: int, value: int | NamedAccount) -> None:
        """What a slot must hold after the current block."""
        number = value.as_number if isinstance(value, NamedAccount) else value
        self._expect(f"slot {slot} of {account.name}", slot_key(account.address, slot), number)

    def expect_code(self, account: NamedAccount, code: bytes) -> None:
        """The code that the account must have after the current block."""
        self._expect(f"code of {account.name}", code_key(account.address), int.from_bytes(code, "big"))

    def expect_gone(self, account: NamedAccount) -> None:
        """The account must not be in the state after the current block."""
        keys = [part(account.address) for part in (empty_account_key, nonce_key, balance_key, code_key)]
        for key in keys:
            self._expect(f"{account.name}, which should be gone", key, 0)
        self.draft.checks.append(lambda state: _without_storage(state, account))

    def expect_there(self, account: NamedAccount) -> None:
        """An empty account must still be in the state after the current block."""
        key = empty_account_key(account.address)
        self._expect(f"{account.name}, which should be there", key, int.from_bytes(EMPTY_ACCOUNT_VALUE, "big"))

    def _expect(self, what: str, key: bytes, number: int) -> None:
        def check(state: FlatState) -> None:
            found = int.from_bytes(state.get(key) or b"", "big")
            if found != number:
                raise Unexpected(f"{what}: the scenario says {number:#x}, the specification {found:#x}")

        self.draft.checks.append(check)

    def _expect_result(self, what: str, wanted: object, find: Callable[[Object], object]) -> None:
        def check(result: Object) -> None:
            found = find(result)
            if found != wanted:
                raise Unexpected(f"{what}: the scenario says {wanted}, the specification {found}")

        self.draft.result_checks.append(check)


def receipts_of(result: Object) -> Sequence[Object]:
    """The receipts of a valid block."""
    return members(result, "receipts")


def log_in_words(log: MovedValue | NamedAccount) -> str:
    """What a log says, for a comparison and for people."""
    if isinstance(log, NamedAccount):
        return f"log of {log}"
    sender, recipient, wei = log
    return f"{wei} wei from {sender} to {recipient}"


def words_of_log(log: Object) -> str:
    """The same of a log as a vector has it."""
    address = text(log, "address")
    if address != hexed(SYSTEM_ADDRESS):
        return f"log of {address}"
    _, sender, recipient = (f"0x{topic[-40:]}" for topic in texts(log, "topics"))
    return f"{int(text(log, 'data'), 16)} wei from {sender} to {recipient}"


def entry_of(result: Object, account: NamedAccount) -> AccountAccess | None:
    """The account's entry in the list of the block, or None."""
    listed = decode_access_list(unhexed(text(result, "block_access_list")))
    return next((entry for entry in listed if entry.address == account.address), None)


def _without_storage(state: FlatState, account: NamedAccount) -> None:
    if account.address in state.storage:
        raise Unexpected(f"{account.name}, which should be gone, has storage")
