"""Random programs that mean something: statements out of expressions, each leaving the stack as it found it.

What a program computes ends in storage, logs or return data, so that any deviation shows in a root.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from samestate.conformance.fixtures.features import counts_state_gas
from samestate.conformance.generating.bytecode import OPCODES, Code
from samestate.conformance.generating.precompile_inputs import precompile_input
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.precompiles import BLS12_381_PAIRING, BN254_PAIRING, IDENTITY

EDGES = (0, 1, 2, 31, 32, 255, 256, 2**64 - 1, 2**128, 2**255 - 1, 2**255, 2**256 - 2, 2**256 - 1)
SMALL = (*range(16),)
SLOTS = (0, 1, 2, 3, 2**256 - 1)
GAS_OF_PRECOMPILES = 120_000
GAS_OF_CALLS = (0, 100, 2300, 5000, 30_000, 100_000)
GAS_AROUND_STATE = (0, 2300, 9000, 15_000, 30_000, 95_000, 110_000, 190_000, 210_000, 300_000, 500_000)
"""Where code may have a reservoir, so much gas for calls that state gas takes some of it, all of it, or is too much."""
UNARY = ("ISZERO", "NOT", "CLZ")
BINARY = (
    *("ADD", "MUL", "SUB", "DIV", "SDIV", "MOD", "SMOD", "SIGNEXTEND", "LT", "GT", "SLT", "SGT", "EQ"),
    *("AND", "OR", "XOR", "BYTE", "SHL", "SHR", "SAR"),
)
TERNARY = ("ADDMOD", "MULMOD")
PLAIN = (
    *("ADDRESS", "ORIGIN", "CALLER", "CALLVALUE", "CALLDATASIZE", "CODESIZE", "GASPRICE", "RETURNDATASIZE"),
    *("TIMESTAMP", "NUMBER", "DIFFICULTY", "PREVRANDAO", "GASLIMIT", "CHAINID", "SELFBALANCE", "BASEFEE"),
    *("BLOBBASEFEE", "PC", "MSIZE", "GAS", "PUSH0", "SLOTNUM"),
)
OF_ACCOUNTS = ("BALANCE", "EXTCODESIZE", "EXTCODEHASH")
CALLS = ("CALL", "CALL", "CALLCODE", "DELEGATECALL", "STATICCALL")
SLOW_PRECOMPILES = frozenset({BN254_PAIRING, BLS12_381_PAIRING})
"""Called more seldom than others, since they take longest."""
WORD = 32
MEMORY = 0x200
"""Programs mostly stay below this address of memory."""
ATTEMPT = 97
"""So many bytes of data tell a contract to do what is going to fail."""
DEEPEST = 3
"""How deep expressions and blocks of statements nest."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a program may name: ``accounts`` to look at or pay, ``callees`` to call, ``asked`` by the system's steps.

    Only where it ``is_hot`` it may observe what every transaction may change: coinbase and precompiles' accounts.
    """

    fork: Fork
    accounts: tuple[bytes, ...]
    callees: tuple[bytes, ...]
    is_hot: bool = False
    asked: tuple[bytes, ...] = ()


class ProgramWriter:
    """Writes one program. The same random source gives the same program."""

    def __init__(self, random: Random, around: Surroundings, depth: int = 0) -> None:
        self._random = random
        self._around = around
        self._depth = depth
        self._code = Code()
        self._data: list[tuple[int, bytes]] = []
        self._known = {instruction.mnemonic for instruction in around.fork.instructions.values()}
        self._plain = [name for name in PLAIN if name in self._known] + ["COINBASE"] * around.is_hot
        self._unary = [name for name in UNARY if name in self._known]
        weights: list[tuple[int, Callable[[int], None]]] = [
            (18, self._store),
            (6, self._write_memory),
            (4, self._copy_to_memory),
            (4, self._log),
            (8, self._call),
            (5, self._call_precompile),
            (3, self._juggle),
            (3, self._only_if),
            (2, self._repeat),
            (2, self._copy_returned),
            (1, self._end_early),
            (2, self._recurse),
            (4 if around.is_hot else 2, self._attempt),
            (8 if around.is_hot else 2, self._count_up),
        ]
        if around.is_hot:
            weights.append((4, self._look_at_given))
        if around.asked:
            weights.append((2, self._ask_the_system))
        if "TSTORE" in self._known:
            weights.append((4, self._store_transient))
        if depth < 2:
            weights += [(6 if depth else 3, self._create), (1 if "TSTORE" in self._known else 4, self._rise_again)]
        self._counts_state = counts_state_gas(around.fork)
        self._recurses = self._attempts = False
        weights += [(4, self._set_and_clear), (3, self._pay_nobody)] if self._counts_state else [(1, self._pay_nobody)]
        if "DUPN" in self._known:
            weights.append((4, self._juggle_deep))
        self._statements = [statement for _, statement in weights]
        self._weights = [weight for weight, _ in weights]

    def write(self, statements: int) -> bytes:
        """A program of so many statements and an end."""
        if self._around.is_hot and not self._depth and self._random.random() < 0.5:
            self._count_up(0)
        for _ in range(statements):
            self._statement(0)
        self._end()
        for label, data in self._data:
            self._code.mark(label, is_destination=False).raw(data)
        return self._code.build()

    def write_view(self, statements: int) -> bytes:
        """A program of so many words that are written to memory, and returned."""
        for index in range(statements):
            self._expression(1)
            self._code.push(WORD * index).op("MSTORE")
        return self._code.push(WORD * statements, 0).op("RETURN").build()

    # Expressions leave one word on the stack.

    def _expression(self, depth: int) -> None:
        random, code = self._random, self._code
        way = random.choices(range(8), (30, 18, 8, 5, 12, 5, 20 if depth < DEEPEST else 0, 3))[0]
        if way == 0:
            numbers = (EDGES, SMALL)[random.randrange(2)] if random.random() < 0.6 else ()
            code.push(random.choice(numbers) if numbers else random.getrandbits(8 * random.randint(1, 32)))
        elif way == 1:
            code.op(random.choice(self._plain))
        elif way == 2:
            code.push(random.choice((0, 4, 32, 2**256 - 1))).op("CALLDATALOAD")
        elif way == 3:
            code.push(random.randrange(MEMORY)).op("MLOAD")
        elif way == 4:
            self._slot()
            code.op("TLOAD" if "TLOAD" in self._known and random.random() < 0.25 else "SLOAD")
        elif way == 5:
            self._address()
            code.op(random.choice(OF_ACCOUNTS))
        elif way == 6:
            self._operation(depth + 1)
        elif "BLOBHASH" in self._known and random.random() < 0.5:
            code.push(random.choice((0, 1, 5, 2**256 - 1))).op("BLOBHASH")
        else:
            code.push(random.choice((0, 1, 2, 255, 256, 257, 8191))).op("NUMBER", "SUB", "BLOCKHASH")

    def _operation(self, depth: int) -> None:
        random, code = self._random, self._code
        way = random.random()
        if way < 0.15:
            self._expression(depth)
            code.op(random.choice(self._unary))
        elif way < 0.85:
            self._expression(depth)
            if random.random() < 0.3:
                code.push(random.choice(EDGES))
            else:
                self._expression(depth)
            code.op(random.choice(BINARY))
        elif way < 0.92:
            for _ in range(3):
                self._expression(depth)
            code.op(random.choice(TERNARY))
        elif way < 0.95:
            code.push(random.choice((0, 1, 2, 255, 256, 2**128))).push(random.randrange(300)).op("EXP")
        else:
            self._range()
            code.op("KECCAK256")

    def _address(self) -> None:
        """An account: known by name mostly, else whatever a word says."""
        random, code = self._random, self._code
        way = random.random()
        if way < 0.1:
            code.op("ADDRESS")
        elif way < 0.15:
            code.op("CALLER")
        elif way < 0.25 and self._around.is_hot:
            code.op("COINBASE")
        elif way < 0.33:
            nobody = random.getrandbits(160)
            code.push(random.choice((0, 1, 2, 3, 9, 0x100, nobody, nobody)) if self._around.is_hot else nobody)
        elif way < 0.43 and self._around.is_hot:
            code.push(0).op("CALLDATALOAD")
        else:
            code.push(random.choice(self._around.accounts + self._around.callees))

    def _slot(self) -> None:
        """The number of a storage slot."""
        if self._random.random() < 0.9:
            self._code.push(self._random.choice(SLOTS))
        else:
            self._code.push(0).op("CALLDATALOAD").push(3).op("AND")

    def _range(self) -> None:
        """A range of memory: size below, offset on top. Seldom one that nobody can pay for."""
        random = self._random
        if random.random() < 0.003:
            self._code.push(random.choice((0, 1, 2**32)), random.choice((2**24, 2**40, 2**256 - 1)))
        else:
            self._code.push(random.choice((0, 1, 4, 32, 33, 64)), random.randrange(MEMORY))

    # Statements leave the stack as it was.

    def _statement(self, depth: int) -> None:
        self._random.choices(self._statements, self._weights)[0](depth)

    def _store(self, depth: int) -> None:
        if self._random.random() < 0.2:
            self._code.push(0)
        else:
            self._expression(depth)
        self._slot()
        self._code.op("SSTORE")

    def _count_up(self, depth: int) -> None:
        """Add to a slot, as all who hold a token or vote do."""
        slot = self._random.choice(SLOTS)
        self._code.push(slot).op("SLOAD").push(self._random.choice((1, 1, 3, 2**255))).op("ADD").push(slot).op("SSTORE")

    def _look_at_given(self, depth: int) -> None:
        """All that can be seen of the coinbase, or of an account that the data names: one just created, perhaps."""
        code, is_coinbase = self._code, self._random.random() < 0.3

        def account() -> Code:
            return code.op("COINBASE") if is_coinbase else code.push(0).op("CALLDATALOAD")

        account().op("EXTCODEHASH")
        account().op("EXTCODESIZE", "ADD")
        account().op("BALANCE", "ADD").push(WORD, 0, MEMORY)
        account().op("EXTCODECOPY").push(MEMORY).op("MLOAD", "XOR")
        self._slot()
        code.op("SSTORE")

    def _ask_the_system(self, depth: int) -> None:
        """Call a contract that the block's opening writes to, for what it wrote or for something else."""
        random, code = self._random, self._code
        asked = random.choice(self._around.asked)
        code.op(random.choice(("TIMESTAMP", "NUMBER"))).push(random.choice((0, 1, 1, 8191))).op("SWAP1", "SUB")
        code.push(0).op("MSTORE").push(WORD, 0, WORD, 0, asked).op("GAS", "STATICCALL")
        self._slot()
        code.op("SSTORE").push(0).op("MLOAD")
        self._slot()
        code.op("SSTORE")

    def _store_transient(self, depth: int) -> None:
        self._expression(depth)
        self._slot()
        self._code.op("TSTORE")

    def _write_memory(self, depth: int) -> None:
        self._expression(depth)
        self._code.push(self._random.randrange(MEMORY)).op(self._random.choice(("MSTORE", "MSTORE", "MSTORE8")))

    def _copy_to_memory(self, depth: int) -> None:
        random, code = self._random, self._code
        names = [name for name in ("CALLDATACOPY", "CODECOPY", "EXTCODECOPY", "MCOPY") if name in self._known]
        name = random.choice(names)
        code.push(random.choice((0, 1, 32, 64)), random.choice((0, 1, 40, 2**64)) if name != "MCOPY" else 17)
        code.push(random.randrange(MEMORY))
        if name == "EXTCODECOPY":
            self._address()
        code.op(name)

    def _copy_returned(self, depth: int) -> None:
        code = self._code
        if self._random.random() < 0.15:
            code.push(1).op("RETURNDATASIZE").push(0).op("RETURNDATACOPY")  # one byte too far
        else:
            code.op("RETURNDATASIZE").push(0, self._random.randrange(MEMORY)).op("RETURNDATACOPY")

    def _log(self, depth: int) -> None:
        topics = self._random.randrange(5)
        for _ in range(topics):
            self._expression(DEEPEST)
        self._range()
        self._code.op(f"LOG{topics}")

    def _call(self, depth: int) -> None:
        self._range()
        self._range()
        kind = self._call_kind()
        if self._around.callees and self._random.random() < 0.85:
            self._code.push(self._random.choice(self._around.callees))
        else:
            self._address()
        self._gas_along()
        self._code.op(kind)
        self._keep_or_drop()

    def _call_kind(self, with_value: bool = True) -> str:
        """Which kind of call, once the value is pushed for those that take one."""
        kind = self._random.choice(CALLS)
        if kind in ("CALL", "CALLCODE"):
            self._code.push(self._random.choice((0, 0, 0, 1, 3, 10**19)) if with_value else 0)
        return kind

    def _gas_along(self) -> None:
        if self._random.random() < 0.7:
            self._code.op("GAS")
        else:
            self._code.push(self._random.choice(GAS_AROUND_STATE if self._counts_state else GAS_OF_CALLS))

    def _keep_or_drop(self) -> None:
        """Store the item on top, or forget it."""
        if self._random.random() < 0.4:
            self._slot()
            self._code.op("SSTORE")
        else:
            self._code.op("POP")

    def _call_precompile(self, depth: int) -> None:
        random, code = self._random, self._code
        address = random.choice(sorted(self._around.fork.precompiles))
        if address in SLOW_PRECOMPILES and random.random() < 0.5:
            address = IDENTITY
        data = precompile_input(random, address)
        size = self._embed(data)
        output = random.choice((0, 1, 32, 64, 128))
        code.push(output, MEMORY, size, 0)
        kind = self._call_kind(with_value=self._around.is_hot)
        code.push(address.lstrip(b"\x00"))
        way = random.random()
        if way < 0.4:  # a failure takes no more than this
            code.push(GAS_OF_PRECOMPILES)
        elif way < 0.8:
            price = self._around.fork.precompiles[address].gas(data)
            code.push(min(max(0, price + random.choice((-1, 0, 0, 1))), GAS_OF_PRECOMPILES))
        else:
            self._gas_along()
        code.op(kind)
        self._keep_or_drop()
        code.op("RETURNDATASIZE").push(0, MEMORY).op("RETURNDATACOPY").op("RETURNDATASIZE").push(MEMORY)
        code.op("KECCAK256")
        self._slot()
        code.op("SSTORE")

    def _embed(self, data: bytes) -> int:
        """Put data after the program and copy it to the start of memory. Gives its size."""
        label = self._code.label()
        self._data.append((label, data))
        self._code.push(len(data)).push_label(label).push(0).op("CODECOPY")
        return len(data)

    def _create(self, depth: int) -> None:
        random, code = self._random, self._code
        initcode = write_initcode(random, self._around, self._depth + 1)
        size = self._embed(initcode)
        salted = random.random() < 0.5
        if salted:
            code.push(random.randrange(2))
        code.push(size, 0, random.choice((0, 0, 1, 10**19)))
        code.op("CREATE2" if salted else "CREATE")
        if random.random() < 0.6:  # call what was made
            code.op("DUP1").push(0, 0, 0, 0, 0).op("DUP6", "GAS", "CALL", "POP", "POP")
        if random.random() < 0.3:  # look at it
            code.op(random.choice(OF_ACCOUNTS))
        self._keep_or_drop()

    def _rise_again(self, depth: int) -> None:
        """Create, always at the same address, a contract that destroys itself when it is called; and mostly call it.

        Before Cancun it is gone when the transaction ends, and the next one creates it again.
        """
        random, code = self._random, self._code
        size = self._embed(destructible(random.choice(self._around.accounts)))
        code.push(0, size, 0, random.choice((0, 1))).op("CREATE2")
        if random.random() < 0.7:
            code.op("DUP1").push(0, 0, 0, 0, random.choice((0, 1))).op("DUP6", "GAS", "CALL", "POP", "POP")
        code.op(random.choice(OF_ACCOUNTS))
        self._keep_or_drop()

    def _attempt(self, depth: int) -> None:
        """Call this contract to do something that fails in the end, mostly; then go on: at most once in a program."""
        random, code = self._random, self._code
        if depth or self._attempts:
            return
        self._attempts = True
        inside, end = code.label(), code.label()
        code.push(ATTEMPT).op("CALLDATASIZE", "EQ").jump_if(inside)
        code.push(0, 0, ATTEMPT, 0)
        kind = self._call_kind(with_value=False)
        code.op("ADDRESS")
        self._gas_along()
        code.op(kind)
        self._keep_or_drop()
        code.jump(end).mark(inside)
        for _ in range(random.randint(1, 3)):
            self._statement(DEEPEST)
        way = random.random()
        if way < 0.6:
            self._range()
            code.op("REVERT")
        elif way < 0.8:
            code.op("INVALID")
        else:
            code.op("STOP")
        code.mark(end)

    def _juggle(self, depth: int) -> None:
        """Some words, moved about and then folded into one."""
        random, code = self._random, self._code
        words = random.randint(3, 16)
        for _ in range(words):
            self._expression(DEEPEST)
        for _ in range(random.randint(1, 4)):
            code.op(f"SWAP{random.randint(1, words - 1)}")
        code.op(f"DUP{random.randint(1, words)}")
        for _ in range(words):
            code.op(random.choice(("XOR", "ADD", "SUB")))
        self._slot()
        code.op("SSTORE")

    def _juggle_deep(self, depth: int) -> None:
        """Many words, some of them far down copied or exchanged, and then folded into one (EIP-8024)."""
        random, code = self._random, self._code
        words = random.choice((17, 18, 20, 31, 40))
        code.push(*(random.randrange(1, 256) for _ in range(words)))
        for _ in range(random.randint(1, 5)):
            name = random.choice(("DUPN", "SWAPN", "EXCHANGE"))
            if random.random() < 0.3:
                code.op(f"SWAP{random.randint(1, 16)}").op(f"DUP{random.randint(1, 16)}")
                words += 1
            code.op(name).raw(bytes([self._immediate(name, words)]))
            words += name == "DUPN"
        for _ in range(words - 1):
            code.op(random.choice(("XOR", "ADD", "SUB")))
        self._slot()
        code.op("SSTORE")

    def _immediate(self, name: str, words: int) -> int:
        """The byte after an instruction that reaches down: seldom any, else one that does not reach below ``words``."""
        random = self._random
        if random.random() < 0.03:
            return random.choice((0, 90, 91, 127, 128, 255, 81, 82, random.randrange(256)))
        if name == "EXCHANGE":
            first = random.randint(1, min(14, words - 2))
            second = random.randint(first + 1, min(words - 1, 30 - first))
            high, low = (first - 1, second - 1) if second <= 16 else (29 - second, first - 1)
            return (16 * high + low) ^ 143
        # the last word but one that SWAPN reaches is below as many as its number
        return (random.randint(17, words if name == "DUPN" else words - 1) - 145) % 256 if words > 17 else 128

    def _set_and_clear(self, depth: int) -> None:
        """A slot that mostly held nothing gets something, and mostly nothing again, with or without a call between."""
        random, code = self._random, self._code
        slot = random.choice((*SLOTS, random.getrandbits(8)))
        code.push(random.randrange(1, 256), slot).op("SSTORE")
        if random.random() < 0.4:
            self._call(depth)
        if random.random() < 0.7:
            code.push(0, slot).op("SSTORE")

    def _pay_nobody(self, depth: int) -> None:
        """Call an account that is not there, with a value or without."""
        random, code = self._random, self._code
        code.push(0, 0, 0, 0, random.choice((0, 1, 1, 7)), random.getrandbits(160) | 1 << 159)
        self._gas_along()
        code.op("CALL")
        self._keep_or_drop()

    def _recurse(self, depth: int) -> None:
        """Call this contract again with a byte more of data, until there are so many: at most once in a program."""
        random, code = self._random, self._code
        if depth or self._recurses:
            return
        self._recurses = True
        skip = code.label()
        code.push(random.choice((2, 3, 5, 9))).op("CALLDATASIZE", "LT", "ISZERO").jump_if(skip)
        code.push(0, 0, 1).op("CALLDATASIZE", "ADD").push(0)
        kind = self._call_kind(with_value=False)
        code.op("ADDRESS")
        self._gas_along()
        code.op(kind)
        self._keep_or_drop()
        code.mark(skip)

    def _only_if(self, depth: int) -> None:
        skip = self._code.label()
        self._expression(depth)
        self._code.jump_if(skip)
        if depth < DEEPEST:
            for _ in range(self._random.randint(1, 3)):
                self._statement(depth + 1)
        self._code.mark(skip)

    def _repeat(self, depth: int) -> None:
        if depth >= DEEPEST:
            return
        again = self._code.label()
        self._code.push(self._random.randint(2, 5)).mark(again)
        self._statement(depth + 1)
        self._code.push(1).op("SWAP1", "SUB", "DUP1").jump_if(again).op("POP")

    def _end_early(self, depth: int) -> None:
        skip = self._code.label()
        self._expression(depth)
        self._code.jump_if(skip)
        self._end()
        self._code.mark(skip)

    def _end(self) -> None:
        random, code = self._random, self._code
        way = random.choices(range(8), (40, 28, 9, 14, 2, 2, 2, 2))[0]
        if way == 0:
            code.op("STOP")
        elif way == 1:
            self._range()
            code.op("RETURN")
        elif way == 2:
            self._range()
            code.op("REVERT")
        elif way == 3:
            if self._counts_state and random.random() < 0.3:
                code.push(random.getrandbits(160) | 1 << 159)
            else:
                self._address()
            code.op("SELFDESTRUCT")
        elif way == 4:
            code.op("INVALID")
        elif way == 5:
            code.push(random.choice((0, 2**256 - 1))).op("JUMP")
        elif way == 6:
            code.raw(bytes([random.choice([opcode for opcode in range(256) if opcode not in OPCODES.values()])]))
        else:
            code.op(*["POP"] * 20)


def destructible(beneficiary: bytes) -> bytes:
    """Initialization code of a contract that sets a slot, and destroys itself when it is called."""
    runtime = Code().push(beneficiary).op("SELFDESTRUCT").build()
    code = Code().push(1, 1).op("SSTORE")
    code.push(int.from_bytes(runtime, "big"), 0).op("MSTORE")
    return code.push(len(runtime), WORD - len(runtime)).op("RETURN").build()


def write_program(random: Random, around: Surroundings, depth: int = 0) -> bytes:
    """The code of a contract."""
    return ProgramWriter(random, around, depth).write(random.randint(2, 10))


def write_ledger(random: Random) -> bytes:
    """The code of a token, more or less: moves an amount from the caller's slot to one that the data names; with a log.

    It counts its calls, and adds up what it was sent. So whoever calls it writes what the next one reads.
    """
    code = Code()
    amount = random.choice((0, WORD))
    code.push(0).op("SLOAD").push(1).op("ADD").push(0).op("SSTORE")
    code.push(amount).op("CALLDATALOAD", "DUP1", "CALLER", "SLOAD", "SUB", "CALLER", "SSTORE")
    code.push(0).op("CALLDATALOAD", "DUP1", "SLOAD", "DUP3", "ADD", "SWAP1", "SSTORE")
    if random.random() < 0.5:
        code.push(1).op("SLOAD", "CALLVALUE", "ADD").push(1).op("SSTORE")
    code.push(0).op("MSTORE", "CALLER").push(WORD, 0).op("LOG1")
    return code.push(0).op("SLOAD").push(0).op("MSTORE").push(WORD, 0).op("RETURN").build()


def write_view(random: Random, around: Surroundings) -> bytes:
    """The code of a contract that looks at much, changes nothing, and returns what it saw."""
    return ProgramWriter(random, around).write_view(random.randint(2, 6))


def write_initcode(random: Random, around: Surroundings, depth: int = 0) -> bytes:
    """Initialization code: mostly some statements, then the code of a contract is returned."""
    way = random.random()
    if way < 0.3:
        return ProgramWriter(random, around, depth + 1).write(random.randint(0, 4))
    if way < 0.35:
        limit = around.fork.code_size_limit
        sizes = (1, 33, 1000, limit, limit + 1) if counts_state_gas(around.fork) else (24576, 24577)
        return Code().push(random.choice(sizes), 0).op("RETURN").build()
    if way < 0.4:
        return Code().push(0xEF, 0).op("MSTORE8").push(random.randint(1, 3), 0).op("RETURN").build()
    runtime = ProgramWriter(random, around, depth + 1).write(random.randint(0, 4))
    code = Code()
    label = code.label()
    if random.random() < 0.5:
        code.push(random.randrange(3), random.choice(SLOTS)).op("SSTORE")
    code.push(len(runtime)).op("DUP1").push_label(label).push(0).op("CODECOPY").push(0).op("RETURN")
    return code.mark(label, is_destination=False).raw(runtime).build()
