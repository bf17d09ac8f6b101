"""The main network of July 2026: slot 435,888,000, epoch 1009. Agave 4.1.2; the set of solders 0.29.0.

Of 241 active features these decide what this machine says. The others are about programs that are bytecode, votes,
stakes, the network between validators, or rules that are older than all that is said here.
"""

# source: Agave, feature-set/src/lib.rs

from __future__ import annotations

from typing import Final

from samestate.spec.svm.rent import leaves_no_new_debt
from samestate.spec.svm.ruleset import Feature, SvmRuleset

INSTRUCTION_LIMIT: Final = Feature(
    name="static_instruction_limit",
    address="64ixypL1HPu8WtJhNSMb9mSgfFaJvsANuRkTbHyuLfnx",
    title="SIMD-0160: Static instruction limit",
    active={"instruction_limit": 64},
)
INSTRUCTION_ACCOUNT_LIMIT: Final = Feature(
    name="limit_instruction_accounts",
    address="6aHuNsUmwSzCEMjrBzBCYaxHAyAcQBjVES92JigHBDuC",
    title="SIMD-0406: Maximum instruction accounts",
    active={"instruction_account_limit": 255},
)

TAKEN_FOR_GRANTED: Final = {
    "relax_intrabatch_account_locks": "SIMD-0083: transactions of an entry may conflict, and take effect in order",
    "accounts_lt_hash": "SIMD-0215: the state is committed to by a lattice hash",
    "remove_accounts_delta_hash": "SIMD-0223: and by nothing else",
    "enable_transaction_loading_failure_fees": "SIMD-0082: a transaction that cannot load its accounts pays its fee",
    "formalize_loaded_transaction_data_size": "SIMD-0186: how the size of what is loaded is counted",
    "define_ltds_fee_only_semantics": "SIMD-0186: the size that a fees-only transaction has loaded",
    "require_static_nonce_account": "SIMD-0242: a nonce account is no key of a lookup",
    "reserve_minimal_cus_for_builtin_instructions": "SIMD-0170: 3,000 units by default for an instruction of a builtin",
    "reward_full_priority_fee": "SIMD-0096: priority fees go to the leader",
    "create_account_allow_prefund": "SIMD-0312: an account may be created where lamports are already",
    "move_precompile_verification_to_svm": "SIMD-0159: precompiles are executed as instructions",
    "enable_secp256r1_precompile": "SIMD-0075: signatures on secp256r1",
    "remove_accounts_executable_flag_checks": "SIMD-0162: whether an account is executable matters nowhere",
    "apply_cost_tracker_during_replay": "a block over its limits is invalid",
    "cost_model_requested_write_lock_cost": "locks cost what they were requested as",
    "remove_simple_vote_from_cost_model": "SIMD-0458: votes cost what others cost",
    "raise_block_limits_to_100m": "SIMD-0286: what a block may cost",
    "raise_account_cu_limit": "SIMD-0306: two fifths of it on one account",
    "disable_rent_fees_collection": "SIMD-0084: no rent is collected",
    "skip_rent_rewrites": "SIMD-0183: and no account rewritten for it",
    "add_new_reserved_account_keys": "SIMD-0105: which keys are reserved",
}
"""Features that are active in every ruleset here, and without which nothing is said."""

MAINNET_2026_07: Final = SvmRuleset(
    name="mainnet-2026-07",
    slot=435_888_000,
    features={
        **dict.fromkeys(TAKEN_FOR_GRANTED, True),
        INSTRUCTION_LIMIT.name: True,
        INSTRUCTION_ACCOUNT_LIMIT.name: True,
        "relax_post_exec_min_balance_check": False,
        "enable_tx_v1": False,
    },
    versions=frozenset({"legacy", 0}),
    account_lock_limit=64,
    instruction_limit=64,
    instruction_account_limit=255,
    rent_rule=leaves_no_new_debt,
)
