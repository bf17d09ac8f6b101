"""Samples of `perf` as a drawing: names that people know, shares that add up, and an SVG of its own."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from benchmarks.flame_graph import drawing, folded, kind_of, plain_name, shares, stacks

SCRIPT = """python\x20
\t           31602 samestate::keccak_rounds::with_bmi
\t           3a0e8 samestate::evm::run_frames
\t           3d30d samestate::evm::Worker::execute(unsigned long)::{lambda()#1}::operator()
\t            6d42 __pyx_f_9samestate_9optimized_3evm_12worker_steps_do_transaction
\t           fd9c2 _PyEval_EvalFrameDefault

python\x20
\t           3a0e8 samestate::evm::run_frames
\t           3a0e8 samestate::evm::run_frames
\t            6d42 __pyx_f_9samestate_9optimized_3evm_12worker_steps_do_transaction

python\x20
\t           fd9c2 _PyEval_EvalFrameDefault
"""


@pytest.mark.parametrize(
    ("symbol", "name"),
    [
        ("__pyx_f_9samestate_9optimized_4core_10base_state_find_content", "find_content"),
        ("__pyx_pw_9samestate_9optimized_3evm_7running_6EvmRun_7work", "work"),
        ("samestate::evm::Worker::execute(unsigned long)::{lambda()#1}::operator()", "Worker::execute"),
        ("samestate::evm::run_exact<false>", "run_exact"),
        ("samestate::keccak_rounds::with_bmi", "keccak_rounds::with_bmi"),
        ("samestate::evm::State::slot(samestate::evm::Account&, samestate::u256 const&)", "State::slot"),
        ("__memcmp_evex_movbe", "__memcmp_evex_movbe"),
    ],
)
def test_names(symbol: str, name: str) -> None:
    assert plain_name(symbol) == name


def test_samples_count_below_a_transaction_alone() -> None:
    top = folded(stacks(SCRIPT.splitlines()))
    assert top.amount == 2
    assert top.below["Worker::execute"].below["run_frames"].amount == 1
    assert top.below["run_frames"].amount == 1
    assert top.below["run_frames"].below == {}
    assert shares(top) == {"keccak_rounds::with_bmi": 1, "run_frames": 1, "do_transaction": 0, "Worker::execute": 0}


def test_the_drawing_needs_nothing_else_and_is_read_on_light_and_on_dark() -> None:
    drawn = drawing(folded(stacks(SCRIPT.splitlines())), "a <block>")
    root = ElementTree.fromstring(drawn)
    titles = [title.text for title in root.iter("{http://www.w3.org/2000/svg}title")]
    assert titles == ["Worker::execute 50.0%", "run_frames 50.0%", "keccak_rounds::with_bmi 50.0%", "run_frames 50.0%"]
    assert "prefers-color-scheme: dark" in drawn
    assert "http" not in drawn.replace("http://www.w3.org/2000/svg", "")
    assert "a &lt;block&gt;: 2 samples" in drawn


def test_what_functions_are_about() -> None:
    kinds = [kind_of(name) for name in ("keccak256", "load_slot", "__memcmp", "run_blocks", "check_sender")]
    assert kinds == ["hash", "state", "library", "code", "around"]
