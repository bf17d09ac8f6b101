"""A fork's page as the data that C++ goes by."""

import cython
from cython.cimports.samestate.optimized.evm.seams import set_number

_made: dict = {}


@cython.cclass
class Ruleset:
    """The rules of one fork, by number. Raises ValueError where a page names a number that there is none of."""

    def __init__(self, fork):
        self.fork = fork
        for name, value in fork.numbers.items():
            if not set_number(self.rules, name.encode(), value):
                raise ValueError(f"{fork.name}: no rule is called {name}")
        for opcode, gas in fork.instructions.items():
            self.rules.defined[opcode] = 1
            self.rules.gas[opcode] = gas


def ruleset_of(fork) -> Ruleset:
    """The rules of a fork, made once for pages that are equal in everything."""
    key = (fork.name, tuple(sorted(fork.numbers.items())), tuple(sorted(fork.instructions.items())))
    made = _made.get(key)
    if made is None:
        made = Ruleset(fork)
        if len(_made) >= 256:
            _made.clear()
        _made[key] = made
    return made
