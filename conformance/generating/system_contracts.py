"""The system contracts as they are deployed on every chain: code that the EIPs give."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from samestate.conformance.fixtures.features import counts_state_gas
from samestate.conformance.generating.bytecode import Code
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.requests import (
    DEPOSIT_EVENT,
    DEPOSIT_FIELDS,
    collect_builder_deposits,
    collect_builder_exits,
    collect_consolidation_requests,
    collect_withdrawal_requests,
)
from samestate.spec.evm.system_calls import (
    BEACON_ROOTS,
    BLOCK_HASHES,
    BUILDER_DEPOSITS,
    BUILDER_EXITS,
    CONSOLIDATION_REQUESTS,
    WITHDRAWAL_REQUESTS,
    store_beacon_root,
    store_parent_hash,
)

GWEI = 10**9

BEACON_ROOTS_CODE = bytes.fromhex(
    "3373fffffffffffffffffffffffffffffffffffffffe14604d57602036146024575f5ffd5b5f35801560495762001fff8106"
    "90815414603c575f5ffd5b62001fff01545f5260205ff35b5f5ffd5b62001fff42064281555f359062001fff015500"
)
"""EIP-4788."""

BLOCK_HASHES_CODE = bytes.fromhex(
    "3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257611fff814303"
    "11604257611fff9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500"
)
"""EIP-2935."""

WITHDRAWAL_REQUESTS_CODE = bytes.fromhex(
    "3373fffffffffffffffffffffffffffffffffffffffe1460cb5760115f54807fffffffffffffffffffffffffffffffffffff"
    "ffffffffffffffffffffffffffff146101f457600182026001905f5b5f821115606857810190830284830290049160010191"
    "90604d565b909390049250505036603814608857366101f457346101f4575f5260205ff35b34106101f45760015460010160"
    "0155600354806003026004013381556001015f35815560010160203590553360601b5f5260385f601437604c5fa060010160"
    "0355005b6003546002548082038060101160df575060105b5f5b8181146101835782810160030260040181604c0281546060"
    "1b8152601401816001015481526020019060020154807fffffffffffffffffffffffffffffffff0000000000000000000000"
    "0000000000168252906010019060401c908160381c81600701538160301c81600601538160281c81600501538160201c8160"
    "0401538160181c81600301538160101c81600201538160081c81600101535360010160e1565b910180921461019557906002"
    "556101a0565b90505f6002555f6003555b5f54807fffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
    "ffffff14156101cd57505f5b6001546002828201116101e25750505f6101e8565b01600290035b5f555f600155604c025ff3"
    "5b5f5ffd"
)
"""EIP-7002."""

CONSOLIDATION_REQUESTS_CODE = bytes.fromhex(
    "3373fffffffffffffffffffffffffffffffffffffffe1460d35760115f54807fffffffffffffffffffffffffffffffffffff"
    "ffffffffffffffffffffffffffff1461019a57600182026001905f5b5f821115606857810190830284830290049160010191"
    "90604d565b9093900492505050366060146088573661019a573461019a575f5260205ff35b341061019a5760015460010160"
    "0155600354806004026004013381556001015f358155600101602035815560010160403590553360601b5f5260605f601437"
    "60745fa0600101600355005b6003546002548082038060021160e7575060025b5f5b81811461012957828101600402600401"
    "81607402815460601b815260140181600101548152602001816002015481526020019060030154905260010160e9565b9101"
    "80921461013b5790600255610146565b90505f6002555f6003555b5f54807fffffffffffffffffffffffffffffffffffffff"
    "ffffffffffffffffffffffffff141561017357505f5b6001546001828201116101885750505f61018e565b01600190035b5f"
    "555f6001556074025ff35b5f5ffd"
)
"""EIP-7251."""

BUILDER_DEPOSITS_CODE = bytes.fromhex(
    "3373fffffffffffffffffffffffffffffffffffffffe1461011c575f54807fffffffffffffffffffffffffffffffffffffff"
    "ffffffffffffffffffffffffff146102705760015460088111605257506058565b60089003015b601190600182026001905f"
    "5b5f821115607f57810190830284830290049160010191906064565b90939004925050503660b814609f5736610270573461"
    "0270575f5260205ff35b8034106102705760383567ffffffffffffffff1680633b9aca001161027057633b9aca0002903403"
    "1061027057600154600101600155600354806006026004015f35815560010160203581556001016040358155600101606035"
    "8155600101608035815560010160a035905560b85f5f3760b85fa0600101600355005b600354600254808203806040116101"
    "31575060405b5f5b8181146101d7578281016006026004018160b80281548152602001816001015481526020018160020154"
    "80825260401c67ffffffffffffffff16816010018160381c81600701538160301c81600601538160281c8160050153816020"
    "1c81600401538160181c81600301538160101c81600201538160081c81600101535360200181600301548152602001816004"
    "0154815260200190600501549052600101610133565b91018092146101e957906002556101f4565b90505f6002555f600355"
    "5b36610242575f54600154817fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff1461023057"
    "600882820111610238575b50505f610264565b0160089003610264565b7fffffffffffffffffffffffffffffffffffffffff"
    "ffffffffffffffffffffffff5b5f555f60015560b8025ff35b5f5ffd"
)
"""EIP-8282."""

BUILDER_EXITS_CODE = bytes.fromhex(
    "3373fffffffffffffffffffffffffffffffffffffffe1460e1575f54807fffffffffffffffffffffffffffffffffffffffff"
    "ffffffffffffffffffffffff146101c65760015460028111605157506057565b60029003015b601190600182026001905f5b"
    "5f821115607e57810190830284830290049160010191906063565b909390049250505036603014609e57366101c657346101"
    "c6575f5260205ff35b34106101c657600154600101600155600354806003026004013381556001015f358155600101602035"
    "90553360601b5f5260305f60143760445fa0600101600355005b6003546002548082038060101160f5575060105b5f5b8181"
    "1461012d5782810160030260040181604402815460601b8152601401816001015481526020019060020154905260010160f7"
    "565b910180921461013f579060025561014a565b90505f6002555f6003555b36610198575f54600154817fffffffffffffff"
    "ffffffffffffffffffffffffffffffffffffffffffffffffff146101865760028282011161018e575b50505f6101ba565b01"
    "600290036101ba565b7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff5b5f555f60015560"
    "44025ff35b5f5ffd"
)
"""EIP-8282."""

FACTORY_CODE = bytes.fromhex(
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015"
    "156039578182fd5b8082525050506014600cf3"
)
"""EIP-7997: creates, by CREATE2, what the data after its first word, the salt, initializes."""

FACTORY = bytes.fromhex("4e59b44847b379578588920ca78fbf26c0b4956c")

_CODES: Mapping[object, tuple[bytes, bytes]] = {
    store_beacon_root: (BEACON_ROOTS, BEACON_ROOTS_CODE),
    store_parent_hash: (BLOCK_HASHES, BLOCK_HASHES_CODE),
    collect_withdrawal_requests: (WITHDRAWAL_REQUESTS, WITHDRAWAL_REQUESTS_CODE),
    collect_consolidation_requests: (CONSOLIDATION_REQUESTS, CONSOLIDATION_REQUESTS_CODE),
    collect_builder_deposits: (BUILDER_DEPOSITS, BUILDER_DEPOSITS_CODE),
    collect_builder_exits: (BUILDER_EXITS, BUILDER_EXITS_CODE),
}


REQUEST_SIZES: Mapping[bytes, int] = {
    WITHDRAWAL_REQUESTS: 56,
    CONSOLIDATION_REQUESTS: 96,
    BUILDER_DEPOSITS: 184,
    BUILDER_EXITS: 48,
}
"""How many bytes a request to each contract that queues them has."""


def system_contracts(fork: Fork) -> dict[bytes, bytes]:
    """The code of each contract that is there from a fork on, by address: those that it calls, and the factory."""
    called = dict(_CODES[step] for step in (*fork.opening, *fork.closing) if step in _CODES)
    return {**called, **({FACTORY: FACTORY_CODE} if counts_state_gas(fork) else {})}


def request_to(random: Random, contract: bytes) -> tuple[int, bytes]:
    """The value and the data of a message that asks ``contract`` for a request, mostly for more than its fee."""
    value, data = random.choice((0, 1, 10)), random.randbytes(REQUEST_SIZES[contract])
    if contract == BUILDER_DEPOSITS:
        gwei = random.choice((GWEI - 1, GWEI, GWEI, 2 * GWEI))  # at least an ether, paid beside the fee
        data = data[:80] + gwei.to_bytes(8, "big") + data[88:]
        value += gwei * GWEI
    return value, data


def deposit_logger() -> bytes:
    """Code that logs its call data as the deposit contract logs a deposit (EIP-6110)."""
    code = Code().op("CALLDATASIZE").push(0, 0).op("CALLDATACOPY")
    return code.push(DEPOSIT_EVENT).op("CALLDATASIZE").push(0).op("LOG1", "STOP").build()


def deposit_data(random: Random) -> bytes:
    """The data of the log of one deposit: five fields in the ABI's wrapping."""
    offsets = b"".join(place.to_bytes(32, "big") for place, _ in DEPOSIT_FIELDS)
    fields = b""
    for _, length in DEPOSIT_FIELDS:
        fields += length.to_bytes(32, "big") + random.randbytes(length).ljust((length + 31) // 32 * 32, b"\x00")
    return offsets + fields
