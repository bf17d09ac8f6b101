"""The main network of September 2026: slot 447,552,000, epoch 1036. Agave 4.3.0; the set of litesvm 1.5.0 (npm).

Of 250 active features nine are new. Five of them change state at an epoch's first slot and no rule: two the price of
rent (SIMD-0437), three how long a slot lasts (SIMD-0525). The stake program of SIMD-0391 is bytecode, and the
collector of SIMD-0232 is what a block names as its leader here.
"""

# source: Agave, feature-set/src/lib.rs

from __future__ import annotations

from typing import Final

from samestate.spec.svm.rent import leaves_no_less, leaves_no_new_debt
from samestate.spec.svm.ruleset import Feature
from samestate.spec.svm.rulesets.mainnet_2026_07 import MAINNET_2026_07

RELAXED_MINIMUM_BALANCE: Final = Feature(
    name="relax_post_exec_min_balance_check",
    address="BY4JhHLahVzS9ynfDz4exzGPbVXhFmJvEyMWsXbDBqME",
    title="SIMD-0392: Relaxation of post-execution min_balance check",
    active={"rent_rule": leaves_no_less},
    inactive={"rent_rule": leaves_no_new_debt},
)
TRANSACTIONS_OF_VERSION_1: Final = Feature(
    name="enable_tx_v1",
    address="txv1aq4pp281K9um3tnPgkfX8UqtFT6wcVW3hNezGLL",
    title="SIMD-0385: Transaction V1",
    active={"versions": frozenset({"legacy", 0, 1})},
    inactive={"versions": frozenset({"legacy", 0})},
)

SWITCHES: Final = {feature.name: feature for feature in (RELAXED_MINIMUM_BALANCE, TRANSACTIONS_OF_VERSION_1)}
"""The features that a vector may switch by itself."""

MAINNET_2026_09: Final = MAINNET_2026_07.named(
    "mainnet-2026-09",
    447_552_000,
    # New
    TRANSACTIONS_OF_VERSION_1,
    # Modified
    RELAXED_MINIMUM_BALANCE,
)
