"""The process of LiteSVM out of solders: a line of JSON for each chain of slots, and a line in answer.

In: ``{"signatures", "log_bytes", "accounts": {…}, "slots": [{"clock": […], "slot_hashes": […], "accounts": {…},
"transactions": […], "told": [[…]]}]}``. ``accounts`` are set before anything else, and those of a slot before its first
transaction: ``{address: [lamports, data, owner, executable]}``, lamports as text, addresses in hex, data in base64.
``clock`` is slot, start of the epoch, epoch, epoch of the leader schedule, and time. ``told``: for each transaction
the accounts that are told after it.

Out: ``{"slots": [[{"error", "units", "logs", "fee", "accounts"}]]}``. ``error`` is as Agave prints it, null
where there is none.
"""

from __future__ import annotations

import base64
import json
import sys
from typing import Any

MAXIMUM_EPOCH = 2**64 - 1


def main() -> None:
    """Answer lines until there are none."""
    for line in sys.stdin:
        sys.stdout.write(json.dumps(run(json.loads(line))) + "\n")
        sys.stdout.flush()


def run(question: dict[str, Any]) -> dict[str, Any]:
    """What comes out of a chain of slots."""
    from solders.clock import Clock
    from solders.hash import Hash
    from solders.litesvm import LiteSVM

    machine = LiteSVM().with_blockhash_check(False).with_transaction_history(0)
    machine = machine.with_sigverify(question["signatures"]).with_log_bytes_limit(question["log_bytes"])
    set_accounts(machine, question["accounts"])
    slots = []
    for slot in question["slots"]:
        set_accounts(machine, slot["accounts"])
        machine.set_clock(Clock(*slot["clock"]))
        machine.set_slot_hashes([(number, Hash(bytes.fromhex(digest))) for number, digest in slot["slot_hashes"]])
        pairs = zip(slot["transactions"], slot["told"], strict=True)
        slots.append([send(machine, transaction, told) for transaction, told in pairs])
    return {"slots": slots}


def set_accounts(machine: Any, accounts: dict[str, Any]) -> None:
    """Set accounts, one that is null to nothing."""
    from solders.account import Account
    from solders.pubkey import Pubkey

    for address, account in accounts.items():
        lamports, data, owner, executable = account or ("0", "", "00" * 32, False)
        machine.set_account(
            Pubkey(bytes.fromhex(address)),
            Account(int(lamports), base64.b64decode(data), Pubkey(bytes.fromhex(owner)), executable, MAXIMUM_EPOCH),
        )


def send(machine: Any, transaction: str, told: list[str]) -> dict[str, Any]:
    """What comes of a transaction."""
    from solders.transaction import VersionedTransaction
    from solders.transaction_metadata import FailedTransactionMetadata

    result = machine.send_transaction(VersionedTransaction.from_bytes(base64.b64decode(transaction)))
    failed = isinstance(result, FailedTransactionMetadata)
    about = result.meta() if failed else result
    return {
        "error": error_text(result.err()) if failed else None,
        "units": about.compute_units_consumed(),
        "logs": about.logs(),
        "fee": about.fee(),
        "accounts": {address: account_now(machine, address) for address in told},
    }


def account_now(machine: Any, address: str) -> list[Any] | None:
    """An account as it is, null where it has no lamports."""
    from solders.pubkey import Pubkey

    account = machine.get_account(Pubkey(bytes.fromhex(address)))
    if account is None or account.lamports == 0:
        return None
    return [
        str(account.lamports),
        base64.b64encode(account.data).decode(),
        bytes(account.owner).hex(),
        account.executable,
    ]


def error_text(error: Any) -> str:
    """An error as Agave prints it, such as ``InstructionError(0, Custom(1))``."""
    kind = type(error).__name__.removeprefix("TransactionError")
    if kind == "Fieldless":
        return str(error).rpartition(".")[2]
    fields = json.loads(error.to_json())
    if kind == "InstructionError":
        index, inner = fields
        return f"InstructionError({index}, {f'Custom({inner})' if isinstance(inner, int) else inner})"
    if isinstance(fields, dict):
        return f"{kind} {{ {', '.join(f'{name}: {value}' for name, value in fields.items())} }}"
    return f"{kind}({fields})"


if __name__ == "__main__":
    main()
