"""Random transactions of every type that a fork has, and ones that may not be in a block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from samestate.conformance.fixtures.features import counts_state_gas
from samestate.conformance.generating.groups import AccountGroup
from samestate.conformance.generating.keys import address_of, sign, sign_authorization
from samestate.conformance.generating.programs import Surroundings, write_initcode
from samestate.conformance.generating.system_contracts import (
    REQUEST_SIZES,
    deposit_data,
    request_to,
    system_contracts,
)
from samestate.spec.evm.address import created_address
from samestate.spec.evm.alloc import Alloc
from samestate.spec.evm.environment import Environment
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.signature import CURVE_ORDER
from samestate.spec.evm.state import FlatState
from samestate.spec.evm.transaction import (
    AccessList,
    AccessListTransaction,
    Authorization,
    BlobTransaction,
    FeeMarketTransaction,
    LegacyTransaction,
    SetCodeTransaction,
    Transaction,
    encode_transaction,
)
from samestate.spec.evm.validity import intrinsic_gas

GWEI = 10**9
GAS_TO_EXECUTE = (0, 2000, 30_000, 60_000, 100_000, *[200_000] * 3, *[400_000] * 5, 1_000_000)
"""Seldom much: programs that call one another use all that they are given, and say no more with it."""
EXECUTION_LIMIT = 2**24
"""EIP-8037: what a transaction's gas limit has beyond this is a reservoir for state gas alone."""
TOTAL_LIMIT = 2**32 - 1
"""EIP-8037: the most gas that a transaction may ask for, the reservoir included."""
SLOT_GAS, ACCOUNT_GAS = 97_920, 183_600
GAS_WITH_STATE = (*GAS_TO_EXECUTE, 90_000, 250_000, 600_000, 1_000_000, 2_000_000, 4_000_000, 12_000_000)
STATE_GAS = (SLOT_GAS - 1, SLOT_GAS, SLOT_GAS + 1, ACCOUNT_GAS, 2 * SLOT_GAS, SLOT_GAS + ACCOUNT_GAS)
"""Sums of state gas, and the numbers beside one."""
RESERVOIRS = (0, 1, *STATE_GAS, 10**6, 5 * 10**6, 4 * 10**7)
RESERVED = 0.35
"""How many transactions have a reservoir."""


HANDED_ON = 0.12
"""How many transactions of those that are shared only give money to somebody who is going to need it."""
GIFT = 10**18
TO_THE_CREATED = 0.1
"""How many transactions of those that are shared go to a contract just created."""
LUKEWARM = 0.5
GAS_TO_HAND_ON = 21_000


class TransactionMaker:
    """Makes the transactions of one block, one after another, and keeps count of nonces and blobs.

    ``heat``, from 0 to 1, says how many of those that are shared are of one sender, or go to the contract that they all
    write to.
    """

    def __init__(
        self,
        random: Random,
        fork: Fork,
        environment: Environment,
        pre: Alloc,
        can_deposit: bool = False,
        heat: float = LUKEWARM,
    ) -> None:
        self._random = random
        self._fork = fork
        self._environment = environment
        self._pre = pre
        self._can_deposit = can_deposit
        self._heat = heat
        self._nonces: dict[bytes, int] = {}
        self._senders: dict[bytes, None] = {}
        self._purses: dict[bytes, int] = {}
        self._created: list[bytes] = []
        schedule = fork.blob_schedule
        self._blobs_left = schedule.maximum if schedule else 0

    def transaction(self, group: AccountGroup) -> Transaction:
        """A signed transaction from one of the senders of ``group`` that mostly works on its contracts."""
        if group.poor and self._random.random() < HANDED_ON:
            return self.signed(*self.handed_on(group))
        draft, key = self.draft(group)
        draft = replace(draft, gas_limit=self._gas_limit(draft, address_of(key)))
        return self.signed(draft, key)

    def draft(
        self, group: AccountGroup, with_blobs: bool = True, delegates_senders: bool = True
    ) -> tuple[Transaction, bytes]:
        """A transaction without gas and signature, with the nonce that is next, and the key of its sender."""
        random = self._random
        key = group.senders[0] if random.random() < self._heat / 2 else random.choice(group.senders)
        self._senders[key] = None
        sender = address_of(key)
        types = sorted(self._fork.transaction_types - ({3} if not self._blobs_left or not with_blobs else set()))
        kind = random.choice(types)
        accounts = (*(address_of(other) for other in (*group.senders, *group.authorities)), *group.contracts)
        to, value, data = self._message(group, accounts, may_create=kind < 3)
        if to is None:
            self._created.append(created_address(sender, self._nonce(sender)))
        draft = self._typed(kind, self.take_nonce(sender), to, value, data, self._access_list(accounts))
        if isinstance(draft, SetCodeTransaction):
            keys = (*group.authorities, *group.senders) if delegates_senders else group.authorities
            draft = replace(draft, authorizations=self._authorizations(keys, accounts))
        return draft, key

    def handed_on(self, group: AccountGroup) -> tuple[Transaction, bytes]:
        """A transaction that gives one of the poor something, or from one who was given it: with its sender's key.

        That one hands all of it on, to the last wei that gas may cost, or some of it.
        """
        random = self._random
        price, gas = self._environment.base_fee_per_gas or 1, GAS_TO_HAND_ON
        if counts_state_gas(self._fork):
            gas += ACCOUNT_GAS
        rich = [key for key in group.poor if self._purses.get(key, 0) > 2 * price * gas]
        key = random.choice(rich) if rich and random.random() < 0.6 else random.choice(group.senders)
        heir = random.choice([other for other in group.poor if other != key])
        has = self._purses.get(key, 0)
        value = GIFT + random.randrange(1000)
        if has:
            value = has - price * gas - random.choice((0, 0, 0, 1, has // 3))
            self._purses[key] = 0  # what gas did not cost is left, but nobody counts on it
        self._purses[heir] = self._purses.get(heir, 0) + value
        draft = LegacyTransaction(
            nonce=self.take_nonce(address_of(key)),
            gas_price=price,
            gas_limit=gas,
            to=address_of(heir),
            value=value,
            data=b"",
        )
        return draft, key

    def unsigned(self, group: AccountGroup, with_blobs: bool) -> Transaction:
        """A transaction for a pool: without signature, of the only sender of ``group``, which it never delegates.

        So the nonce of the next one is known, unless code of the sender's moves it. Blobs are counted by nobody.
        """
        schedule = self._fork.blob_schedule
        self._blobs_left = schedule.maximum if schedule else 0
        draft, key = self.draft(group, with_blobs=with_blobs, delegates_senders=False)
        return replace(draft, gas_limit=self._gas_limit(draft, address_of(key)))

    def rewind(self, address: bytes, step: int) -> None:
        """Let the next nonce of ``address`` be the one after so many transactions of it."""
        self._nonces.pop(address, None)
        self._nonces[address] = self._nonce(address) + step

    def signed(self, draft: Transaction, key: bytes) -> Transaction:
        """The transaction, signed; one of the first type for every chain or for this one."""
        return sign(draft, key, self._environment.chain_id if self._random.random() < 0.8 else None)

    def plain(self, key: bytes, to: bytes | None, value: int = 0, data: bytes = b"", gas_limit: int = 0) -> Transaction:
        """A signed transaction of the first type, at the lowest price."""
        sender = address_of(key)
        draft = LegacyTransaction(
            nonce=self.take_nonce(sender),
            gas_price=self._environment.base_fee_per_gas or 1,
            gas_limit=gas_limit,
            to=to,
            value=value,
            data=data,
        )
        return self.signed(draft, key)

    def again(self, draft: Transaction, key: bytes, authorities: Sequence[bytes], gas_limit: int) -> Transaction:
        """The same transaction once more, signed, from ``key`` and with other gas; authorizations are made anew."""
        sender = address_of(key)
        draft = replace(draft, nonce=self.take_nonce(sender), gas_limit=max(gas_limit, self.needed(draft, sender)))
        if isinstance(draft, SetCodeTransaction):
            targets = tuple(authorization.address for authorization in draft.authorizations)
            draft = replace(draft, authorizations=self._authorizations(authorities, targets))
        return self.signed(draft, key)

    def take_nonce(self, address: bytes) -> int:
        """The nonce that is next for ``address``, which counts as used."""
        nonce = self._nonce(address)
        self._nonces[address] = nonce + 1
        return nonce

    def give_back_nonce(self, address: bytes) -> None:
        """The nonce that was taken last is not used after all."""
        self._nonces[address] -= 1

    def needed(self, draft: Transaction, sender: bytes) -> int:
        """The least gas limit that the transaction may have."""
        return max(intrinsic_gas(self._fork, draft, sender), self._fork.calldata_floor(draft, sender))

    def _gas_limit(self, draft: Transaction, sender: bytes) -> int:
        """What the transaction costs before it executes, and some more; since Amsterdam sometimes a reservoir too."""
        random = self._random
        needed = self.needed(draft, sender)
        if not counts_state_gas(self._fork):
            return needed + random.choice(GAS_TO_EXECUTE)
        if random.random() < RESERVED:
            return EXECUTION_LIMIT + random.choice(RESERVOIRS)
        return needed + random.choice(GAS_WITH_STATE)

    def _nonce(self, address: bytes) -> int:
        """What the nonce of ``address`` should be by now, unless code has moved it."""
        if address not in self._nonces:
            entry = self._pre.get(f"0x{address.hex()}", {})
            self._nonces[address] = int(str(entry.get("nonce", "0x0")), 16)
        return self._nonces[address]

    def _message(
        self, group: AccountGroup, accounts: Sequence[bytes], may_create: bool
    ) -> tuple[bytes | None, int, bytes]:
        """Recipient, value in wei and data."""
        random, contracts, is_hot = self._random, group.contracts, group.is_hot
        value = random.choice((0, 0, 1, 1000, 10**18))
        data = b"".join(self._word(accounts, is_hot) for _ in range(random.randrange(4)))
        if group.ledger and random.random() < 0.15 + 0.45 * self._heat**2:
            return group.ledger, value, data
        if is_hot and self._created and random.random() < TO_THE_CREATED:
            return random.choice(self._created), value, data
        if counts_state_gas(self._fork) and random.random() < 0.1:
            data = random.choice((bytes, random.randbytes))(random.choice((100, 500, 2000)))  # may meet the floor
        way = random.random()
        if way < 0.5:
            return random.choice(contracts), value, data
        if way < 0.62:
            return random.choice(accounts), value, data
        if way < 0.7:
            return random.randbytes(20), value, data
        if way < 0.75:
            return random.choice(sorted(self._fork.precompiles)), value, data
        if way < 0.88 and may_create:
            around = Surroundings(self._fork, tuple(accounts), tuple(contracts), is_hot=is_hot)
            return None, value, write_initcode(random, around)
        if is_hot and way > 0.9:
            return self._to_the_system(value, data)
        return random.choice(contracts), 0, b""

    def _word(self, accounts: Sequence[bytes], is_hot: bool) -> bytes:
        """A word of data: a number, anything, or an account to look at, such as one that was just created."""
        random = self._random
        way = random.randrange(6)
        if way == 0:
            return bytes(32)
        if way == 1:
            return random.randrange(300).to_bytes(32, "big")
        if way == 2 or not is_hot:
            return random.randbytes(32)
        address = random.choice(self._created or accounts) if way < 5 else random.choice(accounts)
        return address.rjust(32, b"\x00")

    def _to_the_system(self, value: int, data: bytes) -> tuple[bytes, int, bytes]:
        """A message to the coinbase, to a system contract, or a deposit."""
        random = self._random
        to = random.choice((self._environment.coinbase, *system_contracts(self._fork), *self._request_contracts()))
        if self._can_deposit and random.random() < 0.3:
            return self._fork.deposit_contract, 0, deposit_data(random)
        if to in REQUEST_SIZES and random.random() < 0.8:
            return (to, *request_to(random, to))
        return to, value, data

    def _request_contracts(self) -> list[bytes]:
        return [address for address in system_contracts(self._fork) if address in REQUEST_SIZES]

    def _access_list(self, accounts: Sequence[bytes]) -> AccessList:
        random = self._random
        return tuple(
            (
                random.choice((random.choice(accounts), random.randbytes(20))),
                tuple(random.choice((0, 1, 2, 2**256 - 1)) for _ in range(random.randrange(3))),
            )
            for _ in range(random.choice((0, 0, 1, 2)))
        )

    def _typed(
        self, kind: int, nonce: int, to: bytes | None, value: int, data: bytes, access_list: AccessList
    ) -> Transaction:
        """A transaction of the type ``kind``, without gas and signature."""
        random, chain_id = self._random, self._environment.chain_id
        base_fee = self._environment.base_fee_per_gas
        price = base_fee + random.choice((0, 1, GWEI)) or 1
        if kind == 0:
            return LegacyTransaction(nonce=nonce, gas_price=price, gas_limit=0, to=to, value=value, data=data)
        if kind == 1:
            return AccessListTransaction(
                chain_id=chain_id,
                nonce=nonce,
                gas_price=price,
                gas_limit=0,
                to=to,
                value=value,
                data=data,
                access_list=access_list,
            )
        draft = FeeMarketTransaction(
            chain_id=chain_id,
            nonce=nonce,
            max_priority_fee_per_gas=random.choice((0, 1, price)),
            max_fee_per_gas=price,
            gas_limit=0,
            to=to,
            value=value,
            data=data,
            access_list=access_list,
        )
        if kind == 3 and to is not None:
            return self._with_blobs(draft)
        if kind == 4 and to is not None:
            return set_code(draft, ())
        return draft

    def _with_blobs(self, draft: FeeMarketTransaction) -> BlobTransaction:
        random = self._random
        most = min(self._blobs_left, self._fork.blobs_per_transaction or self._blobs_left)
        count = random.randint(1, most)
        self._blobs_left -= count
        price = self._fork.blob_base_fee(self._environment.excess_blob_gas)
        hashes = tuple(b"\x01" + random.randbytes(31) for _ in range(count))
        return with_blobs(draft, hashes, price * random.choice((1, 2)))

    def _authorizations(self, keys: Sequence[bytes], accounts: Sequence[bytes]) -> tuple[Authorization, ...]:
        return tuple(self._authorization(keys, accounts) for _ in range(self._random.randint(1, 3)))

    def _authorization(self, keys: Sequence[bytes], accounts: Sequence[bytes]) -> Authorization:
        """One that holds mostly, else one that fails for any of the reasons that there are."""
        random = self._random
        key = random.choice(keys)
        authority = address_of(key)
        target = random.choice((random.choice(accounts), random.choice(accounts), bytes(20), b"\x00" * 19 + b"\x04"))
        nonce, chain_id = self._nonce(authority), random.choice((0, self._environment.chain_id))
        fault = random.choice(("nonce", "chain", "limit", "signature", "parity")) if random.random() < 0.3 else ""
        if fault == "nonce":
            nonce += random.choice((-1, 1)) if nonce else 1
        elif fault == "chain":
            chain_id = self._environment.chain_id + 1
        elif fault == "limit":
            nonce = 2**64 - 1
        signed = sign_authorization(Authorization(chain_id=chain_id, address=target, nonce=nonce), key)
        if fault == "signature":
            return replace(signed, s=CURVE_ORDER - signed.s)
        if fault == "parity":
            return replace(signed, y_parity=random.choice((2, 27, 255)))
        if not fault:
            self._nonces[authority] = nonce + 1
        return signed

    def spoiled(self, after: FlatState, blobs_left: int) -> tuple[str, bytes]:
        """A transaction that may not come next, on the state ``after`` all others; and what is wrong with it.

        ``blobs_left`` is how many more blobs the block may have.
        """
        self._blobs_left = blobs_left
        random, fork = self._random, self._fork
        key = random.choice(list(self._senders) or [random.randbytes(32)])
        account = after.accounts.get(address_of(key))
        draft = FeeMarketTransaction(
            chain_id=self._environment.chain_id,
            nonce=account.nonce if account else 0,
            max_priority_fee_per_gas=0,
            max_fee_per_gas=self._environment.base_fee_per_gas,
            gas_limit=100_000,
            to=random.randbytes(20),
            value=0,
            data=b"",
        )
        funds = account.balance if account else 0
        faults = self._faults(draft, address_of(key), funds)
        fault = random.choice(sorted(faults))
        signed = sign(faults[fault], key, self._environment.chain_id)
        encoded = encode_transaction(signed)
        if fault == "bytes after the end":
            encoded += b"\x00"
        elif fault == "high s" and not isinstance(signed, LegacyTransaction):
            encoded = encode_transaction(replace(signed, s=CURVE_ORDER - signed.s, y_parity=1 - signed.y_parity))
        return f"{fault} in {fork.name}", encoded

    def _faults(self, fine: FeeMarketTransaction, sender: bytes, funds: int) -> dict[str, Transaction]:
        """Transactions that may not be in the block, by what is wrong with them, or becomes so with the signature."""
        fork, base_fee = self._fork, self._environment.base_fee_per_gas
        legacy = LegacyTransaction(
            nonce=fine.nonce, gas_price=base_fee or 1, gas_limit=100_000, to=fine.to, value=0, data=b""
        )
        faults: dict[str, Transaction] = {
            "nonce too high": replace(legacy, nonce=legacy.nonce + 1),
            "gas below the intrinsic gas": replace(legacy, gas_limit=self.needed(legacy, sender) - 1),
            "gas over the block's": replace(legacy, gas_limit=self._environment.gas_limit + 1),
            "value over the funds": replace(legacy, value=funds + 1),
            "gas over the funds": replace(legacy, gas_price=2**200),
        }
        if fine.nonce:
            faults["nonce too low"] = replace(legacy, nonce=legacy.nonce - 1)
        if base_fee:
            faults["price below the base fee"] = replace(legacy, gas_price=base_fee - 1)
        if 2 in fork.transaction_types:
            faults["priority over the maximum"] = replace(fine, max_priority_fee_per_gas=base_fee + 1)
            faults["another chain"] = replace(fine, chain_id=fine.chain_id + 1)
            faults["high s"] = fine
            faults["bytes after the end"] = fine
        else:
            faults["a type of the future"] = fine
        if fork.initcode_size_limit < 2**64:
            faults["initcode too large"] = replace(
                legacy, to=None, data=bytes(fork.initcode_size_limit + 1), gas_limit=5_000_000
            )
        if counts_state_gas(fork):
            faults["gas over the cap of all gas"] = replace(legacy, gas_limit=TOTAL_LIMIT + 1)
        elif fork.transaction_gas_limit is not None:
            faults["gas over the cap"] = replace(legacy, gas_limit=fork.transaction_gas_limit + 1)
        return {**faults, **self._blob_faults(fine), **self._set_code_faults(fine)}

    def _blob_faults(self, fine: FeeMarketTransaction) -> dict[str, Transaction]:
        fork = self._fork
        if fork.blob_schedule is None:
            return {"blobs before their time": with_blobs(fine, (b"\x01" + bytes(31),), 1)}
        price = fork.blob_base_fee(self._environment.excess_blob_gas)
        good = b"\x01" + bytes(31)
        faults: dict[str, Transaction] = {
            "no blobs": with_blobs(fine, (), price),
            "a blob of another version": with_blobs(fine, (b"\x02" + bytes(31),), price),
            "too little for a blob": with_blobs(fine, (good,), price - 1),
            "too many blobs": with_blobs(fine, (good,) * (fork.blob_schedule.maximum + 1), price),
            "more blobs than are left": with_blobs(fine, (good,) * (self._blobs_left + 1), price),
        }
        return faults

    def _set_code_faults(self, fine: FeeMarketTransaction) -> dict[str, Transaction]:
        if 4 not in self._fork.transaction_types:
            return {
                "a delegation before its time": set_code(fine, (Authorization(chain_id=0, address=bytes(20), nonce=0),))
            }
        return {"no authorizations": set_code(fine, ())}


def with_blobs(draft: FeeMarketTransaction, hashes: tuple[bytes, ...], price: int) -> BlobTransaction:
    """The transaction with blobs, for at most so many wei a unit of blob gas."""
    return BlobTransaction(
        chain_id=draft.chain_id,
        nonce=draft.nonce,
        max_priority_fee_per_gas=draft.max_priority_fee_per_gas,
        max_fee_per_gas=draft.max_fee_per_gas,
        gas_limit=draft.gas_limit,
        to=draft.to,
        value=draft.value,
        data=draft.data,
        access_list=draft.access_list,
        max_fee_per_blob_gas=price,
        blob_versioned_hashes=hashes,
    )


def set_code(draft: FeeMarketTransaction, authorizations: tuple[Authorization, ...]) -> SetCodeTransaction:
    """The transaction with authorizations."""
    return SetCodeTransaction(
        chain_id=draft.chain_id,
        nonce=draft.nonce,
        max_priority_fee_per_gas=draft.max_priority_fee_per_gas,
        max_fee_per_gas=draft.max_fee_per_gas,
        gas_limit=draft.gas_limit,
        to=draft.to,
        value=draft.value,
        data=draft.data,
        access_list=draft.access_list,
        authorizations=authorizations,
    )
