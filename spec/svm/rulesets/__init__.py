"""The rulesets of Solana's machine, a page each: every page says what is new or changed against the one before it."""

from __future__ import annotations

from samestate.spec.svm.rulesets.mainnet_2026_07 import MAINNET_2026_07
from samestate.spec.svm.rulesets.mainnet_2026_09 import MAINNET_2026_09

RULESETS = {ruleset.name: ruleset for ruleset in (MAINNET_2026_07, MAINNET_2026_09)}
"""Every ruleset by its name, oldest first."""
