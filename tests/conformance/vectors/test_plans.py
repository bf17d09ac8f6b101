"""Plans of chains as vectors: what is refused and where, who skips them, and what a difference says."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from samestate.conformance.checking.vectors import check_vector
from samestate.conformance.checking.verdict import Result
from samestate.conformance.engines.command import CommandEngine
from samestate.conformance.engines.registry import find_engine
from samestate.conformance.errors import InputError
from samestate.conformance.exploring.variants import CHECKOUT
from samestate.conformance.fuzzing.campaign import case_of, wrong_about
from samestate.conformance.vectors.chains.problems import problems
from samestate.conformance.vectors.comparing import Granularity, first_difference
from samestate.conformance.vectors.document import Path, read_yaml
from samestate.conformance.vectors.loading import load_vector, load_vector_file
from samestate.conformance.vectors.model import OUTPUTS
from samestate.conformance.vectors.places import VECTORS, vector_files
from samestate.conformance.vectors.writing import write_yaml
from samestate.spec.chains.rejections import PlanInvalid, SendingRefusal

ID = "chains/delivery/around_three_chains"
PLACE = f"{ID}.yaml"


def content() -> Any:
    return yaml.safe_load((VECTORS / PLACE).read_text(encoding="utf-8"))


def chain(plan: Any, name: str) -> Any:
    return plan["pre"]["chains"][name]


Change = Callable[[Any], object]

BAD: dict[str, tuple[Change, str]] = {
    "machine": (lambda plan: chain(plan, "toy")["machine"].update(name="fpga"), 'must be "evm", "svm" or "toy"'),
    "fork": (lambda plan: chain(plan, "evm")["machine"].update(fork="Atlantis"), "Atlantis"),
    "domain": (lambda plan: chain(plan, "toy").update(domain=str(2**32)), f"must be below {2**32}"),
    "key": (lambda plan: chain(plan, "evm")["relayer"].update(private_key=f"0x{'00' * 32}"), "a key of secp256k1"),
    "outbox": (lambda plan: chain(plan, "evm").pop("outbox"), "the field 'outbox' is missing"),
    "outbox of the toy": (lambda plan: chain(plan, "toy").update(outbox=f"0x{'00' * 20}"), "outbox"),
    "relayer": (lambda plan: chain(plan, "toy").update(relayer={}), "the field 'address' is missing"),
    "chain id": (
        lambda plan: chain(plan, "evm")["machine"]["params"].update(chain_id=str(2**63)),
        "chain_id: must be at most",
    ),
    "recipient": (lambda plan: plan["pre"]["links"][0].pop("recipient"), "is missing: it says who receives"),
    "recipient of the toy": (
        lambda plan: plan["pre"]["links"][2].update(recipient=f"0x{'00' * 20}"),
        "must not be there: the toy has slots",
    ),
    "recipient of another machine": (
        lambda plan: plan["pre"]["links"][0].update(recipient=plan["pre"]["links"][1]["recipient"]),
        "an address as the machine evm writes them",
    ),
    "name": (lambda plan: plan["pre"]["chains"].update({"No name": chain(plan, "toy")}), "the name of a chain"),
    "pre": (lambda plan: chain(plan, "toy")["pre"]["slots"].update({"0x1": "0x0"}), "must not be zero"),
    "block": (
        lambda plan: plan["blocks"][0]["chains"]["toy"]["env"].update(gas_limit=str(2**64)),
        "must fit into 64 bits",
    ),
    "history": (lambda plan: plan["blocks"][2]["chains"]["svm"]["env"].pop("blockhash"), "'blockhash'"),
    "result": (lambda plan: plan["blocks"][0]["expect"]["chains"].pop("toy"), "toy must have a block and a result"),
    "code": (lambda plan: plan["blocks"][0].update(expect={"status": "NO_CODE"}), "is no rejection code"),
    "code of a chain": (
        lambda plan: plan["blocks"][0]["expect"]["chains"].update(toy={"status": "NO_CODE"}),
        "is no rejection code",
    ),
    "dependency": (
        lambda plan: plan["blocks"][0]["expect"]["chains"]["toy"].update(critical_path="7"),
        "does not follow from the access record",
    ),
    "no chains": (lambda plan: plan["pre"].update(chains={}), "pre.chains: must have at least 1 members, but has 0"),
    "latency": (lambda plan: plan["pre"]["links"][0].update(latency=str(2**40)), "must fit into 32 bits"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input_is_named(what: str) -> None:
    change, complaint = BAD[what]
    plan = copy.deepcopy(content())
    change(plan)
    with pytest.raises(InputError) as raised:
        load_vector(PLACE, write_yaml(plan, {}, "").encode())
    assert complaint in str(raised.value)
    assert PLACE in str(raised.value)


class Marks(dict[Path, tuple[int, int]]):
    """The marks of a document, and how often all of them were looked at."""

    looks = 0

    def items(self) -> Any:
        self.looks += 1
        return super().items()


@pytest.mark.parametrize("count", [0, 40])
def test_marks_are_sorted_out_once_however_many_chains_there_are(count: int) -> None:
    plan = content()
    for number in range(count):
        plan["pre"]["chains"][f"more_{number}"] = {**chain(plan, "toy"), "domain": str(100 + number)}
    document = read_yaml(PLACE, write_yaml(plan, {}, "").encode())
    document.marks = marks = Marks(document.marks)
    vector = load_vector(PLACE, write_yaml(plan, {}, "").encode())
    assert list(problems(document, vector.case, vector.expected)) == []
    assert marks.looks == 1


def test_every_code_is_expected_by_a_vector() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in vector_files("chains"))
    names = [*(code.name for code in PlanInvalid), *(refusal.name for refusal in SendingRefusal)]
    assert [name for name in names if f'status: "{name}"' not in text] == []


def test_who_has_not_the_machine_skips() -> None:
    vector = load_vector_file(VECTORS / PLACE)
    client = CommandEngine(f"{sys.executable} {CHECKOUT / 'docs' / 'examples' / 'client.py'}")
    try:
        verdict = check_vector(vector, client)
    finally:
        client.close()
    assert (verdict.result, verdict.reason) == (Result.SKIPPED, "the engine has no machine chains")


def test_who_lacks_the_machine_of_a_chain_skips() -> None:
    engine = find_engine("optimized:block-stm@processes")
    verdict = check_vector(load_vector_file(VECTORS / PLACE), engine)
    assert (verdict.result, verdict.reason) == (Result.SKIPPED, "the engine has no machine svm")


def difference(change: Change) -> str:
    vector = load_vector_file(VECTORS / PLACE)
    given = copy.deepcopy(vector.expected)
    change(given)
    found = first_difference(vector.case, vector.expected, given, frozenset(OUTPUTS), Granularity.KEYS, {})
    return "" if found is None else found.where


def test_a_difference_says_round_and_chain() -> None:
    def spoil_chain(given: Any) -> None:
        given[3]["joint_root"] = given[1]["joint_root"]
        given[1]["chains"]["evm"]["receipts"][0]["gas_used"] = "7"

    def spoil_delivery(given: Any) -> None:
        spoil_chain(given)
        given[1]["delivered"] = []

    assert difference(lambda given: None) == ""
    assert difference(spoil_chain) == "block 1: chain evm: receipt 0: gas_used"
    assert difference(spoil_delivery) == "block 1: delivered[0]"
    assert difference(lambda given: given[1].update(chains={})) == "block 1: chain evm: status"
    assert difference(lambda given: given[2].update(joint_root="0x")) == "block 2: joint_root"


@pytest.mark.parametrize("seed", range(12))
def test_random_plans_on_both_routings(seed: int) -> None:
    case, expected = case_of("chains", seed, 12)
    assert wrong_about(find_engine("optimized:sequential"), case, expected) is None


@pytest.mark.soak
def test_many_random_plans_on_all_strategies() -> None:
    engines = [find_engine(f"optimized:{name}", workers=3) for name in ("adaptive", "block-stm", "locks", "waves")]
    for seed in range(1000, 1060):
        case, expected = case_of("chains", seed, 20)
        for engine in engines:
            assert wrong_about(engine, case, expected) is None, (seed, engine.id)
