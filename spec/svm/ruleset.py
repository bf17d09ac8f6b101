"""What a ruleset is: a record of what transactions may be and do, made from the one before by naming features.

No rule asks which ruleset it is in. What a feature decides is a field here, and a page in ``spec/svm/rulesets/`` says
which features are active. What differs between them beside rules is state, and a block carries it: the price of rent,
and how long a slot lasts, both of which change at the first slot of an epoch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from samestate.spec.svm.message import Version
from samestate.spec.svm.rent import RentRule


@dataclass(frozen=True, slots=True)
class Feature:
    """A switch of the chain: its name and its account, and the fields of a ruleset with it and without it."""

    name: str
    address: str
    title: str
    """What its proposal is called."""
    active: Mapping[str, Any] = field(default_factory=dict)
    inactive: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, eq=False)
class SvmRuleset:
    """The rules of a time. ``features``: whether each feature that decides something here is active, by name."""

    name: str
    """What people and files call it."""
    slot: int
    """The newest slot at which a feature was activated on the main network."""
    features: Mapping[str, bool]

    # what a transaction is
    versions: frozenset[Version]
    """The versions of messages that a block may hold."""
    account_lock_limit: int
    """How many keys a message may have, those of its lookups included."""
    instruction_limit: int
    """How many instructions a message may have."""
    instruction_account_limit: int
    """How many accounts an instruction may have."""

    # what an account is
    rent_rule: RentRule
    """How a transaction may leave an account that holds less than its size takes."""

    def with_feature(self, feature: Feature, is_active: bool = True) -> Self:
        """These rules with one feature switched."""
        changes = feature.active if is_active else feature.inactive
        return replace(self, features={**self.features, feature.name: is_active}, **changes)

    def named(self, name: str, slot: int, *features: Feature) -> Self:
        """The rules that follow: these, with the features given."""
        rules = replace(self, name=name, slot=slot)
        for feature in features:
            rules = rules.with_feature(feature)
        return rules
