"""A block of the EVM in the making: who there is, the parent, the environment, and a maker of transactions."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from random import Random

from samestate.conformance.fixtures.features import counts_state_gas, has_header_field
from samestate.conformance.generating.case import GeneratedCase
from samestate.conformance.generating.groups import AccountGroup
from samestate.conformance.generating.keys import RING, address_of, private_key
from samestate.conformance.generating.programs import Surroundings, write_ledger, write_program, write_view
from samestate.conformance.generating.system_contracts import deposit_logger, system_contracts
from samestate.conformance.generating.transactions import LUKEWARM, TransactionMaker
from samestate.spec.evm.address import created_address
from samestate.spec.evm.alloc import Alloc
from samestate.spec.evm.block import Header, Withdrawal, empty_ommers_hash
from samestate.spec.evm.delegation import DESIGNATOR, delegation_target
from samestate.spec.evm.environment import Environment
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.header_rules import MINIMUM_DIFFICULTY, next_difficulty
from samestate.spec.evm.receipt import BLOOM_SIZE
from samestate.spec.evm.system_calls import BEACON_ROOTS, BLOCK_HASHES
from samestate.spec.evm.withdrawals import pay_withdrawals

ETHER = 10**18
GWEI = 10**9
BLOCK_TIME = 12
BLOCK_HASH_WINDOW = 256
HASH_SIZE = 32
GAS_LIMIT = 60_000_000
GAS_LIMIT_PER_TRANSACTION = 3_000_000
GAS_LIMITS_WITH_STATE = (GAS_LIMIT, 150_000_000, 500_000_000)
"""Since a transaction may halt with all of 2^24 gas, a block of sixty million is full after three that do."""
HOT_SENDERS = 3
HOT_CONTRACTS = 4
HOT_POOR = 3
FORWARD = 0.9
VIEWS = 0.5
NONCES_AHEAD = 2
COLD_CONTRACTS = 2


class EvmDraft:
    """A block in the making, for so many transactions, by random choices in an order that never changes.

    ``heat``: see :class:`samestate.conformance.generating.transactions.TransactionMaker`.
    ``last`` is the fork of the last block, where others follow; ``hot`` the group that transactions share. All that is
    in ``pre`` when :meth:`case` is called belongs to the state before the block.
    """

    def __init__(
        self,
        random: Random,
        fork: Fork,
        transactions: int,
        gas_limit: int | None = None,
        last: Fork | None = None,
        hot_senders: int = HOT_SENDERS,
        heat: float = LUKEWARM,
    ) -> None:
        self.random = random
        self.last = last or fork
        self.fork = fork
        self.chain_id = random.choice((1, 1, 1, 1337))
        self.pre: Alloc = {}
        self._next_key = random.randrange(RING)
        self._hot_senders = hot_senders
        self.parent = _parent(random, fork, transactions, gas_limit)
        self.fresh = random.randbytes(20)
        self._asked = tuple(address for address in (BEACON_ROOTS, BLOCK_HASHES) if address in system_contracts(fork))
        self.hot = self.group(is_hot=True)
        self.environment = _environment(random, fork, self.chain_id, self.parent, self._coinbase())
        deposits = self.chain_id == 1 and random.random() < 0.3
        self._predeploy(deposits)
        self.maker = TransactionMaker(random, fork, self.environment, self.pre, deposits, heat)

    def following(self, fork: Fork, parent: Header, pre: Alloc) -> EvmDraft:
        """A draft of the block after ``parent``, under ``fork``, on the state that it left, with the same accounts."""
        made = copy.copy(self)
        made.fork, made.parent, made.pre = fork, parent, pre
        made.environment = _environment(self.random, fork, self.chain_id, parent, self.environment.coinbase)
        can_deposit = f"0x{fork.deposit_contract.hex()}" in pre
        made.maker = TransactionMaker(self.random, fork, made.environment, pre, can_deposit)
        return made

    def account(self, address: bytes, balance: int = 0, nonce: int = 0, code: bytes = b"", slots: int = 0) -> None:
        """Put an account into the pre-state, with random values in so many slots."""
        storage = {
            hex(slot): hex(self.random.choice((1, 2, self.random.getrandbits(256) | 1))) for slot in range(slots)
        }
        self.pre[f"0x{address.hex()}"] = {
            "nonce": hex(nonce),
            "balance": hex(balance),
            "code": f"0x{code.hex()}",
            "storage": dict(storage),
        }

    def group(self, is_hot: bool) -> AccountGroup:
        """A group, its accounts in the pre-state."""
        random = self.random
        made = AccountGroup(
            senders=self._keys(self._hot_senders if is_hot else 1),
            authorities=self._keys(2 if is_hot else 1),
            contracts=tuple(random.randbytes(20) for _ in range(HOT_CONTRACTS if is_hot else COLD_CONTRACTS)),
            is_hot=is_hot,
            ledger=random.randbytes(20) if is_hot else None,
            poor=self._keys(HOT_POOR) if is_hot else (),
        )
        for key in made.senders:
            self.account(address_of(key), 1000 * ETHER, random.choice((0, 0, 1, 200)))
        others = tuple(
            address_of(key) for key in made.authorities
        )  # a delegation to one that delegates goes no further
        for key in made.authorities:
            if random.random() < 0.6:
                delegates = self.fork.delegation_target is delegation_target and random.random() < 0.5
                code = DESIGNATOR + random.choice(made.contracts + others) if delegates else b""
                self.account(
                    address_of(key), random.choice((1, ETHER)), random.choice((1, 5) if code else (0, 1, 5)), code
                )
        self._contracts(made)
        return made

    def _keys(self, count: int) -> tuple[bytes, ...]:
        """So many keys that no other group has, as long as the ring has any."""
        first = self._next_key
        self._next_key += count
        return tuple(private_key(number) for number in range(first, first + count))

    def _contracts(self, made: AccountGroup) -> None:
        random = self.random
        accounts = tuple(address_of(key) for key in (*made.senders, *made.authorities))
        if made.is_hot:
            accounts = (*accounts, self.fresh, *self._newcomers(made), *system_contracts(self.fork))
        if made.ledger:
            self.account(made.ledger, 0, 1, write_ledger(random), random.randrange(3))
        delegating = self.fork.delegation_target is delegation_target
        authorities = tuple(address_of(key) for key in made.authorities) if delegating else ()
        for index, address in enumerate(made.contracts):
            # Calls mostly go to contracts that come later, so that few programs call one another without end.
            callees = made.contracts[index + 1 :] if random.random() < FORWARD else made.contracts
            callees = (*callees, made.ledger) if made.ledger else callees
            around = Surroundings(self.fork, (*accounts, address), (*callees, *authorities), made.is_hot, self._asked)
            is_view = index == len(made.contracts) - 1 and random.random() < VIEWS
            code = (write_view if is_view else write_program)(random, around)
            self.account(address, random.choice((0, 0, 1, 100, ETHER)), 1, code, random.randrange(4))
            if random.random() < 0.1:
                self._in_the_way(created_address(address, 1))

    def _newcomers(self, made: AccountGroup) -> Iterator[bytes]:
        """Addresses where transactions may make accounts: contracts that senders and contracts create, the poor."""
        yield from (address_of(key) for key in made.poor)
        for key in made.senders:
            address = address_of(key)
            nonce = int(str(self.pre[f"0x{address.hex()}"]["nonce"]), 16)
            yield from (created_address(address, nonce + later) for later in range(NONCES_AHEAD))
        yield from (created_address(address, 1) for address in made.contracts)

    def _in_the_way(self, address: bytes) -> None:
        """An account where a creation is going to be: with nothing but a balance it does not stop it, else it does.

        One with storage alone stops it up to Osaka (EIP-7610). Since then nobody says what becomes of its slots, and no
        chain has one.
        """
        random = self.random
        way = random.randrange(3 if counts_state_gas(self.last) else 4)
        if way == 0:
            self.account(address, balance=1)
        elif way == 1:
            self.account(address, nonce=1)
        elif way == 2:
            self.account(address, code=b"\x00")
        else:
            self.account(address, balance=1, slots=1)

    def _coinbase(self) -> bytes:
        """Who is paid: mostly nobody known, sometimes somebody whom the transactions work on, or a precompile."""
        random = self.random
        way = random.random()
        if way < 0.15:
            return address_of(random.choice(self.hot.senders))
        if way < 0.3:
            return random.choice(self.hot.contracts)
        if way < 0.33:
            return random.choice(sorted(self.fork.precompiles))
        if way < 0.5:
            self.account(self.fresh, balance=1)
        return self.fresh

    def _predeploy(self, deposits: bool) -> None:
        """The system contracts, and one that logs deposits in the place of the deposit contract."""
        for address, code in system_contracts(self.fork).items():
            self.account(address, nonce=1, code=code)
        if deposits:
            self.account(self.fork.deposit_contract, nonce=1, code=deposit_logger())

    def case(self, name: str, transactions: list[bytes]) -> GeneratedCase:
        """The block with these transactions, which need not be valid, and withdrawals where the fork has them."""
        return GeneratedCase(
            name=name,
            fork=self.fork,
            chain_id=self.chain_id,
            parent=self.parent,
            pre=self.pre,
            environment=self.environment,
            transactions=tuple(transactions),
            withdrawals=self._withdrawals() if pay_withdrawals in self.fork.closing else (),
        )

    def _withdrawals(self) -> tuple[Withdrawal, ...]:
        random = self.random
        known = [bytes.fromhex(address[2:]) for address in self.pre]
        first = random.randrange(10**6)
        return tuple(
            Withdrawal(
                index=first + index,
                validator_index=random.randrange(10**6),
                address=random.choice((random.choice(known), random.randbytes(20), self.environment.coinbase)),
                amount=random.choice((0, 1, random.randrange(32 * GWEI))),
            )
            for index in range(random.randrange(4))
        )


def _parent(random: Random, fork: Fork, transactions: int, limit: int | None) -> Header:
    number = random.randrange(300) if random.random() < 0.1 else random.randrange(12_000_000, 12_900_000)
    gas_limit = max(GAS_LIMIT, GAS_LIMIT_PER_TRANSACTION * transactions)
    if counts_state_gas(fork):
        gas_limit = random.choice(GAS_LIMITS_WITH_STATE)
    gas_limit = limit or gas_limit
    schedule = fork.blob_schedule
    fields = fork.header_fields
    is_proof_of_work = fork.block_reward > 0
    return Header(
        parent_hash=random.randbytes(32),
        ommers_hash=empty_ommers_hash(),
        coinbase=random.randbytes(20),
        state_root=random.randbytes(32),
        transactions_root=random.randbytes(32),
        receipts_root=random.randbytes(32),
        bloom=bytes(BLOOM_SIZE),
        difficulty=random.randrange(MINIMUM_DIFFICULTY, 10**16) if is_proof_of_work else 0,
        number=number,
        gas_limit=gas_limit,
        gas_used=random.choice((0, gas_limit // 2, gas_limit)),
        timestamp=random.randrange(1_600_000_000, 1_800_000_000),
        extra_data=b"",
        prev_randao=random.randbytes(32),
        nonce=bytes(8),
        base_fee_per_gas=random.choice((7, GWEI, 50 * GWEI)) if fields > 15 else None,
        withdrawals_root=random.randbytes(32) if fields > 16 else None,
        blob_gas_used=schedule.target_gas if schedule else None,
        excess_blob_gas=random.choice((0, 2**17, 12 * schedule.update_fraction)) if schedule else None,
        parent_beacon_block_root=random.randbytes(32) if schedule else None,
        requests_hash=random.randbytes(32) if fields > 20 else None,
        block_access_list_hash=random.randbytes(32) if fork.has_access_list else None,
        slot_number=random.choice((0, random.getrandbits(24), 2**64 - 100))
        if has_header_field(fork, "slot_number")
        else None,
    )


def _slot_number(random: Random) -> int:
    """Any slot that leaves room for some blocks after it."""
    return random.choice((0, random.getrandbits(24), 2**64 - 100))


def _environment(random: Random, fork: Fork, chain_id: int, parent: Header, coinbase: bytes) -> Environment:
    timestamp = parent.timestamp + BLOCK_TIME
    is_proof_of_work = fork.block_reward > 0
    oldest = max(0, parent.number + 1 - BLOCK_HASH_WINDOW)
    digests = random.randbytes(HASH_SIZE * (parent.number - oldest))
    hashes = {
        number: digests[HASH_SIZE * place : HASH_SIZE * (place + 1)]
        for place, number in enumerate(range(oldest, parent.number))
    }
    return Environment(
        chain_id=chain_id,
        number=parent.number + 1,
        timestamp=timestamp,
        coinbase=coinbase,
        gas_limit=parent.gas_limit,
        base_fee_per_gas=fork.next_base_fee(parent) or 0,
        difficulty=next_difficulty(fork, parent, timestamp) if is_proof_of_work else 0,
        prev_randao=random.randbytes(32),
        excess_blob_gas=fork.next_excess_blob_gas(fork, parent) or 0,
        parent_hash=parent.hash(),
        parent_beacon_block_root=random.randbytes(32),
        slot_number=(parent.slot_number or 0) + 1 if has_header_field(fork, "slot_number") else 0,
        block_hashes={**hashes, parent.number: parent.hash()},
    )
