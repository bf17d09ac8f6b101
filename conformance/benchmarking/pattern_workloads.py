"""Blocks of calls of one pattern each, for estimators: tokens of a kind, ether's token, pools with ranges."""

from __future__ import annotations

from samestate.conformance.benchmarking import evm_contracts as contracts
from samestate.conformance.benchmarking import pattern_contracts as patterns
from samestate.conformance.benchmarking.evm_workloads import (
    ETHER,
    FACTORY,
    HOLDING,
    RESERVE,
    ROUTER,
    SWAP_LIMIT,
    TIMESTAMP,
    TOKEN,
    TOKEN_LIMIT,
    Entry,
    EvmWorkload,
    Unsigned,
    address,
    block,
    contract,
    make_workload,
    tokens_of,
)
from samestate.spec.evm.forks import OSAKA

COUNT = 1000
POOLS = 200
NAMES = ("erc20", "erc20-pair", "erc721", "weth", "swaps-one", "swaps-200", "pools-200")
"""All that estimators are measured on, those of evm_workloads.py included."""


def pattern_workload(name: str) -> EvmWorkload:
    """The workload of that name."""
    match name:
        case "erc721":
            return collectibles(name, COUNT)
        case "weth":
            return wrapping(name, COUNT)
        case "pools-200":
            return swaps_in_ranges(name, COUNT, POOLS)
    return make_workload(name)


def collectibles(name: str, count: int) -> EvmWorkload:
    """Each sender gives what it owns to one of a few collectors, who get in one another's way."""
    slots: dict[int, int] = {}
    messages = []
    for index in range(count):
        sender, collector = f"sender {index}", address(f"collector {index % 50}")
        slots[contracts.mapping_slot(index.to_bytes(32, "big"), patterns.OWNERS)] = int.from_bytes(
            address(sender), "big"
        )
        slots[contracts.mapping_slot(address(sender), patterns.HOLDINGS)] = 1
        data = contracts.call_data(contracts.TRANSFER_FROM, address(sender), collector, index)
        messages.append(Unsigned(sender, TOKEN, TOKEN_LIMIT, data=data))
    return block(name, OSAKA, {TOKEN: contract(patterns.collectible(), slots)}, messages)


def wrapping(name: str, count: int) -> EvmWorkload:
    """Some wrap ether, others take theirs back."""
    slots: dict[int, int] = {}
    messages = []
    for index in range(count):
        sender = f"sender {index}"
        if index % 2:
            messages.append(
                Unsigned(sender, TOKEN, TOKEN_LIMIT, value=index, data=contracts.call_data(patterns.DEPOSIT))
            )
            continue
        slots[contracts.mapping_slot(address(sender), patterns.ETHER_BALANCES)] = ETHER
        messages.append(Unsigned(sender, TOKEN, TOKEN_LIMIT, data=contracts.call_data(patterns.WITHDRAW, index + 1)))
    entry: Entry = {**contract(patterns.wrapped_ether(), slots), "balance": hex(count * ETHER)}
    return block(name, OSAKA, {TOKEN: entry}, messages)


def swaps_in_ranges(name: str, count: int, pools: int) -> EvmWorkload:
    """Swaps through a router, each by a trader of its own, in one pool with ranges after the other."""
    traders: list[list[bytes]] = [[] for _ in range(pools)]
    messages = []
    for index in range(count):
        place = index % pools
        sold, bought = tokens_of(place)[:: 1 if index // pools % 2 == 0 else -1]
        trader = f"sender {index}"
        traders[place].append(address(trader))
        single = (sold, bought, patterns.FEE, address(trader), TIMESTAMP + 3600, 10**18 + index, 1, 0)
        data = contracts.call_data(patterns.EXACT_SINGLE, *single)
        messages.append(Unsigned(trader, ROUTER, SWAP_LIMIT, data=data))
    pre: dict[bytes, Entry] = {ROUTER: contract(patterns.ranged_router(FACTORY))}
    token, pool = contracts.token(), patterns.ranged_pool()
    for place in range(pools):
        both = tokens_of(place)
        where = patterns.pool_address(FACTORY, *both)
        for each in both:
            slots = {contracts.balance_slot(where): RESERVE}
            for trader_address in traders[place]:
                slots[contracts.balance_slot(trader_address)] = HOLDING
                slots[contracts.allowance_slot(trader_address, ROUTER)] = contracts.MAXIMUM
            pre[each] = contract(token, slots)
        pre[where] = contract(pool, {patterns.POOL_STATE: 1 << 96, patterns.LIQUIDITY: 10**18, patterns.FEE_GROWTH: 1})
    return block(name, OSAKA, pre, messages)
