"""What users may call a fork."""

from __future__ import annotations

from samestate.conformance.errors import InputError


def fork_name(name: str, machine: str | None = None) -> str:
    """The fork that a user calls ``name``, of a machine or of any: small or large letters, with or without spaces.

    Raises InputError where there is none.
    """
    from samestate.conformance.vectors.machines import MACHINES  # with the rules of all of them

    wanted = bare(name)
    known = [fork for each, forks in MACHINES.items() if machine in (None, each) for fork in forks]
    for fork in known:
        if bare(fork) == {"merge": "paris"}.get(wanted, wanted):
            return fork
    raise InputError(f"--fork {name}: no fork is called so; known are {', '.join(known)}")


def bare(name: str) -> str:
    """A name without what people write differently in it."""
    return name.replace(" ", "").replace("_", "").replace("-", "").lower()
