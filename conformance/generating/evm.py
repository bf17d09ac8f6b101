"""Random blocks of the EVM, valid and invalid, under any fork.

A block is made of groups: the accounts and contracts that one transaction keeps to itself, and one hot group that
transactions share as often as ``conflict`` says. Everything follows from the seed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random

from samestate.conformance.generating.case import GeneratedCase
from samestate.conformance.generating.programs import Surroundings, write_program
from samestate.conformance.generating.system_contracts import deposit_logger, system_contracts
from samestate.conformance.generating.transactions import TransactionMaker
from samestate.spec.evm.address import created_address
from samestate.spec.evm.alloc import Alloc
from samestate.spec.evm.block import Header, Withdrawal, empty_ommers_hash
from samestate.spec.evm.delegation import DESIGNATOR, delegation_target
from samestate.spec.evm.environment import Environment
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.gas import GAS_PER_BLOB
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.header_rules import MINIMUM_DIFFICULTY, next_difficulty
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.receipt import BLOOM_SIZE
from samestate.spec.evm.signature import address_of
from samestate.spec.evm.transaction import encode_transaction
from samestate.spec.evm.withdrawals import pay_withdrawals
from samestate.spec.machine import Rejection
from samestate.spec.transition import apply_block, execute_block

ETHER = 10**18
GWEI = 10**9
BLOCK_TIME = 12
BLOCK_HASH_WINDOW = 256
GAS_LIMIT = 60_000_000
GAS_LIMIT_PER_TRANSACTION = 3_000_000
HOT_SENDERS = 3
HOT_CONTRACTS = 4
COLD_CONTRACTS = 2


@dataclass(frozen=True, slots=True)
class AccountGroup:
    """Accounts that belong together: keys of senders, keys of accounts that only delegate, contracts."""

    senders: tuple[bytes, ...]
    authorities: tuple[bytes, ...]
    contracts: tuple[bytes, ...]
    is_hot: bool


@dataclass(slots=True)
class _EvmDraft:
    """A block in the making."""

    random: Random
    fork: Fork
    chain_id: int
    pre: Alloc = field(default_factory=dict)

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

    def group(self, is_hot: bool, coinbase: bytes) -> AccountGroup:
        """A group, its accounts in the pre-state."""
        random = self.random
        made = AccountGroup(
            senders=tuple(random.randbytes(32) for _ in range(HOT_SENDERS if is_hot else 1)),
            authorities=tuple(random.randbytes(32) for _ in range(2 if is_hot else 1)),
            contracts=tuple(random.randbytes(20) for _ in range(HOT_CONTRACTS if is_hot else COLD_CONTRACTS)),
            is_hot=is_hot,
        )
        for key in made.senders:
            self.account(address_of(key), 1000 * ETHER, random.choice((0, 0, 1, 200)))
        for key in made.authorities:
            if random.random() < 0.6:
                delegates = self.fork.delegation_target is delegation_target and random.random() < 0.5
                code = DESIGNATOR + random.choice(made.contracts) if delegates else b""
                self.account(
                    address_of(key), random.choice((1, ETHER)), random.choice((1, 5) if code else (0, 1, 5)), code
                )
        self._contracts(made, coinbase)
        return made

    def _contracts(self, made: AccountGroup, coinbase: bytes) -> None:
        random = self.random
        accounts = tuple(address_of(key) for key in (*made.senders, *made.authorities))
        if made.is_hot:
            accounts = (*accounts, coinbase)
        for index, address in enumerate(made.contracts):
            # Calls mostly go to contracts that come later, so that few programs call one another without end.
            callees = made.contracts[index + 1 :] if random.random() < 0.8 else made.contracts
            around = Surroundings(self.fork, (*accounts, address), callees, is_hot=made.is_hot)
            code = write_program(random, around)
            self.account(address, random.choice((0, 0, 1, 100, ETHER)), 1, code, random.randrange(4))
            if random.random() < 0.1:
                self._in_the_way(created_address(address, 1))

    def _in_the_way(self, address: bytes) -> None:
        """An account where a creation is going to be: with nothing but a balance it does not stop it, else it does."""
        random = self.random
        way = random.randrange(4)
        if way == 0:
            self.account(address, balance=1)
        elif way == 1:
            self.account(address, nonce=1)
        elif way == 2:
            self.account(address, code=b"\x00")
        else:
            self.account(address, balance=1, slots=1)


def generate_block(fork: Fork, seed: int, transactions: int = 10, conflict: float = 0.5) -> GeneratedCase:
    """A valid block of at most so many transactions, each of which works on shared accounts as often as ``conflict``.

    Raises ValueError for a conflict outside 0 to 1. What the specification rejects, a transaction whose sender was
    made to create something in between, say, is left out.
    """
    if not 0 <= conflict <= 1:
        raise ValueError(f"conflict must be between 0 and 1, but is {conflict}")
    return _generate(fork, seed, transactions, conflict)[0]


def generate_invalid_block(fork: Fork, seed: int, transactions: int = 3, conflict: float = 0.5) -> GeneratedCase:
    """A block like one of :func:`generate_block` whose last transaction may not be in it. Its name says why."""
    case, maker = _generate(fork, seed, transactions, conflict)
    result = apply_block(Evm(fork), case.payload(), case.state())
    most = fork.blob_schedule.maximum if fork.blob_schedule else 0
    fault, spoiled = maker.spoiled(result.state(), most - result.totals.blob_gas_used // GAS_PER_BLOB)
    return replace(case, name=f"{case.name}: {fault}", transactions=(*case.transactions, spoiled))


def _generate(fork: Fork, seed: int, transactions: int, conflict: float) -> tuple[GeneratedCase, TransactionMaker]:
    random = Random(f"{fork.name} {seed} {transactions} {conflict}")
    draft = _EvmDraft(random, fork, chain_id=random.choice((1, 1, 1, 1337)))
    parent = _parent(random, fork, transactions)
    coinbase = random.randbytes(20)
    hot = draft.group(is_hot=True, coinbase=coinbase)
    environment = _environment(random, fork, draft.chain_id, parent, _coinbase(random, draft, hot, coinbase))
    deposits = draft.chain_id == 1 and random.random() < 0.3
    _predeploy(draft, deposits)
    maker = TransactionMaker(random, fork, environment, draft.pre, can_deposit=deposits)
    made = []
    for _ in range(transactions):
        group = hot if random.random() < conflict else draft.group(is_hot=False, coinbase=coinbase)
        made.append(
            encode_transaction(maker.transaction(group.senders, group.authorities, group.contracts, hot is group))
        )
    case = GeneratedCase(
        name=f"{fork.name}, seed {seed}, {transactions} transactions, conflict {conflict}",
        fork=fork,
        chain_id=draft.chain_id,
        parent=parent,
        pre=draft.pre,
        environment=environment,
        transactions=tuple(made),
        withdrawals=_withdrawals(random, draft, environment) if pay_withdrawals in fork.closing else (),
    )
    return _without_rejected(case), maker


def _without_rejected(case: GeneratedCase) -> GeneratedCase:
    """The case without the transactions that may not be in the block."""
    rejected: set[int] = set()

    def leave_out(index: int, rejection: Rejection) -> None:
        rejected.add(index)

    execute_block(Evm(case.fork), case.payload(), case.state(), leave_out)
    kept = tuple(encoded for index, encoded in enumerate(case.transactions) if index not in rejected)
    return replace(case, transactions=kept)


def _predeploy(draft: _EvmDraft, deposits: bool) -> None:
    """The system contracts, and one that logs deposits in the place of the deposit contract."""
    for address, code in system_contracts(draft.fork).items():
        draft.account(address, nonce=1, code=code)
    if deposits:
        draft.account(draft.fork.deposit_contract, nonce=1, code=deposit_logger())


def _coinbase(random: Random, draft: _EvmDraft, hot: AccountGroup, fresh: bytes) -> bytes:
    """Who is paid: mostly nobody known, sometimes somebody whom the transactions work on, or a precompile."""
    way = random.random()
    if way < 0.15:
        return address_of(random.choice(hot.senders))
    if way < 0.3:
        return random.choice(hot.contracts)
    if way < 0.33:
        return random.choice(sorted(draft.fork.precompiles))
    if way < 0.5:
        draft.account(fresh, balance=1)
    return fresh


def _parent(random: Random, fork: Fork, transactions: int) -> Header:
    number = random.randrange(300) if random.random() < 0.1 else random.randrange(12_000_000, 12_900_000)
    gas_limit = max(GAS_LIMIT, GAS_LIMIT_PER_TRANSACTION * transactions)
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
    )


def _environment(random: Random, fork: Fork, chain_id: int, parent: Header, coinbase: bytes) -> Environment:
    timestamp = parent.timestamp + BLOCK_TIME
    is_proof_of_work = fork.block_reward > 0
    oldest = max(0, parent.number + 1 - BLOCK_HASH_WINDOW)
    hashes = {
        number: keccak256(parent.state_root + number.to_bytes(8, "big")) for number in range(oldest, parent.number)
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
        block_hashes={**hashes, parent.number: parent.hash()},
    )


def _withdrawals(random: Random, draft: _EvmDraft, environment: Environment) -> tuple[Withdrawal, ...]:
    known = [bytes.fromhex(address[2:]) for address in draft.pre]
    first = random.randrange(10**6)
    return tuple(
        Withdrawal(
            index=first + index,
            validator_index=random.randrange(10**6),
            address=random.choice((random.choice(known), random.randbytes(20), environment.coinbase)),
            amount=random.choice((0, 1, random.randrange(32 * GWEI))),
        )
        for index in range(random.randrange(4))
    )
