"""The block builder: what a scenario speaks to. Keys follow from names, and nonces count themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Unpack

from samestate.conformance.fixtures.features import counts_state_gas
from samestate.conformance.generating.system_contracts import system_contracts
from samestate.conformance.scenarios.draft import (
    BLOB_HASH_VERSION,
    CHAIN_ID,
    ETHER,
    FIRST_NUMBER,
    FIRST_SLOT,
    FIRST_TIMESTAMP,
    GAS_LIMIT,
    GWEI,
    NO_ADDRESS,
    PRICES,
    PRICES_WITH_STATE_GAS,
    SECONDS_PER_BLOCK,
    SYSTEM_CONTRACTS,
    Details,
    Draft,
    NamedAccount,
    Unexpected,
    block_hash,
    ether,
)
from samestate.conformance.scenarios.expectations import Expectations
from samestate.conformance.vectors import evm
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.evm.private_keys import private_key_of
from samestate.conformance.vectors.model import member
from samestate.spec.evm.address import created_address
from samestate.spec.evm.block import Withdrawal
from samestate.spec.evm.environment import Environment
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.payload import OmmerMiner
from samestate.spec.evm.signature import address_of, sign, sign_authorization
from samestate.spec.evm.transaction import (
    AccessListTransaction,
    Authorization,
    BlobTransaction,
    FeeMarketTransaction,
    LegacyTransaction,
    SetCodeTransaction,
    Transaction,
    encode_transaction,
)

__all__ = [
    "CHAIN_ID",
    "ETHER",
    "GWEI",
    "SECONDS_PER_BLOCK",
    "BlockBuilder",
    "Draft",
    "NamedAccount",
    "Unexpected",
    "block_hash",
]


class BlockBuilder(Expectations):
    """Builds the pre-state and the blocks of a vector. The last one begun is the current block.

    Amounts in wei; ``tip`` is the priority fee per gas, and ``max_fee`` the maximum, by default enough for the tip.
    ``gas`` is the gas limit; ``prices`` has those that are the default.
    """

    def __init__(self, fork: Fork) -> None:
        self.fork = fork
        self.prices = PRICES_WITH_STATE_GAS if counts_state_gas(fork) else PRICES
        self.named: dict[str, NamedAccount] = {}
        self.pre: Object = {}
        self.nonces: dict[bytes, int] = {}
        self.coinbase = self.nobody("coinbase")
        self.drafts = [self._draft(FIRST_NUMBER, FIRST_TIMESTAMP)]
        for address, code in system_contracts(fork).items():
            self._place(NamedAccount(SYSTEM_CONTRACTS[address], address), nonce=1, code=code)

    # Who there is

    def accounts(self, **balances: int) -> tuple[NamedAccount, ...]:
        """Accounts with keys, and what they have. One that has nothing is not in the pre-state."""
        return tuple(self.account(name, balance) for name, balance in balances.items())

    def account(self, name: str, balance: int = 0, nonce: int = 0) -> NamedAccount:
        """One account with a key."""
        account = self.nobody(name)
        if balance or nonce:
            self._place(account, nonce=nonce, balance=balance)
        return account

    def nobody(self, name: str) -> NamedAccount:
        """An account with a key that the pre-state doesn't hold. The same name is the same account."""
        if name not in self.named:
            key = private_key_of(name)
            self.named[name] = NamedAccount(name, address_of(key), key)
        return self.named[name]

    def contract(
        self, name: str, code: bytes, storage: Mapping[int, int] | None = None, balance: int = 0, nonce: int = 1
    ) -> NamedAccount:
        """An account with code, and a key too, so that it can be asked to do what only senders may."""
        account = self.nobody(name)
        self._place(account, nonce, balance, code, storage)
        return account

    def at(self, name: str, address: bytes) -> NamedAccount:
        """An account without a key, at an address of its own."""
        self.named[name] = NamedAccount(name, address)
        return self.named[name]

    def empty_account(self, name: str, address: bytes | None = None) -> NamedAccount:
        """An account that is in the pre-state although it has nothing at all, as some were before EIP-161."""
        account = self.nobody(name) if address is None else self.at(name, address)
        self._place(account)
        return account

    def orphan_storage(self, account: NamedAccount, storage: Mapping[int, int], balance: int = 0) -> None:
        """Storage at an address that has neither nonce nor code (EIP-7610)."""
        self._place(account, balance=balance, storage=storage)

    def place_contract(
        self,
        account: NamedAccount,
        code: bytes,
        balance: int = 0,
        storage: Mapping[int, int] | None = None,
    ) -> None:
        """Put a contract at an address that follows from something else."""
        self._place(account, 1, balance, code, storage)

    def fund(self, account: NamedAccount, balance: int) -> None:
        """Give a balance, and nothing else, to an address of the pre-state."""
        self._place(account, balance=balance)

    def set_nonce(self, account: NamedAccount, nonce: int) -> None:
        """Give an account of the pre-state another nonce."""
        self.nonces[account.address] = nonce
        self.pre[str(account)] = {**member(self.pre, str(account)), "nonce": hex(nonce)}

    def forget(self, account: NamedAccount) -> None:
        """Take an account out of the pre-state: a system contract, for one."""
        del self.pre[str(account)]

    def _place(
        self,
        account: NamedAccount,
        nonce: int = 0,
        balance: int = 0,
        code: bytes = b"",
        storage: Mapping[int, int] | None = None,
    ) -> None:
        self.named[account.name] = account
        self.nonces[account.address] = nonce
        self.pre[str(account)] = {
            "nonce": hex(nonce),
            "balance": hex(balance),
            "code": f"0x{code.hex()}",
            "storage": {hex(slot): hex(value) for slot, value in sorted((storage or {}).items())},
        }

    # The block

    def _draft(self, number: int, timestamp: int) -> Draft:
        parent_hash = block_hash(number - 1)
        fields = evm.environment_fields(self.fork)
        return Draft(
            Environment(
                chain_id=CHAIN_ID,
                number=number,
                timestamp=timestamp,
                coinbase=self.coinbase.address,
                gas_limit=GAS_LIMIT,
                base_fee_per_gas=GWEI if fields["base_fee_per_gas"] else 0,
                difficulty=2**17 if fields["difficulty"] else 0,
                prev_randao=keccak256(f"samestate randao {number}".encode()) if fields["prev_randao"] else bytes(32),
                parent_hash=parent_hash,
                parent_beacon_block_root=keccak256(f"samestate beacon root {number - 1}".encode()),
                slot_number=FIRST_SLOT + number - FIRST_NUMBER if fields["slot_number"] else 0,
                block_hashes={number - 1: parent_hash},
            )
        )

    @property
    def environment(self) -> Environment:
        """What the transactions of the current block can ask about it."""
        return self.draft.environment

    def set_environment(self, **changes: Any) -> None:
        """Change fields of the current block's environment."""
        self.draft.environment = replace(self.environment, **changes)

    def mined_by(self, account: NamedAccount) -> None:
        """Make ``account`` the coinbase of the current block and of those after it."""
        self.coinbase = account
        self.named.pop("coinbase", None)
        self.set_environment(coinbase=account.address)

    def next_block(self) -> None:
        """End the current block and begin the next."""
        before = self.environment
        self.drafts.append(self._draft(before.number + 1, before.timestamp + SECONDS_PER_BLOCK))
        hashes = {**before.block_hashes, **self.environment.block_hashes}
        self.set_environment(block_hashes=hashes, gas_limit=before.gas_limit)

    def withdrawal(self, to: NamedAccount, gwei: int) -> None:
        """Pay ``gwei`` out of the consensus layer at the end of the block."""
        index = sum(len(draft.withdrawals) for draft in self.drafts)
        self.draft.withdrawals.append(Withdrawal(index, 100 + index, to.address, gwei))

    def ommer(self, miner: NamedAccount, generations: int = 1) -> None:
        """Include an ommer of so many blocks ago."""
        self.draft.ommers.append(OmmerMiner(miner.address, self.environment.number - generations))

    def propose_access_list(self, change: Callable[[bytes], bytes]) -> None:
        """Let the block come with an access list: what ``change`` makes of the right one."""
        self.draft.proposed_access_list = change

    # Transactions

    def transfer(
        self, sender: NamedAccount, to: NamedAccount, value: int, gas: int | None = None, **details: Unpack[Details]
    ) -> None:
        """Send value, and nothing else."""
        comment = f"{sender.name} sends {ether(value)} to {to.name}"
        self._send(sender, to, value, gas or self.prices.transfer, details={"comment": comment, **details})

    def call(
        self, sender: NamedAccount, to: NamedAccount, value: int = 0, gas: int | None = None, **details: Unpack[Details]
    ) -> None:
        """Call a contract."""
        self._send(
            sender, to, value, gas or self.prices.call, details={"comment": f"{sender.name} calls {to.name}", **details}
        )

    def create(
        self,
        sender: NamedAccount,
        name: str,
        initcode: bytes,
        value: int = 0,
        gas: int | None = None,
        **details: Unpack[Details],
    ) -> NamedAccount:
        """Create a contract by a transaction, and give it a name."""
        nonce = details.get("nonce", self.nonces.get(sender.address, 0))
        created = self.at(name, created_address(sender.address, nonce))
        comment = f"{sender.name} creates {name}"
        self._send(
            sender, None, value, gas or self.prices.creation, details={"data": initcode, "comment": comment, **details}
        )
        return created

    def delegate(
        self,
        sender: NamedAccount,
        delegations: Mapping[NamedAccount, NamedAccount | None] | Sequence[Authorization],
        to: NamedAccount | None = None,
        value: int = 0,
        gas: int | None = None,
        **details: Unpack[Details],
    ) -> None:
        """Delegate the code of accounts to others, or to nobody, and call ``to``, or the sender."""
        nonce = self.nonces.get(sender.address, 0)
        self.nonces[sender.address] = nonce + 1
        if isinstance(delegations, Mapping):
            authorizations = [self.authorization(*delegation) for delegation in delegations.items()]
            words = [
                f"{who.name} to {target.name if target is not None else 'nobody'}"
                for who, target in delegations.items()
            ]
        else:
            authorizations, words = list(delegations), ["accounts"]
        comment = f"{sender.name} brings delegations: {', '.join(words)}"
        details = {"nonce": nonce, "comment": comment, **details}
        self._send(
            sender, to or sender, value, gas or self.prices.creation, details=details, authorizations=authorizations
        )

    def authorization(
        self, authority: NamedAccount, target: NamedAccount | None, nonce: int | None = None, chain_id: int = CHAIN_ID
    ) -> Authorization:
        """The word of ``authority`` that it delegates its code to ``target``."""
        expected = self.nonces.get(authority.address, 0)
        if nonce is None:
            nonce = expected
            self.nonces[authority.address] = expected + 1
        unsigned = Authorization(
            chain_id=chain_id, address=target.address if target is not None else NO_ADDRESS, nonce=nonce
        )
        return sign_authorization(unsigned, authority.private_key)

    def blobs(
        self,
        sender: NamedAccount,
        to: NamedAccount | None,
        count: int,
        max_blob_fee: int = GWEI,
        gas: int | None = None,
        **details: Unpack[Details],
    ) -> None:
        """Send a transaction with so many blobs; ``to`` nobody is what no block may have."""
        hashes = tuple(
            BLOB_HASH_VERSION + keccak256(f"samestate blob {sender.name} {index}".encode())[1:]
            for index in range(count)
        )
        comment = f"{sender.name} sends {count} blobs to {to.name if to is not None else 'nobody'}"
        details = {"comment": comment, **details}
        self._send(
            sender,
            to,
            0,
            gas or self.prices.transfer,
            details=details,
            blob_hashes=hashes,
            max_blob_fee=max_blob_fee,
        )

    def raw(self, encoded: bytes, comment: str) -> None:
        """Put bytes in the place of a transaction."""
        self.draft.transactions.append((encoded, comment))

    def _send(
        self,
        sender: NamedAccount,
        to: NamedAccount | None,
        value: int,
        gas: int,
        *,
        details: Details,
        authorizations: Sequence[Authorization] | None = None,
        blob_hashes: tuple[bytes, ...] | None = None,
        max_blob_fee: int = 0,
    ) -> None:
        nonce = details.get("nonce")
        if nonce is None:
            nonce = self.nonces.get(sender.address, 0)
            self.nonces[sender.address] = nonce + 1
        data, tip, chain_id = details.get("data", b""), details.get("tip", GWEI), details.get("chain_id", CHAIN_ID)
        access_list = details.get("access_list")
        entries = tuple((account.address, tuple(slots)) for account, slots in access_list or ())
        base_fee = self.environment.base_fee_per_gas
        max_fee = details.get("max_fee", base_fee + tip)
        recipient = to.address if to is not None else None
        transaction: Transaction
        if authorizations is not None:
            transaction = SetCodeTransaction(
                chain_id=chain_id, nonce=nonce, max_priority_fee_per_gas=tip, max_fee_per_gas=max_fee, gas_limit=gas,
                to=recipient, value=value, data=data, access_list=entries, authorizations=tuple(authorizations),
            )  # fmt: skip
        elif blob_hashes is not None:
            transaction = BlobTransaction(
                chain_id=chain_id, nonce=nonce, max_priority_fee_per_gas=tip, max_fee_per_gas=max_fee, gas_limit=gas,
                to=recipient, value=value, data=data, access_list=entries, max_fee_per_blob_gas=max_blob_fee,
                blob_versioned_hashes=blob_hashes,
            )  # fmt: skip
        elif 2 in self.fork.transaction_types and not details.get("legacy"):
            transaction = FeeMarketTransaction(
                chain_id=chain_id, nonce=nonce, max_priority_fee_per_gas=tip, max_fee_per_gas=max_fee, gas_limit=gas,
                to=recipient, value=value, data=data, access_list=entries,
            )  # fmt: skip
        elif access_list is not None:
            transaction = AccessListTransaction(
                chain_id=chain_id, nonce=nonce, gas_price=max_fee, gas_limit=gas,
                to=recipient, value=value, data=data, access_list=entries,
            )  # fmt: skip
        else:
            transaction = LegacyTransaction(
                nonce=nonce, gas_price=max_fee, gas_limit=gas, to=recipient, value=value, data=data
            )
        signed = sign(transaction, sender.private_key, chain_id)
        self.draft.transactions.append((encode_transaction(signed), details.get("comment", "")))
