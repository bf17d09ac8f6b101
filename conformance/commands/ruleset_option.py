"""The option ``--ruleset`` of the commands that take fixtures."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from samestate.conformance.fixtures.choices import AS_THEY_SAY, Rulesets

RulesetOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--ruleset",
        metavar="NAME=FORK",
        help="What fixtures mean by the name of a fork where they show nothing else, or the rules of an obsolete "
        "devnet: a fork by its name, or one of your own as FILE.py:ATTRIBUTE. May be given again.",
    ),
]


def rulesets_of_option(option: list[str] | None) -> Rulesets:
    """What ``--ruleset`` says, as often as it is given. Raises InputError as :func:`choose_rulesets` does."""
    if not option:
        return AS_THEY_SAY
    from samestate.conformance.fixtures.rulesets import choose_rulesets  # with all forks

    return choose_rulesets(option)
