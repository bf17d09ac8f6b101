"""`samestate access-list`: the access list of each transaction of a block (EIP-2930), and what it would save."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from samestate.conformance.checking.choosing import choose, choose_vector, recorded_below, vectors_below
from samestate.conformance.commands.chain_option import ChainOption, network_of_option
from samestate.conformance.commands.ruleset_option import RulesetOption
from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.rulesets import choose_rulesets
from samestate.conformance.listing.block_lists import PricedList, TransactionLists, lists_of, sender_of, warm_anyway
from samestate.conformance.listing.entries import NOBODY, write_access_list
from samestate.conformance.output.json_file import check_json_target, write_json
from samestate.conformance.output.targets import check_spares, is_stdout
from samestate.conformance.tracing.traceable import TraceableBlock, choose_block, find_case
from samestate.conformance.vectors import evm
from samestate.spec.evm.transaction import AccessList

Document = dict[str, object]
"""A map of JSON."""


def access_list(
    block: Annotated[Path, typer.Argument(metavar="BLOCK", help="A vector, a fixture or a block file, of the EVM.")],
    case: Annotated[
        str | None, typer.Option(metavar="NAME", help="A part of the name of the case, where there are many.")
    ] = None,
    number: Annotated[
        int | None,
        typer.Option("--block", metavar="N", help="Index of the block; the first with transactions unless given."),
    ] = None,
    transaction: Annotated[
        list[int] | None,
        typer.Option("--transaction", metavar="N", help="Index of a transaction; all unless given. May be repeated."),
    ] = None,
    estimator: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Who predicts lists before the block is executed: declared, static, pattern, or rehearsed, which"
            " executes calls of unknown kinds on the state before it; `none`: nobody.",
        ),
    ] = "rehearsed",
    chain: ChainOption = None,
    ruleset: RulesetOption = None,
    json: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Write the lists as JSON, as wallets take them; to stdout for `-`."),
    ] = None,
) -> None:
    """Write the access list of each transaction (EIP-2930): before the block is executed, and as it turns out.

    An entry costs gas and makes the access that it announces cheaper. Each transaction is executed in its place with
    no list, with all that it accesses, and with the entries that save more than they cost, so that what it would save
    is measured as well as computed.
    """
    check_json_target(json)
    check_spares((block,), ("--json", json))
    refuse_other_machines(block, case)
    chosen = choose_block(find_case(block, case, network_of_option(chain), choose_rulesets(ruleset or ())), number)
    count = len(chosen.payload.transactions)
    for index in transaction or ():
        if not 0 <= index < count:
            raise InputError(f"--transaction {index}: the block has {count} transactions, numbered from 0")
    wanted = frozenset(transaction or range(count))
    found = list(lists_of(chosen, wanted, predictions(chosen, estimator)))
    if json is not None:
        write_json([document_of(lists, estimator) for lists in found], json)
        if is_stdout(json):
            return
    print_lists(Console(highlight=False), chosen, found)


def refuse_other_machines(path: Path, name: str | None) -> None:
    """Raise InputError for a case of a machine whose transactions have no access lists."""
    vectors = vectors_below(path)
    case = choose_vector(path, name, vectors).case if vectors else None
    recorded = () if vectors else recorded_below(path)
    if case is None and recorded:
        case = choose(path, name, [(each.id, each.case) for each in recorded])
    if case is not None and case.machine != evm.NAME:
        raise InputError(f"{case.id}: is of the machine {case.machine}, whose transactions have no access lists")


def predictions(block: TraceableBlock, estimator: str) -> list[AccessList] | None:
    """What an estimator predicts, or None. Raises InputError."""
    if estimator == NOBODY:
        return None
    # only now: lists as they turn out take no compiled engine
    from samestate.conformance.listing.predicting import predicted_lists

    warm = [warm_anyway(block, each, sender_of(block, index)) for index, each in enumerate(block.payload.transactions)]
    return predicted_lists(block, estimator, warm)


def document_of(lists: TransactionLists, estimator: str) -> Document:
    """The lists of a transaction as JSON; each is what `eth_createAccessList` gives of it."""
    document: Document = {
        "transaction": lists.index,
        "from": f"0x{lists.sender.hex()}",
        "to": None if lists.to is None else f"0x{lists.to.hex()}",
        "gasUsedWithoutList": quantity(lists.bare.gas_used),
        "pricePerAddress": hex(lists.prices.address),
        "pricePerSlot": hex(lists.prices.slot),
        "sent": list_document(lists.sent),
        "accessed": list_document(lists.accessed),
        "paying": {**list_document(lists.paying), "saves": lists.saves, "computed": lists.computed},
    }
    if lists.predicted is not None:
        precision, recall = lists.accuracy()
        shares: Document = {"estimator": estimator, "precision": precision, "recall": recall}
        document["predicted"] = {**list_document(lists.predicted), **shares}
    return document


def list_document(listed: PricedList) -> Document:
    """One list with the gas that the transaction uses with it."""
    document: Document = {"accessList": write_access_list(listed.access_list), "gasUsed": quantity(listed.gas_used)}
    if listed.gas_used is None:
        document["error"] = "the transaction cannot pay for itself with this list"
    elif listed.failure is not None:
        document["error"] = listed.failure
    return document


def quantity(gas: int | None) -> str | None:
    """An amount of gas as JSON-RPC writes it."""
    return None if gas is None else hex(gas)


def print_lists(console: Console, block: TraceableBlock, found: Sequence[TransactionLists]) -> None:
    """A table of what each list would save, and what the lists say in all."""
    table = Table("tx", "gas", "cold", "all listed", "paying", "saves", "before", "recall")
    for lists in found:
        recall = lists.accuracy()[1]
        table.add_row(
            str(lists.index),
            amount(lists.bare.gas_used),
            entries(lists.accessed.access_list),
            amount(lists.accessed.gas_used),
            entries(lists.paying.access_list),
            saving(lists),
            "" if lists.predicted is None else entries(lists.predicted.access_list),
            "" if recall is None else f"{recall:.2f}",
        )
    console.print(table)
    if found:
        prices = found[0].prices
        console.print(f"{block.fork.name}: an address costs {prices.address} gas, a slot {prices.slot}")
    saved = [lists.saves or 0 for lists in found]
    paid = [lists.bare.gas_used or 0 for lists in found]
    console.print(f"{len(found)} transactions, {sum(map(bool, saved))} of which save {sum(saved)} of {sum(paid)} gas")


def saving(lists: TransactionLists) -> str:
    """What the paying entries save as measured; beside it what was computed, where that differs."""
    measured = amount(lists.saves)
    return measured if lists.saves == lists.computed else f"{measured} (computed: {lists.computed})"


def entries(access_list: AccessList) -> str:
    """How many addresses and slots a list has."""
    slots = sum(len(slots) for _, slots in access_list)
    return f"{len(access_list)} + {slots}" if access_list else ""


def amount(gas: int | None) -> str:
    """An amount of gas, or that there is none."""
    return "-" if gas is None else str(gas)
