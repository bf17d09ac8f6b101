"""solders' LiteSVM as something to compare with: Agave's runtime on one transaction."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from samestate.spec.svm.account import Account
from samestate.spec.svm.message import TransactionMessage
from samestate.spec.svm.transaction import encode_transaction, transaction_of


class Answer(NamedTuple):
    """What came of a transaction: its error as Rust prints it, None where it succeeded; units, logs, accounts after."""

    error: str | None
    units: int
    logs: tuple[str, ...]
    accounts: dict[bytes, Account | None]


class LiteSvm:
    """One instance, whose accounts are set anew for each transaction."""

    def __init__(self, checks_blockhash: bool, log_bytes: int = 10_000) -> None:
        from solders.litesvm import LiteSVM

        svm = LiteSVM().with_sigverify(False).with_blockhash_check(checks_blockhash)
        self._svm: Any = svm.with_transaction_history(0).with_log_bytes_limit(log_bytes)
        self.last_hash = bytes(self._svm.latest_blockhash())

    def send(self, message: TransactionMessage, accounts: Mapping[bytes, Account | None]) -> Answer:
        from solders.transaction import VersionedTransaction

        for key, account in accounts.items():
            self._set(key, account)
        wire = encode_transaction(transaction_of(message, (bytes(64),) * message.header.required_signatures))
        result = self._svm.send_transaction(VersionedTransaction.from_bytes(wire))
        after = {key: self.account(key) for key in accounts}
        if hasattr(result, "err"):
            meta = result.meta()
            return Answer(error_of(result.err()), meta.compute_units_consumed(), tuple(meta.logs()), after)
        return Answer(None, result.compute_units_consumed(), tuple(result.logs()), after)

    def account(self, key: bytes) -> Account | None:
        from solders.pubkey import Pubkey

        found = self._svm.get_account(Pubkey.from_bytes(key))
        if found is None or found.lamports == 0:
            return None
        return Account(found.lamports, bytes(found.owner), found.executable, bytes(found.data))

    def _set(self, key: bytes, account: Account | None) -> None:
        from solders.account import Account as Theirs
        from solders.pubkey import Pubkey

        given = Account(0) if account is None else account
        owner = Pubkey.from_bytes(given.owner)
        self._svm.set_account(Pubkey.from_bytes(key), Theirs(given.lamports, given.data, owner, given.executable))


def error_of(error: Any) -> str:
    """The error as Rust prints it, from what solders makes of it."""
    text = str(error)
    inner = re.fullmatch(r"TransactionErrorInstructionError\(\((\d+), (.*)\)\)", text)
    if inner:
        name = re.sub(r"^(Fieldless|Tagged)\((.*)\)$", r"\2", inner[2])
        custom = re.fullmatch(r"InstructionErrorCustom\((\d+)\)", name)
        return f"InstructionError({inner[1]}, {f'Custom({custom[1]})' if custom else name})"
    duplicate = re.fullmatch(r"TransactionErrorDuplicateInstruction\D*(\d+)\D*", text)
    if duplicate:
        return f"DuplicateInstruction({duplicate[1]})"
    return text.removeprefix("TransactionErrorFieldless.").removeprefix("TransactionError")
