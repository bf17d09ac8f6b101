"""The contracts of the EVM's workloads, in assembly: loops around one kind of work, a token, a pool and a router.

Written for this project in the shape that compilers give such contracts on a chain: selectors, storage in mappings,
checked sums, events. What they leave out of their models is said at each.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from samestate.conformance.scenarios.assembler import REVERT, code
from samestate.spec.evm.hashing import keccak256

WORD: Final = 32
MAXIMUM: Final = 2**256 - 1


def selector(signature: str) -> bytes:
    """The four bytes that call a function."""
    return keccak256(signature.encode())[:4]


def words(*values: int | bytes) -> bytes:
    """Words of 32 bytes: numbers and addresses."""
    return b"".join((v if isinstance(v, bytes) else v.to_bytes(WORD, "big")).rjust(WORD, b"\x00") for v in values)


def call_data(signature: str, *arguments: int | bytes) -> bytes:
    """What a call of a function takes: words, those of dynamic types as the ABI lays them out."""
    return selector(signature) + words(*arguments)


def event(signature: str) -> str:
    """Code that pushes the first topic of an event."""
    return f"PUSH32 0x{keccak256(signature.encode()).hex()}"


def dispatch(functions: Mapping[str, str]) -> str:
    """Code that jumps to the label of the function that the call names, and reverts where there is none."""
    cases = "\n".join(
        f"DUP1 PUSH4 0x{selector(signature).hex()} EQ PUSH @{label} JUMPI" for signature, label in functions.items()
    )
    return f"""
        PUSH 0x80 PUSH 0x40 MSTORE              ; where free memory begins
        CALLVALUE PUSH @fail JUMPI
        PUSH 4 CALLDATASIZE LT PUSH @fail JUMPI
        PUSH 0 CALLDATALOAD PUSH 224 SHR
        {cases}
        fail: {REVERT}
    """


def word(index: int) -> str:
    """Code that pushes an argument of the called function."""
    return f"PUSH {4 + WORD * index} CALLDATALOAD"


# Loops: the call's first word is the number of rounds


def loop(body: str, before: str = "") -> bytes:
    """Code that does ``before`` and then ``body`` so many times. In the body the rounds that are left are on top."""
    return code(f"""
        {before}
        PUSH 0 CALLDATALOAD
        again:
            {body}
            PUSH 1 SWAP1 SUB
            DUP1 PUSH @again JUMPI
        STOP
    """)


def tiny_contract() -> bytes:
    """Returns one word."""
    return code("PUSH 42 PUSH 0 MSTORE PUSH 32 PUSH 0 RETURN")


def arithmetic_loop() -> bytes:
    """Sums, products, differences, quotients, remainders, shifts and comparisons of 256-bit words.

    A generator of congruences whose number is below the rounds that are left.
    """
    return loop(
        before="PUSH32 0x9e3779b97f4a7c15f39cc0605cedc8341082276bf3a27251f86c6a11d0c18e95",
        body="""
            SWAP1                                ; rounds x
            PUSH8 0x5851f42d4c957f2d MUL
            PUSH8 0x14057b7ef767814f ADD
            DUP1 PUSH 19 SHR XOR                 ; rounds x
            DUP1 PUSH4 0x3b9aca07 SWAP1 DIV      ; rounds x quotient
            DUP2 PUSH16 0xfffffffffffffffffffffffffffffff1 SWAP1 MOD
            ADD                                  ; rounds x sum
            DUP2 DUP2 LT ADD                     ; rounds x sum
            SWAP1 SUB                            ; rounds x
            PUSH 7 ADD
            SWAP1                                ; x rounds
        """,
    )


def memory_loop() -> bytes:
    """Stores and loads of words within one kilobyte, four of each a round."""
    cell = "DUP1 PUSH {place} ADD PUSH 0x3e0 AND DUP2 DUP2 MSTORE MLOAD POP"
    return loop("\n".join(cell.format(place=place) for place in (0, 96, 320, 544)))


def copy_loop() -> bytes:
    """Copies of one kilobyte of memory to where it does not overlap, and back."""
    return loop("PUSH 1024 PUSH 0 PUSH 1024 MCOPY PUSH 1024 PUSH 1024 PUSH 0 MCOPY", before="PUSH 1 PUSH 0 MSTORE")


def keccak_loop() -> bytes:
    """Hashes of 64 bytes, each of the one before."""
    return loop("PUSH 64 PUSH 0 KECCAK256 PUSH 0 MSTORE")


def storage_loop() -> bytes:
    """Loads and stores of sixteen slots, all warm after the first sixteen rounds."""
    return loop("DUP1 PUSH 15 AND DUP1 SLOAD DUP3 ADD SWAP1 SSTORE")


def call_loop(tiny: bytes) -> bytes:
    """Calls of a contract that returns one word."""
    return loop(f"PUSH 32 PUSH 0 PUSH 0 PUSH 0 PUSH 0 PUSH20 0x{tiny.hex()} GAS CALL POP")


# An ERC-20 token

BALANCES: Final = 0
ALLOWANCES: Final = 1
TRANSFER: Final = "transfer(address,uint256)"
TRANSFER_FROM: Final = "transferFrom(address,address,uint256)"
BALANCE_OF: Final = "balanceOf(address)"


def mapping_slot(key: bytes, mapping: int | bytes) -> int:
    """The slot of a key in a mapping, which is at a slot itself."""
    place = mapping if isinstance(mapping, bytes) else mapping.to_bytes(WORD, "big")
    return int.from_bytes(keccak256(key.rjust(WORD, b"\x00") + place), "big")


def balance_slot(holder: bytes) -> int:
    """Where a token keeps what somebody has."""
    return mapping_slot(holder, BALANCES)


def allowance_slot(owner: bytes, spender: bytes) -> int:
    """Where a token keeps how much somebody may spend for the owner."""
    return mapping_slot(spender, mapping_slot(owner, ALLOWANCES).to_bytes(WORD, "big"))


def token() -> bytes:
    """An ERC-20 token: ``transfer``, ``transferFrom``, ``balanceOf``, and no function that makes or burns any."""
    functions = {
        "approve(address,uint256)": "fail",
        "totalSupply()": "fail",
        TRANSFER_FROM: "transfer_from",
        BALANCE_OF: "balance_of",
        TRANSFER: "transfer",
    }
    return code(f"""
        {dispatch(functions)}

        balance_of:
            PUSH 36 CALLDATASIZE LT PUSH @fail JUMPI
            {word(0)} PUSH 0 MSTORE PUSH {BALANCES} PUSH 32 MSTORE PUSH 64 PUSH 0 KECCAK256 SLOAD
            PUSH 0x40 MLOAD SWAP1 DUP2 MSTORE PUSH 32 SWAP1 RETURN

        transfer_from:
            PUSH 100 CALLDATASIZE LT PUSH @fail JUMPI
            {word(0)} PUSH 0 MSTORE PUSH {ALLOWANCES} PUSH 32 MSTORE PUSH 64 PUSH 0 KECCAK256
            PUSH 32 MSTORE CALLER PUSH 0 MSTORE PUSH 64 PUSH 0 KECCAK256     ; slot
            DUP1 SLOAD                                                       ; slot allowance
            DUP1 NOT ISZERO PUSH @unlimited JUMPI
            {word(2)}                                                        ; slot allowance amount
            DUP1 DUP3 LT PUSH @fail JUMPI
            SWAP1 SUB SWAP1 SSTORE
            PUSH @allowed JUMP
        unlimited:
            POP POP
        allowed:
            {word(0)} {word(1)} {word(2)} PUSH @move JUMP

        transfer:
            PUSH 68 CALLDATASIZE LT PUSH @fail JUMPI
            CALLER {word(0)} {word(1)}

        move:                                                                ; from to amount
            DUP2 PUSH 160 SHR PUSH @fail JUMPI
            DUP3 PUSH 0 MSTORE PUSH {BALANCES} PUSH 32 MSTORE PUSH 64 PUSH 0 KECCAK256
            DUP1 SLOAD                                                       ; from to amount slot balance
            DUP3 DUP2 LT PUSH @fail JUMPI
            DUP3 SWAP1 SUB SWAP1 SSTORE                                      ; from to amount
            DUP2 PUSH 0 MSTORE PUSH 64 PUSH 0 KECCAK256
            DUP1 SLOAD DUP3 ADD                                              ; from to amount slot sum
            DUP3 DUP2 LT PUSH @fail JUMPI
            SWAP1 SSTORE                                                     ; from to amount
            PUSH 0x40 MLOAD SWAP1 DUP2 MSTORE                                ; from to free
            SWAP2 {event("Transfer(address,address,uint256)")} PUSH 32 DUP5 LOG3
            PUSH 1 DUP2 MSTORE PUSH 32 SWAP1 RETURN
    """)


# A pool of two tokens, after Uniswap V2

TOKEN0: Final = 6
TOKEN1: Final = 7
RESERVES: Final = 8
PRICE0_CUMULATIVE: Final = 9
PRICE1_CUMULATIVE: Final = 10
UNLOCKED: Final = 12
"""Slots, as the contract on mainnet has them. The reserves are 112, 112 and 32 bits of one, the last a timestamp."""

GET_RESERVES: Final = "getReserves()"
SWAP: Final = "swap(uint256,uint256,address,bytes)"
RESERVE_MASK: Final = f"PUSH14 0x{'ff' * 14}"


class MemoryVariables:
    """Variables in memory, from where free memory begins on."""

    def __init__(self, first: int = 0x80) -> None:
        self.first = first
        self.places: dict[str, int] = {}

    def set(self, name: str) -> str:
        """Code that takes the top of the stack into a variable."""
        return f"PUSH {self.place(name)} MSTORE"

    def get(self, name: str) -> str:
        """Code that pushes a variable."""
        if name not in self.places:
            raise ValueError(f"{name} is read before it is set")
        return f"PUSH {self.place(name)} MLOAD"

    def place(self, name: str) -> int:
        """Where a variable is."""
        return self.places.setdefault(name, self.first + WORD * len(self.places))


SCRATCH: Final = 0x260
"""Where the data of calls and events is put together, after the variables."""


def prepared_call(signature: str, *arguments: str) -> str:
    """Code that puts the data of a call into memory."""
    parts = [f"PUSH4 0x{selector(signature).hex()} PUSH 224 SHL PUSH {SCRATCH} MSTORE"]
    parts += [f"{value} PUSH {SCRATCH + 4 + WORD * index} MSTORE" for index, value in enumerate(arguments)]
    return "\n".join(parts)


def checked_call(contract: str, signature: str, *arguments: str) -> str:
    """Code that calls a contract, and fails unless that succeeds and returns true or nothing."""
    return f"""
        {prepared_call(signature, *arguments)}
        PUSH 32 PUSH 0 PUSH {4 + WORD * len(arguments)} PUSH {SCRATCH} PUSH 0 {contract} GAS CALL
        ISZERO PUSH @fail JUMPI
        RETURNDATASIZE ISZERO PUSH 0 MLOAD OR ISZERO PUSH @fail JUMPI
    """


def asked(contract: str, signature: str, *arguments: str, words: int = 1) -> str:
    """Code that asks a contract, fails unless it answers, and leaves the answer in memory from 0 on."""
    return f"""
        {prepared_call(signature, *arguments)}
        PUSH {WORD * words} PUSH 0 PUSH {4 + WORD * len(arguments)} PUSH {SCRATCH} {contract} GAS STATICCALL
        ISZERO PUSH @fail JUMPI
        PUSH {WORD * words} RETURNDATASIZE LT PUSH @fail JUMPI
    """


def pool() -> bytes:
    """A pool that swaps two tokens at a constant product less 0.3%: Uniswap V2's, without liquidity or flash swaps.

    Checks and effects in the pair's order: lock, reserves, tokens sent, balances asked for, what came in, the product,
    cumulative prices, reserves, Sync, Swap, unlock.
    """
    mine = MemoryVariables()
    let, get = mine.set, mine.get

    def send(amount: str, of: str, label: str) -> str:
        return f"""
            {get(amount)} ISZERO PUSH @{label} JUMPI
            {checked_call(get(of), TRANSFER, get("to"), get(amount))}
            {label}:
        """

    def came_in(balance: str, reserve: str, out: str, name: str) -> str:
        # what is there beyond the reserve less what went out; nothing where it is not beyond
        return f"""
            {get(out)} {get(reserve)} SUB {get(balance)}     ; expected balance
            DUP2 DUP2 GT                                     ; expected balance is-more
            SWAP2 SWAP1 SUB MUL {let(name)}                  ; is-more * (balance - expected)
        """

    def adjusted(balance: str, amount: str) -> str:
        return f"PUSH 3 {get(amount)} MUL PUSH 1000 {get(balance)} MUL SUB"

    def accumulate(slot: int, numerator: str, denominator: str) -> str:
        return f"""
            {get(denominator)} {get(numerator)} PUSH 112 SHL DIV {get("elapsed")} MUL
            PUSH {slot} SLOAD ADD PUSH {slot} SSTORE
        """

    swap = f"""
        swap:
            PUSH 132 CALLDATASIZE LT PUSH @fail JUMPI
            PUSH {UNLOCKED} SLOAD PUSH 1 EQ ISZERO PUSH @fail JUMPI
            PUSH 0 PUSH {UNLOCKED} SSTORE
            {word(0)} {let("out0")} {word(1)} {let("out1")} {word(2)} {let("to")}
            {get("out0")} {get("out1")} OR ISZERO PUSH @fail JUMPI

            PUSH {RESERVES} SLOAD
            DUP1 {RESERVE_MASK} AND {let("reserve0")}
            DUP1 PUSH 112 SHR {RESERVE_MASK} AND {let("reserve1")}
            PUSH 224 SHR {let("last")}
            {get("reserve0")} {get("out0")} LT ISZERO PUSH @fail JUMPI
            {get("reserve1")} {get("out1")} LT ISZERO PUSH @fail JUMPI

            PUSH {TOKEN0} SLOAD {let("token0")} PUSH {TOKEN1} SLOAD {let("token1")}
            {get("to")} {get("token0")} EQ PUSH @fail JUMPI
            {get("to")} {get("token1")} EQ PUSH @fail JUMPI
            {send("out0", "token0", "sent0")}
            {send("out1", "token1", "sent1")}
            {asked(get("token0"), BALANCE_OF, "ADDRESS")} PUSH 0 MLOAD {let("balance0")}
            {asked(get("token1"), BALANCE_OF, "ADDRESS")} PUSH 0 MLOAD {let("balance1")}

            {came_in("balance0", "reserve0", "out0", "in0")}
            {came_in("balance1", "reserve1", "out1", "in1")}
            {get("in0")} {get("in1")} OR ISZERO PUSH @fail JUMPI
            PUSH 1000000 {get("reserve1")} {get("reserve0")} MUL MUL
            {adjusted("balance1", "in1")} {adjusted("balance0", "in0")} MUL
            LT PUSH @fail JUMPI                              ; adjusted product < product before

            {RESERVE_MASK} {get("balance0")} GT PUSH @fail JUMPI
            {RESERVE_MASK} {get("balance1")} GT PUSH @fail JUMPI
            PUSH4 0xffffffff TIMESTAMP AND {let("now")}
            PUSH4 0xffffffff {get("last")} {get("now")} SUB AND {let("elapsed")}
            {get("elapsed")} ISZERO PUSH @same JUMPI
            {accumulate(PRICE0_CUMULATIVE, "reserve1", "reserve0")}
            {accumulate(PRICE1_CUMULATIVE, "reserve0", "reserve1")}
        same:
            {get("now")} PUSH 224 SHL {get("balance1")} PUSH 112 SHL OR {get("balance0")} OR
            PUSH {RESERVES} SSTORE
            {get("balance0")} PUSH {SCRATCH} MSTORE {get("balance1")} PUSH {SCRATCH + WORD} MSTORE
            {event("Sync(uint112,uint112)")} PUSH 64 PUSH {SCRATCH} LOG1

            {get("in0")} PUSH {SCRATCH} MSTORE {get("in1")} PUSH {SCRATCH + WORD} MSTORE
            {get("out0")} PUSH {SCRATCH + 2 * WORD} MSTORE {get("out1")} PUSH {SCRATCH + 3 * WORD} MSTORE
            {get("to")} CALLER {event("Swap(address,uint256,uint256,uint256,uint256,address)")}
            PUSH 128 PUSH {SCRATCH} LOG3
            PUSH 1 PUSH {UNLOCKED} SSTORE
            STOP
    """
    return code(f"""
        {dispatch({"mint(address)": "fail", "burn(address)": "fail", GET_RESERVES: "get_reserves", SWAP: "swap"})}

        get_reserves:
            PUSH {RESERVES} SLOAD
            DUP1 {RESERVE_MASK} AND PUSH 0x80 MSTORE
            DUP1 PUSH 112 SHR {RESERVE_MASK} AND PUSH 0xa0 MSTORE
            PUSH 224 SHR PUSH 0xc0 MSTORE
            PUSH 96 PUSH 0x80 RETURN

        {swap}
    """)


def packed_reserves(reserve0: int, reserve1: int, timestamp: int) -> int:
    """What a pool keeps in the slot of its reserves."""
    return reserve0 | reserve1 << 112 | timestamp << 224


# A router, which finds pools by the tokens

SWAP_EXACT: Final = "swapExactTokensForTokens(uint256,uint256,address[],address,uint256)"
POOL_CODE_HASH: Final = keccak256(b"a pool's initialization code")
"""In the place of the hash of a pool's initialization code (EIP-1014): the pools of workloads are simply there."""


def pool_address(factory: bytes, first: bytes, second: bytes) -> bytes:
    """Where the router looks for the pool of two tokens."""
    salt = keccak256(min(first, second) + max(first, second))
    return keccak256(b"\xff" + factory + salt + POOL_CODE_HASH)[12:]


def router(factory: bytes) -> bytes:
    """A router that swaps an exact amount of a token for another in one pool: Uniswap V2's, for paths of two."""
    mine = MemoryVariables()
    let, get = mine.set, mine.get
    return code(f"""
        {dispatch({"addLiquidity()": "fail", SWAP_EXACT: "swap_exact"})}

        swap_exact:
            PUSH 260 CALLDATASIZE LT PUSH @fail JUMPI
            {word(4)} TIMESTAMP GT PUSH @fail JUMPI                          ; too late
            {word(5)} PUSH 2 EQ ISZERO PUSH @fail JUMPI                      ; the length of the path
            {word(0)} {let("amount")} {word(6)} {let("from")} {word(7)} {let("into")}
            {get("into")} {get("from")} LT {let("forward")}                  ; whether `from` is the pool's token 0

            {get("from")} {let("first")} {get("into")} {let("second")}
            {get("forward")} PUSH @sorted JUMPI
            {get("into")} {let("first")} {get("from")} {let("second")}
        sorted:
            {get("first")} PUSH 96 SHL PUSH {SCRATCH + 128} MSTORE
            {get("second")} PUSH 96 SHL PUSH {SCRATCH + 148} MSTORE
            PUSH21 0xff{factory.hex()} PUSH 88 SHL PUSH {SCRATCH} MSTORE
            PUSH 40 PUSH {SCRATCH + 128} KECCAK256 PUSH {SCRATCH + 21} MSTORE
            PUSH32 0x{POOL_CODE_HASH.hex()} PUSH {SCRATCH + 53} MSTORE
            PUSH 85 PUSH {SCRATCH} KECCAK256 PUSH20 0x{"ff" * 20} AND {let("pool")}

            {asked(get("pool"), GET_RESERVES, words=3)}
            PUSH 0 MLOAD {let("reserve_in")} PUSH 32 MLOAD {let("reserve_out")}
            {get("forward")} PUSH @oriented JUMPI
            PUSH 32 MLOAD {let("reserve_in")} PUSH 0 MLOAD {let("reserve_out")}
        oriented:
            PUSH 997 {get("amount")} MUL                                     ; with-fee
            DUP1 PUSH 1000 {get("reserve_in")} MUL ADD                       ; with-fee denominator
            SWAP1 {get("reserve_out")} MUL DIV {let("out")}
            {word(1)} {get("out")} LT PUSH @fail JUMPI                       ; less than the least that is wanted

            {checked_call(get("from"), TRANSFER_FROM, "CALLER", get("pool"), get("amount"))}
            {get("out")} {let("out0")} PUSH 0 {let("out1")}
            {get("forward")} ISZERO PUSH @ready JUMPI
            PUSH 0 {let("out0")} {get("out")} {let("out1")}
        ready:
            {prepared_call(SWAP, get("out0"), get("out1"), word(3), "PUSH 128", "PUSH 0")}
            PUSH 0 PUSH 0 PUSH 164 PUSH {SCRATCH} PUSH 0 {get("pool")} GAS CALL
            ISZERO PUSH @fail JUMPI
            PUSH 32 PUSH {SCRATCH} MSTORE PUSH 2 PUSH {SCRATCH + WORD} MSTORE
            {get("amount")} PUSH {SCRATCH + 2 * WORD} MSTORE {get("out")} PUSH {SCRATCH + 3 * WORD} MSTORE
            PUSH 128 PUSH {SCRATCH} RETURN
    """)
