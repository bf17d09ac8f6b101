"""A fork's page as the data that C++ goes by."""

from samestate.optimized.evm.forks import Fork

class Ruleset:
    fork: Fork
    def __init__(self, fork: Fork) -> None: ...

def ruleset_of(fork: Fork) -> Ruleset: ...
