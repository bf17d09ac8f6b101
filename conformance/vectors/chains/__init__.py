"""Vectors of plans: several chains, each of a machine of its own, and the messages between them.

A plan is a case of the machine ``chains``, whose blocks are rounds: at most one block of each chain.
"""

from samestate.conformance.vectors.chains.case import FORK, NAME, PlanCase, needed_selectors, part_of, read_plan
from samestate.conformance.vectors.chains.execution import Conductor, SpecConductor, execute, execute_by
from samestate.conformance.vectors.chains.keys import CODEC, account_of, state_values

__all__ = [
    "CODEC",
    "FORK",
    "NAME",
    "Conductor",
    "PlanCase",
    "SpecConductor",
    "account_of",
    "execute",
    "execute_by",
    "needed_selectors",
    "part_of",
    "read_plan",
    "state_values",
]
