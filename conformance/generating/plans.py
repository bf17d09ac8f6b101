"""Random plans of chains by seed: machines, links, rounds with gaps, messages that arrive, fail, or are none."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Final

from nacl.signing import SigningKey

from samestate.conformance.generating.keys import address_of, private_key, sign
from samestate.conformance.generating.plan_contracts import KEEPER, MAILBOX, REFUSER, answering
from samestate.conformance.generating.svm.instructions import transfer
from samestate.conformance.generating.svm.messages import compile_message, sign_message
from samestate.conformance.generating.vector import FOLDER
from samestate.conformance.vectors import chains, evm, svm, toy
from samestate.conformance.vectors.document import Json, Object
from samestate.conformance.vectors.hexadecimal import hexed
from samestate.conformance.vectors.model import Case, member, members, round_results, text
from samestate.conformance.vectors.toy.operations import write_operation
from samestate.spec.chains.evm import LONGEST_PAYLOAD, WORD, abi_bytes
from samestate.spec.chains.svm import outbox_account
from samestate.spec.chains.toy import INBOX, OUTBOX, mail_slot
from samestate.spec.evm.environment import Environment
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import BERLIN, LONDON, PARIS, SHANGHAI
from samestate.spec.evm.transaction import LegacyTransaction, encode_transaction
from samestate.spec.svm.account import Account
from samestate.spec.svm.addresses import SYSTEM, base58
from samestate.spec.svm.blockhash_queue import BlockhashQueue, RegisteredHash
from samestate.spec.svm.chain import Bank
from samestate.spec.svm.rulesets import RULESETS
from samestate.spec.toy.operations import Add, Operation, Sload, Sstore

FORKS: Final[Sequence[Fork]] = (BERLIN, LONDON, PARIS, SHANGHAI)
"""Forks that call no system contracts, so that pre-states stay small."""
GWEI: Final = 10**9
ETHER: Final = 10**18
SOL: Final = 10**9
RENT_EXEMPT: Final = 890_880
FIRST_SLOT: Final = 1000
NAMES: Final = ("ann", "bob", "cleo", "dan")
CLAIMED: Final = 1 / 4
"""The share of blocks that say what they deliver."""
WRONGLY: Final = 1 / 4
"""The share of those that say something else."""
IN_A_ROUND: Final = 3 / 4
"""How often a chain has a block in a round."""


@dataclass(slots=True)
class _Draft:
    """A chain in the making: its part of the plan, its blocks by round, the domains that links lead to, and what
    it has sent there.
    """

    name: str
    domain: int
    machine: str
    written: Object
    blocks: dict[int, Object] = field(default_factory=dict)
    linked: list[int] = field(default_factory=list)
    sequences: dict[int, int] = field(default_factory=dict)
    nonces: dict[str, int] = field(default_factory=dict)


def generate_plan(name: str, seed: int, transactions: int) -> Case:
    """The plan of a seed, with about so many transactions of its own; some blocks say what they deliver."""
    case = _drawn(name, seed, transactions)
    random = Random(f"samestate inboxes {seed}")
    rounds: list[Object] = []
    used: dict[str, list[tuple[str, int]]] = {}
    for round_, result in zip(case.blocks, chains.execute(case), strict=True):
        blocks: dict[str, Json] = {}
        for chain in member(round_, "chains"):
            block = member(member(round_, "chains"), chain)
            delivered = [
                (text(each, "source"), int(text(each, "sequence")))
                for each in members(result, "delivered")
                if each["destination"] == chain
            ]
            if chain in round_results(result) and random.random() < CLAIMED:
                block = {**block, "inbox": _claimed(random, delivered, used.get(chain, []))}
            used.setdefault(chain, []).extend(delivered)
            blocks[chain] = block
        rounds.append({"chains": blocks})
    return replace(case, blocks=tuple(rounds))


def _claimed(random: Random, delivered: list[tuple[str, int]], used: list[tuple[str, int]]) -> list[Json]:
    """What a block says that it delivers: what it does, with something added, left out or moved now and then."""
    claimed = [*delivered]
    if random.random() < WRONGLY:
        way = random.randrange(3) if claimed else 0
        if way == 0:
            others = [*used, *claimed, (random.choice(NAMES), random.randrange(4))]
            claimed.insert(random.randint(0, len(claimed)), random.choice(others))
        elif way == 1:
            claimed.pop(random.randrange(len(claimed)))
        else:
            random.shuffle(claimed)
    return [{"source": source, "sequence": str(sequence)} for source, sequence in claimed]


def _drawn(name: str, seed: int, transactions: int) -> Case:
    random = Random(f"samestate plan {seed} {transactions}")
    names = NAMES[: random.randint(2, len(NAMES))]
    domains = random.sample(range(6), len(names))
    machines = [random.choice((toy.NAME, toy.NAME, evm.NAME, svm.NAME)) for _ in names]
    drafts = {
        each: _chain(random, each, domain, machine, domains)
        for each, domain, machine in zip(names, domains, machines, strict=True)
    }
    links: list[Json] = []
    for source in names:
        for destination in names:
            if source != destination and random.random() < 0.7:
                links.append(_link(random, drafts[source], drafts[destination]))
                drafts[source].linked.append(drafts[destination].domain)
    rounds = random.randint(3, 6)
    for number in range(rounds):
        for each in drafts.values():
            if random.random() < IN_A_ROUND:
                share = transactions / (rounds * len(names))
                count = min(int(random.expovariate(1 / (2 * share + 0.5))), 6)
                each.blocks[number] = _BLOCKS[each.machine](random, each, drafts, number, count)
    return Case(
        id=f"{chains.NAME}/{FOLDER}/{name}",
        machine=chains.NAME,
        fork=chains.FORK,
        params={},
        selectors=frozenset(),
        pre={"chains": {each: drafts[each].written for each in names}, "links": links},
        blocks=tuple(
            {"chains": {each: drafts[each].blocks[number] for each in names if number in drafts[each].blocks}}
            for number in range(rounds)
        ),
    )


def _link(random: Random, source: _Draft, destination: _Draft) -> Json:
    """A link; who receives on the EVM keeps, refuses, answers or is nobody."""
    written: Object = {"from": source.name, "to": destination.name, "latency": str(random.choice((1, 1, 1, 1, 2, 3)))}
    if destination.machine == evm.NAME:
        return {**written, "recipient": hexed(_contract(destination.name, random.choice(_RECIPIENTS)))}
    if destination.machine == svm.NAME:
        recipient = random.choice(("shop", "shop", "newcomer", "relayer"))
        return {**written, "recipient": base58(bytes(_svm_key(destination.name, recipient).verify_key))}
    return written


def _target(random: Random, draft: _Draft, drafts: Mapping[str, _Draft]) -> tuple[int, int]:
    """A domain, mostly one that there is, and a sequence number, mostly the next one."""
    strange = [draft.domain, 77, *(each.domain for each in drafts.values())]
    domain = random.choice(draft.linked if draft.linked and random.random() < 0.93 else strange)
    following = draft.sequences.get(domain, 0)
    way = random.random()
    if way < 0.85:
        draft.sequences[domain] = following + 1
        return domain, following
    return domain, max(0, following - 1) if way < 0.93 else following + 1


def _payload(random: Random) -> bytes:
    """A payload that fits everywhere, or not everywhere, or nowhere."""
    size = random.choice((0, 1, 3, 4, 8, 8, 9, 32, 33, 40, LONGEST_PAYLOAD + 1 if random.random() < 0.2 else 64))
    return random.randbytes(size)


# Chains of each machine


def _chain(random: Random, name: str, domain: int, machine: str, domains: Sequence[int]) -> _Draft:
    written: Object = {
        "domain": str(domain),
        "machine": {},
        "messages_per_block": str(random.choice((0, 1, 2, 3, 8, 8, 8))),
    }
    written |= _CHAINS[machine](random, name, domains)
    return _Draft(name, domain, machine, written)


def _toy_address(name: str, account: str) -> str:
    return hexed(hashlib.sha256(f"samestate plan {name} {account}".encode()).digest()[:20])


def _toy_chain(random: Random, name: str, domains: Sequence[int]) -> Object:
    wealth = {"relayer": random.choice((0, 60_000, 10**9, 10**9, 10**9)), "alice": 10**9, "bob": 10**9}
    accounts: Object = {
        _toy_address(name, account): {"nonce": "0x0", "balance": hex(balance)}
        for account, balance in wealth.items()
        if balance
    }
    return {
        "machine": {"name": toy.NAME, "fork": toy.FORK, "params": {}},
        "relayer": {
            "address": _toy_address(name, "relayer"),
            "gas_limit": str(random.choice((2_200, 30_000, 30_000, 30_000, 30_000))),
            "gas_price": "1",
        },
        "pre": {"accounts": dict(sorted(accounts.items())), "slots": {}},
    }


def _toy_block(random: Random, draft: _Draft, drafts: Mapping[str, _Draft], number: int, count: int) -> Object:
    sent: list[Json] = []
    for _ in range(count):
        account = random.choice(("alice", "alice", "bob", "bob", "bob", "relayer"))
        operations: list[Operation] = []
        for _ in range(random.randint(1, 3)):
            domain, sequence = _target(random, draft, drafts)
            if random.random() < 0.3:
                operations += [Sload(mail_slot(INBOX, domain, random.randrange(3))), Add(random.randrange(3))]
            word = None if operations and random.random() < 0.3 else random.choice((0, 1, 5, 2**40, 2**64, 2**256 - 1))
            operations.append(Sstore(mail_slot(OUTBOX, domain, sequence), word))
        nonce = draft.nonces.get(account, 0)
        draft.nonces[account] = nonce + (account != "relayer")
        gas = random.choice((100_000,) * 12 + (22_000,))
        sent.append(
            {
                "sender": _toy_address(draft.name, account),
                "nonce": str(nonce),
                "gas_limit": str(gas),
                "gas_price": "1",
                "operations": [write_operation(operation) for operation in operations],
            }
        )
    limit = random.choice((30_000_000,) * 9 + (70_000,))
    env: Object = {"coinbase": _toy_address(draft.name, "coinbase"), "gas_limit": str(limit)}
    return {"env": env, "txs": sent, "withdrawals": []}


def _contract(name: str, kind: str) -> bytes:
    return hashlib.sha256(f"samestate plan {name} contract {kind}".encode()).digest()[:20]


_RECIPIENTS: Final = ("keeper", "keeper", "refuser", "answering", "nobody")


def _evm_key(name: str, account: str) -> bytes:
    accounts = ("relayer", "alice", "bob")
    return private_key(3 * NAMES.index(name) + accounts.index(account))


def _evm_chain(random: Random, name: str, domains: Sequence[int]) -> Object:
    fork = random.choice(FORKS)
    mailbox = _contract(name, "mailbox")
    pre: dict[str, Json] = {
        hexed(_contract(name, kind)): {"nonce": "0x1", "balance": "0x0", "code": hexed(code), "storage": {}}
        for kind, code in (
            ("mailbox", MAILBOX),
            ("keeper", KEEPER),
            ("refuser", REFUSER),
            ("answering", answering(mailbox)),
        )
    }
    wealth = {"relayer": random.choice((1, ETHER, ETHER, ETHER)), "alice": ETHER, "bob": ETHER}
    for account, balance in wealth.items():
        address = hexed(address_of(_evm_key(name, account)))
        pre[address] = {"nonce": "0x0", "balance": hex(balance), "code": "0x", "storage": {}}
    return {
        "machine": {"name": evm.NAME, "fork": fork.name, "params": {"chain_id": str(NAMES.index(name) + 1)}},
        "outbox": hexed(mailbox),
        "relayer": {
            "private_key": hexed(_evm_key(name, "relayer")),
            "gas_limit": str(random.choice((23_000, 30_000, 60_000, 200_000, 200_000, 200_000))),
            "gas_price": str(random.choice((GWEI, 2 * GWEI, 2 * GWEI))),
        },
        "pre": dict(sorted(pre.items())),
    }


def _evm_block(random: Random, draft: _Draft, drafts: Mapping[str, _Draft], number: int, count: int) -> Object:
    machine = member(draft.written, "machine")
    fork = next(fork for fork in FORKS if fork.name == text(machine, "fork"))
    chain_id = int(text(member(machine, "params"), "chain_id"))
    fields = evm.environment_fields(fork)
    sent: list[Json] = []
    for _ in range(count):
        domain, sequence = _target(random, draft, drafts)
        account = random.choice(("alice", "bob"))
        nonce = draft.nonces.get(account, 0)
        draft.nonces[account] = nonce + 1
        head = domain.to_bytes(WORD, "big") + sequence.to_bytes(WORD, "big")
        data = head + WORD.to_bytes(WORD, "big") + abi_bytes(_payload(random))
        if random.random() < 0.1:
            data = data[: -random.randint(1, WORD)]
        unsigned = LegacyTransaction(
            nonce=nonce,
            gas_price=4 * GWEI,
            gas_limit=random.choice((100_000,) * 12 + (24_000,)),
            to=_contract(draft.name, "mailbox" if random.random() < 0.9 else "answering"),
            value=0,
            data=data,
        )
        signed = sign(unsigned, _evm_key(draft.name, account), chain_id)
        sent.append(evm.write_transaction(encode_transaction(signed)))
    block: Object = {
        "env": evm.write_environment(
            fork,
            Environment(
                chain_id=chain_id,
                number=1000 + number,
                timestamp=1_800_000_000 + 12 * number,
                coinbase=_contract(draft.name, "coinbase"),
                gas_limit=random.choice((30_000_000,) * 9 + (450_000,)),
                base_fee_per_gas=GWEI * random.choice((1, 1, 1, 3)) if fields["base_fee_per_gas"] else 0,
                difficulty=2**17 if fields["difficulty"] else 0,
            ),
        ),
        "txs": sent,
    }
    if evm.block_fields(fork)["withdrawals"]:
        block["withdrawals"] = []
    if evm.block_fields(fork)["ommers"]:
        block["ommers"] = []
    return block


def _svm_key(name: str, account: str) -> SigningKey:
    return SigningKey(hashlib.sha256(f"samestate plan {name} {account}".encode()).digest())


def _blockhash(slot: int) -> bytes:
    return hashlib.sha256(b"samestate plan blockhash %d" % slot).digest()


def _svm_chain(random: Random, name: str, domains: Sequence[int]) -> Object:
    wealth = {"relayer": random.choice((900_000, SOL, SOL, SOL)), "alice": SOL, "shop": SOL}
    accounts = {
        bytes(_svm_key(name, account).verify_key): Account(lamports, SYSTEM, False, b"")
        for account, lamports in wealth.items()
    }
    accounts |= {outbox_account(domain): Account(RENT_EXEMPT, SYSTEM, False, b"") for domain in domains}
    queue = BlockhashQueue({_blockhash(FIRST_SLOT): RegisteredHash(FIRST_SLOT, 5000)})
    bank = Bank(FIRST_SLOT, hashlib.sha256(name.encode()).digest(), queue)
    return {
        "machine": {"name": svm.NAME, "fork": [*RULESETS][-1], "params": {}},
        "relayer": {"private_key": hexed(bytes(_svm_key(name, "relayer")))},
        "pre": svm.write_state(accounts, bank, 400),
    }


def _svm_block(random: Random, draft: _Draft, drafts: Mapping[str, _Draft], number: int, count: int) -> Object:
    alice = _svm_key(draft.name, "alice")
    sent: list[bytes] = []
    for place in range(count):
        domain, _ = _target(random, draft, drafts)
        lamports = random.choice((0, 1, 1_000_000, 2 * SOL)) + place
        payer, outbox = bytes(alice.verify_key), outbox_account(domain)
        calls = [transfer(payer, outbox, lamports + extra) for extra in range(random.choice((1, 1, 2)))]
        message = compile_message(payer, calls, _blockhash(FIRST_SLOT), random.choice(("legacy", "legacy", 0)))
        sent.append(sign_message(message, [alice], spoil=random.random() < 0.02))
    slot = FIRST_SLOT + 1 + number
    leader = bytes(_svm_key(draft.name, "leader").verify_key)
    entries = [([wire], 0, bytes(32)) for wire in dict.fromkeys(sent)]
    return svm.write_block(slot, leader, entries, blockhash=_blockhash(slot))


_CHAINS: Final = {toy.NAME: _toy_chain, evm.NAME: _evm_chain, svm.NAME: _svm_chain}
_BLOCKS: Final = {toy.NAME: _toy_block, evm.NAME: _evm_block, svm.NAME: _svm_block}
