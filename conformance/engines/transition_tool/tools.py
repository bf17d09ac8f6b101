"""The transition tools that are known, and what each calls differently, lacks or adds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from samestate.conformance.fixtures.forks import BY_NAME
from samestate.conformance.vectors.machines import MACHINES
from samestate.conformance.vectors.model import OF_CHAINS, POST_STATE, SELECTORS

EVERY_FORK: Final = MACHINES["evm"]
WITHOUT_LISTS: Final = frozenset(name for name in EVERY_FORK if not BY_NAME[name].has_access_list)
"""The forks that every tool has."""

SELECTORS_OF_TOOLS: Final = frozenset(SELECTORS) - OF_CHAINS - {"access-list", "proposed-access-list"}
"""No tool verifies a block access list."""

OUTPUTS_OF_TOOLS: Final = frozenset(
    {"state_root", "receipts_root", "gas_used", "logs_bloom", "requests", "requests_hash", POST_STATE}
)
"""What every tool gives: of logs their bloom and, in the receipts' root, each of them."""

ACCESS_LIST: Final = frozenset({"block_access_list", "block_access_list_hash"})
"""What a tool gives that has block access lists."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A transition tool.

    ``version``: how the line begins that it answers ``--version`` with. ``outputs``: what it gives beside what every
    tool gives. ``refusal``: what stderr says where it ends with an error because the block is invalid, and not because
    something is wrong with the tool or its input.
    """

    name: str
    version: str
    forks: frozenset[str] = WITHOUT_LISTS
    selectors: frozenset[str] = SELECTORS_OF_TOOLS
    outputs: frozenset[str] = frozenset({"blob_gas_used"})
    refusal: re.Pattern[str] | None = None


TOOLS: Final = (
    Tool(
        name="geth",
        version="evm version",
        forks=WITHOUT_LISTS | {"Amsterdam"},
        selectors=SELECTORS_OF_TOOLS | {"access-list"},
        outputs=frozenset({"blob_gas_used", "receipts", *ACCESS_LIST}),
        # 2 is what it calls an error of the EVM; a panic of Go has the same exit code and another text
        refusal=re.compile(r"^ERROR\(2\): (.*)", re.MULTILINE),
    ),
    # of blob transactions it gives no blob gas
    Tool(name="EELS", version="ethereum-spec-evm", outputs=frozenset()),
    Tool(
        name="samestate",
        version="samestate",
        forks=frozenset(EVERY_FORK),
        selectors=SELECTORS_OF_TOOLS | {"access-list"},
        outputs=frozenset({"blob_gas_used", "receipts", *ACCESS_LIST}),
    ),
)

UNKNOWN: Final = Tool(name="t8n", version="")
"""Whatever calls forks by their usual names and gives what most tools give."""


def tool_of(version: str) -> Tool:
    """The tool that answers ``--version`` with that line."""
    return next((tool for tool in TOOLS if version.startswith(tool.version)), UNKNOWN)
