"""The forks as pages of differences: each says what is new or changed against its parent, in the names of rules.hpp.

A number that no page has given is 0. Instructions are given by opcode with the gas that each costs whatever its
operands are; where access decides the price that part is 0 here, and calls, creations, SSTORE and SELFDESTRUCT,
whose prices hang together with what they find, are worked out where they are executed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

NO_LIMIT = 2**64 - 1

ETHER = 10**18


@dataclass(frozen=True, slots=True)
class Fork:
    """All rules of a fork: what C++ calls `Rules`."""

    name: str
    numbers: Mapping[str, int] = field(repr=False)
    instructions: Mapping[int, int] = field(repr=False)  # gas by opcode: those that the fork has

    def fork(self, name: str, *, instructions: Mapping[int, int] | None = None, **numbers: int) -> Fork:
        """The next one: this one with what is new or changed."""
        return Fork(name, {**self.numbers, **numbers}, {**self.instructions, **(instructions or {})})


BERLIN = Fork(
    "Berlin",
    numbers={
        # Transactions
        "transaction_types": 2,  # EIP-2718, EIP-2930
        "transaction_gas_limit": NO_LIMIT,
        "transaction_total_gas_limit": NO_LIMIT,
        "transaction_base_gas": 21_000,  # yellow paper, appendix G
        "creation_gas": 32_000,  # EIP-2
        "initcode_limit": NO_LIMIT,
        "code_limit": 24_576,  # EIP-170
        "access_list_address_gas": 2_400,  # EIP-2930
        "access_list_slot_gas": 1_900,  # EIP-2930
        "refund_quotient": 2,  # yellow paper, section 6.2
        "blob_limit_of_transaction": NO_LIMIT,
        # Instructions
        "cold_account_gas": 2_600,  # EIP-2929
        "warm_gas": 100,  # EIP-2929
        "cold_slot_gas": 2_100,  # EIP-2929
        "slot_set_gas": 20_000,  # EIP-2200
        "slot_change_gas": 2_900,  # EIP-2200: 5,000, less the cold part (EIP-2929)
        "slot_unchanged_gas": 100,  # EIP-2200 with EIP-2929: a value that stays, or has changed before
        "slot_clear_refund": 15_000,  # EIP-2200
        "call_value_gas": 9_000,  # yellow paper, appendix G
        "new_account_gas": 25_000,  # EIP-161
        "create_gas": 32_000,  # yellow paper, appendix G
        "code_byte_gas": 200,  # yellow paper, appendix G
        "destroy_gas": 5_000,  # EIP-150
        "destroy_refund": 24_000,  # yellow paper, appendix G
        "storage_alone_collides": 1,  # EIP-7610, which binds all forks before it was withdrawn
        # Block
        "header_fields": 15,  # yellow paper, section 4.4
        "block_reward": 2 * ETHER,  # EIP-1234
        # Precompiles
        "precompile_count": 9,  # EIP-152 brought the last
    },
    # Yellow paper, appendices G and H, with EIP-2929: what depends on access is 0.
    instructions={
        0x00: 0,  # STOP
        0x01: 3,  # ADD
        0x02: 5,  # MUL
        0x03: 3,  # SUB
        0x04: 5,  # DIV
        0x05: 5,  # SDIV
        0x06: 5,  # MOD
        0x07: 5,  # SMOD
        0x08: 8,  # ADDMOD
        0x09: 8,  # MULMOD
        0x0A: 10,  # EXP, and 50 a byte of the exponent (EIP-160)
        0x0B: 5,  # SIGNEXTEND
        0x10: 3,  # LT
        0x11: 3,  # GT
        0x12: 3,  # SLT
        0x13: 3,  # SGT
        0x14: 3,  # EQ
        0x15: 3,  # ISZERO
        0x16: 3,  # AND
        0x17: 3,  # OR
        0x18: 3,  # XOR
        0x19: 3,  # NOT
        0x1A: 3,  # BYTE
        0x1B: 3,  # SHL (EIP-145)
        0x1C: 3,  # SHR
        0x1D: 3,  # SAR
        0x20: 30,  # KECCAK256, and 6 a word
        0x30: 2,  # ADDRESS
        0x31: 0,  # BALANCE
        0x32: 2,  # ORIGIN
        0x33: 2,  # CALLER
        0x34: 2,  # CALLVALUE
        0x35: 3,  # CALLDATALOAD
        0x36: 2,  # CALLDATASIZE
        0x37: 3,  # CALLDATACOPY, and 3 a word
        0x38: 2,  # CODESIZE
        0x39: 3,  # CODECOPY, and 3 a word
        0x3A: 2,  # GASPRICE
        0x3B: 0,  # EXTCODESIZE
        0x3C: 0,  # EXTCODECOPY, and 3 a word
        0x3D: 2,  # RETURNDATASIZE (EIP-211)
        0x3E: 3,  # RETURNDATACOPY, and 3 a word
        0x3F: 0,  # EXTCODEHASH (EIP-1052)
        0x40: 20,  # BLOCKHASH
        0x41: 2,  # COINBASE
        0x42: 2,  # TIMESTAMP
        0x43: 2,  # NUMBER
        0x44: 2,  # DIFFICULTY, later PREVRANDAO
        0x45: 2,  # GASLIMIT
        0x46: 2,  # CHAINID (EIP-1344)
        0x47: 5,  # SELFBALANCE (EIP-1884)
        0x50: 2,  # POP
        0x51: 3,  # MLOAD
        0x52: 3,  # MSTORE
        0x53: 3,  # MSTORE8
        0x54: 0,  # SLOAD
        0x55: 0,  # SSTORE
        0x56: 8,  # JUMP
        0x57: 10,  # JUMPI
        0x58: 2,  # PC
        0x59: 2,  # MSIZE
        0x5A: 2,  # GAS
        0x5B: 1,  # JUMPDEST
        **dict.fromkeys(range(0x60, 0x80), 3),  # PUSH1 to PUSH32
        **dict.fromkeys(range(0x80, 0x90), 3),  # DUP1 to DUP16
        **dict.fromkeys(range(0x90, 0xA0), 3),  # SWAP1 to SWAP16
        **{0xA0 + topics: 375 * (1 + topics) for topics in range(5)},  # LOG0 to LOG4, and 8 a byte
        0xF0: 0,  # CREATE
        0xF1: 0,  # CALL
        0xF2: 0,  # CALLCODE
        0xF3: 0,  # RETURN
        0xF4: 0,  # DELEGATECALL
        0xF5: 0,  # CREATE2
        0xFA: 0,  # STATICCALL
        0xFD: 0,  # REVERT (EIP-140)
        0xFF: 0,  # SELFDESTRUCT
    },
)

LONDON = BERLIN.fork(
    "London",
    # New
    transaction_types=3,  # EIP-1559
    has_base_fee=1,  # EIP-1559
    header_fields=16,  # EIP-1559
    rejects_ef=1,  # EIP-3541
    instructions={0x48: 2},  # BASEFEE (EIP-3198)
    # Modified
    refund_quotient=5,  # EIP-3529
    slot_clear_refund=4_800,  # EIP-3529
    destroy_refund=0,  # EIP-3529
)

# They move the difficulty bomb, of which execution knows nothing (EIP-4345, EIP-5133).
ARROW_GLACIER = LONDON.fork("ArrowGlacier")
GRAY_GLACIER = ARROW_GLACIER.fork("GrayGlacier")

PARIS = GRAY_GLACIER.fork(
    "Paris",
    # New
    prevrandao=1,  # EIP-4399
    # Modified
    block_reward=0,  # EIP-3675
)

SHANGHAI = PARIS.fork(
    "Shanghai",
    # New
    warms_coinbase=1,  # EIP-3651
    header_fields=17,  # EIP-4895
    initcode_limit=49_152,  # EIP-3860
    initcode_word_gas=2,  # EIP-3860
    instructions={0x5F: 2},  # PUSH0 (EIP-3855)
)

CANCUN = SHANGHAI.fork(
    "Cancun",
    # New
    transaction_types=4,  # EIP-4844
    blob_maximum=6,  # EIP-4844
    blob_update_fraction=3_338_477,  # EIP-4844
    destroys_only_created=1,  # EIP-6780
    has_beacon_root_call=1,  # EIP-4788
    header_fields=20,  # EIP-4788, EIP-4844
    instructions={
        0x49: 3,  # BLOBHASH (EIP-4844)
        0x4A: 2,  # BLOBBASEFEE (EIP-7516)
        0x5C: 100,  # TLOAD (EIP-1153)
        0x5D: 100,  # TSTORE (EIP-1153)
        0x5E: 3,  # MCOPY (EIP-5656), and 3 a word
    },
    # Modified
    precompile_count=10,  # EIP-4844
)

PRAGUE = CANCUN.fork(
    "Prague",
    # New
    transaction_types=5,  # EIP-7702
    authorization_gas=25_000,  # EIP-7702
    authorization_refund=12_500,  # EIP-7702
    delegates=1,  # EIP-7702
    floor_token_gas=10,  # EIP-7623
    has_history_call=1,  # EIP-2935
    has_requests=1,  # EIP-7685
    header_fields=21,  # EIP-7685
    # Modified
    blob_maximum=9,  # EIP-7691
    blob_update_fraction=5_007_716,  # EIP-7691
    precompile_count=17,  # EIP-2537
)

OSAKA = PRAGUE.fork(
    "Osaka",
    # New
    transaction_gas_limit=2**24,  # EIP-7825
    blob_limit_of_transaction=6,  # EIP-7594
    has_p256=1,  # EIP-7951
    instructions={0x1E: 5},  # CLZ (EIP-7939)
    # Modified
    modexp_since_osaka=1,  # EIP-7823, EIP-7883
)

BPO1 = OSAKA.fork(
    "BPO1",
    # Modified (EIP-7892)
    blob_maximum=15,
    blob_update_fraction=8_346_193,
)

BPO2 = BPO1.fork(
    "BPO2",
    # Modified (EIP-7892)
    blob_maximum=21,
    blob_update_fraction=11_684_671,
)

BPO2_WITH_ACCESS_LISTS = BPO2.fork(
    "BPO2withaccesslists",
    # New
    has_access_list=1,  # EIP-7928
    header_fields=22,  # EIP-7928
    block_access_list_item_gas=2_000,  # EIP-7928
)

AMSTERDAM = BPO2_WITH_ACCESS_LISTS.fork(
    "Amsterdam",
    # New
    transaction_total_gas_limit=2**32 - 1,  # EIP-8037
    floor_byte_tokens=4,  # EIP-7976
    access_list_data_address_gas=1_280,  # EIP-7981
    access_list_data_slot_gas=2_048,  # EIP-7981
    recipient_access_gas=3_000,  # EIP-2780
    recipient_value_gas=6_000,  # EIP-2780
    account_write_gas=9_000,  # EIP-8038
    code_access_gas=100,  # EIP-8038
    slot_warm_gas=100,  # EIP-8038: the access of a write is paid as that of a read
    logs_transfers=1,  # EIP-7708
    keeps_balance_of_destroyed=1,  # EIP-8246
    has_builder_requests=1,  # EIP-8282
    header_fields=23,  # EIP-7843
    has_state_gas=1,  # EIP-8037: 1,530 a byte
    state_gas_slot=64 * 1_530,
    state_gas_account=120 * 1_530,
    state_gas_authorization=23 * 1_530,
    state_gas_code_byte=1_530,
    code_word_gas=6,  # EIP-8037
    instructions={
        0x4B: 2,  # SLOTNUM (EIP-7843)
        0xE6: 3,  # DUPN (EIP-8024)
        0xE7: 3,  # SWAPN
        0xE8: 3,  # EXCHANGE
    },
    # Modified
    transaction_base_gas=12_000,  # EIP-2780
    creation_gas=12_000,  # EIP-8038
    create_gas=12_000,  # EIP-8038
    call_value_gas=11_300,  # EIP-8038: ACCOUNT_WRITE and the stipend
    cold_account_gas=3_000,  # EIP-8038
    access_list_address_gas=2_900,  # EIP-8038
    access_list_slot_gas=2_000,  # EIP-8038
    authorization_gas=7_816,  # EIP-8037
    floor_token_gas=16,  # EIP-7976
    slot_set_gas=10_000,  # EIP-8038
    slot_change_gas=10_000,  # EIP-8038
    slot_unchanged_gas=0,  # EIP-8038: the access alone
    slot_clear_refund=11_616,  # EIP-8038
    initcode_limit=131_072,  # EIP-7954
    code_limit=65_536,  # EIP-7954
    storage_alone_collides=0,  # EIP-7610 is not in it
    # Gone (EIP-8037): what state gas pays for
    new_account_gas=0,
    code_byte_gas=0,
    authorization_refund=0,
)

FORKS: Mapping[str, Fork] = {
    fork.name: fork
    for fork in (
        BERLIN,
        LONDON,
        ARROW_GLACIER,
        GRAY_GLACIER,
        PARIS,
        SHANGHAI,
        CANCUN,
        PRAGUE,
        OSAKA,
        BPO1,
        BPO2,
        BPO2_WITH_ACCESS_LISTS,
        AMSTERDAM,
    )
}
