"""What can be wrong with a vector of any machine, beyond what a schema can say."""

from __future__ import annotations

from collections.abc import Iterable

from samestate.conformance.vectors.document import Object, Path, YamlDocument, quoted
from samestate.conformance.vectors.model import VALID, gas_of, members, text, transactions
from samestate.conformance.vectors.record import KeyText, read_steps, write_critical_paths, write_dependencies


def status_problems(document: YamlDocument, path: Path, expect: Object, rejections: list[str]) -> Iterable[str]:
    """A status that is neither ``valid`` nor one of the machine's rejection codes."""
    status = text(expect, "status")
    if status != VALID and status not in rejections:
        known = ", ".join(rejections)
        yield f"{document.at((*path, 'status'))}{quoted(status)} is no rejection code; they are {known}"


def record_problems(document: YamlDocument, path: Path, block: Object, expect: Object, codec: KeyText) -> Iterable[str]:
    """An access record that is not in order, and what follows from it but was written otherwise."""
    count = len(transactions(block))
    for name, wanted in (("receipts", count), ("access", count + 2)):
        if len(members(expect, name)) != wanted:
            yield f"{document.at((*path, name))}must have {wanted} elements, for {count} transactions"
            return
    try:
        steps = read_steps(expect["access"], codec)
    except ValueError as error:
        yield f"{document.at((*path, 'access'))}{error}"
        return
    given, right = members(expect, "depends"), write_dependencies(steps, codec)
    for index in range(max(len(given), len(right))):
        if index >= len(given):
            yield f"{document.at((*path, 'depends'))}lacks what follows from the access record: {right[index]}"
            break
        if index >= len(right) or given[index] != right[index]:
            follows = right[index] if index < len(right) else "nothing more"
            yield f"{document.at((*path, 'depends', index))}does not follow from the access record: must be {follows}"
            break
    gas_used = [int(gas_of(receipt)) for receipt in members(expect, "receipts")]
    for name, value in write_critical_paths(steps, gas_used).items():
        if expect[name] != value:
            follows = "the access record" + (" and the gas used" if name.endswith("gas") else "")
            yield f"{document.at((*path, name))}does not follow from {follows}: must be {quoted(str(value))}"
