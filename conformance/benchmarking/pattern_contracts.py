"""Contracts of which many calls on a chain are, beside those of evm_contracts.py: a token of a kind, ether's, a pool.

In the shape of OpenZeppelin's ERC721, of WETH9, and of Uniswap V3's pool and router, with their variables in their
places. What they leave out of their models is said at each.
"""

from __future__ import annotations

from typing import Final

from samestate.conformance.benchmarking.evm_contracts import (
    BALANCE_OF,
    SCRATCH,
    TRANSFER,
    TRANSFER_FROM,
    WORD,
    MemoryVariables,
    asked,
    checked_call,
    dispatch,
    event,
    prepared_call,
    selector,
    word,
)
from samestate.conformance.scenarios.assembler import REVERT, code
from samestate.spec.evm.hashing import keccak256

OWNERS: Final = 2
HOLDINGS: Final = 3
APPROVALS: Final = 4
"""Where a token of a kind keeps who owns which, how many somebody owns, and who may move which."""


def mapping(place: int, key: str) -> str:
    """Code that pushes the slot of a key in a mapping."""
    return f"{key} PUSH 0 MSTORE PUSH {place} PUSH 32 MSTORE PUSH 64 PUSH 0 KECCAK256"


def collectible() -> bytes:
    """An ERC-721 token of which owners alone can move what they own: no operators, nothing is made or burnt."""
    return code(f"""
        {dispatch({"approve(address,uint256)": "fail", TRANSFER_FROM: "transfer_from"})}

        transfer_from:
            PUSH 100 CALLDATASIZE LT PUSH @fail JUMPI
            CALLER {word(0)} EQ ISZERO PUSH @fail JUMPI
            {mapping(OWNERS, word(2))}                            ; slot
            DUP1 SLOAD {word(0)} EQ ISZERO PUSH @fail JUMPI
            {word(1)} SWAP1 SSTORE
            PUSH 0 {mapping(APPROVALS, word(2))} SSTORE
            {mapping(HOLDINGS, word(0))} DUP1 SLOAD PUSH 1 SWAP1 SUB SWAP1 SSTORE
            {mapping(HOLDINGS, word(1))} DUP1 SLOAD PUSH 1 ADD SWAP1 SSTORE
            {word(2)} {word(1)} {word(0)} {event("Transfer(address,address,uint256)")} PUSH 0 PUSH 0 LOG4
            STOP
    """)


DEPOSIT: Final = "deposit()"
WITHDRAW: Final = "withdraw(uint256)"
ETHER_BALANCES: Final = 3


def wrapped_ether() -> bytes:
    """The token of ether: `deposit` and `withdraw`. What else a token can do is left out."""
    return code(f"""
        PUSH 0 CALLDATALOAD PUSH 224 SHR
        DUP1 PUSH4 0x{selector(DEPOSIT).hex()} EQ PUSH @deposit JUMPI
        DUP1 PUSH4 0x{selector(WITHDRAW).hex()} EQ PUSH @withdraw JUMPI
        fail: {REVERT}

        deposit:
            {mapping(ETHER_BALANCES, "CALLER")} DUP1 SLOAD CALLVALUE ADD SWAP1 SSTORE
            CALLVALUE PUSH 0 MSTORE
            CALLER {event("Deposit(address,uint256)")} PUSH 32 PUSH 0 LOG2
            STOP

        withdraw:
            {mapping(ETHER_BALANCES, "CALLER")}                   ; slot
            DUP1 SLOAD {word(0)} DUP2 LT PUSH @fail JUMPI         ; slot balance
            {word(0)} SWAP1 SUB SWAP1 SSTORE
            PUSH 0 PUSH 0 PUSH 0 PUSH 0 {word(0)} CALLER GAS CALL ISZERO PUSH @fail JUMPI
            {word(0)} PUSH 0 MSTORE
            CALLER {event("Withdrawal(address,uint256)")} PUSH 32 PUSH 0 LOG2
            STOP
    """)


# A pool and its router, after Uniswap V3

POOL_STATE: Final = 0
FEE_GROWTH: Final = 1
LIQUIDITY: Final = 4
BITMAP: Final = 6
OBSERVATION: Final = 8
FEE: Final = 3000
SWAP_IN_POOL: Final = "swap(address,address,address,uint256)"
EXACT_SINGLE: Final = "exactInputSingle((address,address,uint24,address,uint256,uint256,uint256,uint160))"
POOL_CODE_HASH: Final = keccak256(b"the initialization code of a pool with ranges")


def pool_address(factory: bytes, first: bytes, second: bytes) -> bytes:
    """Where the router looks for the pool of two tokens."""
    words = [each.rjust(WORD, b"\x00") for each in (min(first, second), max(first, second), FEE.to_bytes(3, "big"))]
    return keccak256(b"\xff" + factory + keccak256(b"".join(words)) + POOL_CODE_HASH)[12:]


def ranged_pool() -> bytes:
    """A pool that pays out half of what it is paid. It reads and writes what Uniswap V3's does that crosses no tick.

    Its price stays, since what a swap is worth is no matter here; and it is paid before it is called, not by calling
    back.
    """
    return code(f"""
        {dispatch({"mint(address)": "fail", SWAP_IN_POOL: "swap"})}

        swap:
            PUSH {POOL_STATE} SLOAD PUSH {OBSERVATION} SLOAD POP
            {mapping(BITMAP, "PUSH 0")} SLOAD POP
            PUSH {LIQUIDITY} SLOAD POP
            PUSH 1 {word(1)} {word(2)} LT ADD                     ; where fees are added up: 1, or 2
            DUP1 SLOAD PUSH 1 ADD SWAP1 SSTORE
            PUSH 1 ADD PUSH {POOL_STATE} SSTORE
            {asked(word(1), BALANCE_OF, "ADDRESS")}
            {checked_call(word(2), TRANSFER, word(0), f"PUSH 2 {word(3)} DIV")}
            STOP
    """)


def ranged_router(factory: bytes) -> bytes:
    """A router for one pool at a time: `exactInputSingle`."""
    mine = MemoryVariables()
    let, get = mine.set, mine.get
    return code(f"""
        {dispatch({"exactInput()": "fail", EXACT_SINGLE: "single"})}

        single:
            {word(0)} {let("first")} {word(1)} {let("second")}
            {word(1)} {word(0)} LT PUSH @sorted JUMPI
            {word(1)} {let("first")} {word(0)} {let("second")}
        sorted:
            {get("first")} PUSH {SCRATCH} MSTORE {get("second")} PUSH {SCRATCH + WORD} MSTORE
            {word(2)} PUSH {SCRATCH + 2 * WORD} MSTORE
            PUSH 96 PUSH {SCRATCH} KECCAK256                      ; salt
            PUSH21 0xff{factory.hex()} PUSH 88 SHL PUSH {SCRATCH} MSTORE
            PUSH {SCRATCH + 21} MSTORE
            PUSH32 0x{POOL_CODE_HASH.hex()} PUSH {SCRATCH + 53} MSTORE
            PUSH 85 PUSH {SCRATCH} KECCAK256 PUSH20 0x{"ff" * 20} AND {let("pool")}
            {checked_call(word(0), TRANSFER_FROM, "CALLER", get("pool"), word(5))}
            {prepared_call(SWAP_IN_POOL, word(3), word(0), word(1), word(5))}
            PUSH 0 PUSH 0 PUSH 132 PUSH {SCRATCH} PUSH 0 {get("pool")} GAS CALL ISZERO PUSH @fail JUMPI
            STOP
    """)
