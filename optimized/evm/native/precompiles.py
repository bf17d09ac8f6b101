"""Precompiles and recovery for Python: for tests, and for what recovers a signer outside a block.

Prices are given as the three numbers of a fork's page: how many precompiles there are from 0x01 on, whether P-256 is at
0x100, and whether modular exponentiation has the price and the limits of Osaka.
"""

import traceback

import cython
from cython.cimports.libc.stdint import int64_t, uint8_t, uint64_t, uintptr_t
from cython.cimports.libcpp import bool as cpp_bool
from cython.cimports.libcpp.vector import vector

from samestate.optimized.evm.native import libraries, through_python

_found: dict = {}


def libraries_address() -> cython.pointer(Libraries):
    """The set of addresses that is filled in when this module is imported."""
    return cython.address(samestate_libraries)


def call_python(
    precompile: cython.int,
    data: cython.pointer(cython.const[uint8_t]),
    length: cython.size_t,
    output: cython.pointer(Output),
) -> cython.int:
    """Run a precompile by Python: 1 and the output, 0 for a failure, -1 where that raises, which is written out."""
    try:
        found = through_python.run(precompile, cython.cast(cython.p_char, data)[:length])
        if found is None:
            return 0
        output.assign(cython.cast(cython.pointer(cython.const[uint8_t]), cython.cast(cython.p_char, found)), len(found))
        return 1
    except Exception:
        traceback.print_exc()
        return -1


def _find() -> None:
    """Fill in the addresses of every library that is there."""
    names: cython.pointer(cython.const[cython.p_const_char])
    address: uintptr_t
    global native_libraries
    samestate_libraries.through_python = call_python
    native_libraries = cython.address(samestate_libraries)
    for library in libraries.LOADERS:
        functions: list = []
        names = function_names(library.encode())
        while names[0] != cython.NULL:
            functions.append(cython.cast(bytes, names[0]))
            names += 1
        addresses = libraries.addresses(library, [name.decode() for name in functions])
        _found[library] = addresses is not None
        if addresses is not None:
            for name, number in zip(functions, addresses, strict=True):
                address = number
                set_function(samestate_libraries, name, address)
            set_library(samestate_libraries, library.encode(), True)


_find()
_has_lanes = samestate_find_lanes()


def found() -> dict:
    """By library, whether it is there with all its functions."""
    return dict(_found)


def use(library: str, there: bool) -> None:
    """Call a library or, for tests, go through Python instead. Raises ValueError for one that is not there."""
    if there and not _found.get(library):
        raise ValueError(f"the library {library} was not found: pip install {libraries.WHEELS.get(library, library)}")
    set_library(samestate_libraries, library.encode(), there)


def calls_through_python() -> int:
    """How many calls, since the import, had to take the interpreter lock because a library is not there."""
    return samestate_calls_through_python()


def run(
    address: uint64_t, data: bytes, count: uint64_t = 17, has_p256: bool = True, since_osaka: bool = True
) -> object:
    """The output of the precompile at an address, or None where it fails. Raises LookupError where there is none."""
    output: Output
    prices: PrecompilePrices = precompile_prices(count, has_p256, since_osaka)
    if not samestate_is_precompile(prices, address):
        raise LookupError(f"there is no precompile at {address:#x}")
    source: cython.pointer(cython.const[uint8_t]) = cython.cast(
        cython.pointer(cython.const[uint8_t]), cython.cast(cython.p_char, data)
    )
    length: cython.size_t = len(data)
    with cython.nogil:
        result: cython.int = samestate_run(prices, address, source, length, output)
    if result < 0:
        raise MemoryError(f"the precompile at {address:#x} has no memory, or what it needs of Python failed")
    if result == 0:
        return None
    return cython.cast(cython.p_char, output.data)[: output.length] if output.length else b""


def gas(address: uint64_t, data: bytes, count: uint64_t = 17, has_p256: bool = True, since_osaka: bool = True) -> int:
    """What running the precompile costs: 2^64 - 1 for that much and for anything above."""
    prices: PrecompilePrices = precompile_prices(count, has_p256, since_osaka)
    if not samestate_is_precompile(prices, address):
        raise LookupError(f"there is no precompile at {address:#x}")
    return samestate_gas(
        prices,
        address,
        cython.cast(cython.pointer(cython.const[uint8_t]), cython.cast(cython.p_char, data)),
        len(data),
    )


def recover(message_hash: bytes, r: bytes, s: bytes, y_parity: cython.int) -> object:
    """The address whose key signed the hash, or None; hash, r and s are 32 bytes each."""
    address: uint8_t[20]
    result: cython.int = samestate_recover(sized(message_hash, "hash"), sized(r, "r"), sized(s, "s"), y_parity, address)
    if result < 0:
        raise MemoryError("recovery has no memory, or what it needs of Python failed")
    return cython.cast(cython.p_char, address)[:20] if result else None


def has_lanes() -> bool:
    """Whether this processor can recover eight signers at once (AVX-512 IFMA)."""
    return _has_lanes


def recover_many(items: list, in_lanes: bool = True) -> tuple:
    """The addresses whose keys signed hashes, as :func:`recover` finds each, and how many were decided in lanes.

    ``items``: of each hash, r, s and y_parity. Raises ValueError where lanes are asked for and the processor has none.
    """
    signed: vector[SignedHash]
    addresses: vector[uint8_t]
    verdicts: vector[uint8_t]
    count: cython.size_t = len(items)
    place: cython.size_t
    wanted: cpp_bool = in_lanes
    if in_lanes and not _has_lanes:
        raise ValueError("this processor has no lanes (AVX-512 IFMA) to recover signers in")
    signed.resize(count)
    addresses.resize(20 * count)
    verdicts.resize(count)
    for place in range(count):
        message_hash, r, s, y_parity = items[place]
        samestate_set_item(signed[place], sized(message_hash, "hash"), sized(r, "r"), sized(s, "s"), y_parity)
    with cython.nogil:
        decided: int64_t = samestate_recover_many(
            signed.data(), count, addresses.data(), cython.cast(cython.pointer(cpp_bool), verdicts.data()), wanted
        )
    if decided < 0:
        raise MemoryError("recovery has no memory, or what it needs of Python failed")
    start: cython.p_char = cython.cast(cython.p_char, addresses.data())
    found: list = [start[20 * place : 20 * place + 20] if verdicts[place] else None for place in range(count)]
    return found, decided


def sized(part: bytes, name: str) -> cython.pointer(cython.const[uint8_t]):
    """Where 32 bytes are. Raises ValueError where there are not as many."""
    if len(part) != 32:
        raise ValueError(f"{name} has 32 bytes, not {len(part)}")
    return cython.cast(cython.pointer(cython.const[uint8_t]), cython.cast(cython.p_char, part))
