"""Code comes out as it was written, with labels where they belong."""

from __future__ import annotations

import pytest

from samestate.conformance.generating.bytecode import OPCODES, Code


def test_instructions_and_pushes() -> None:
    code = Code().push(0, 1, 256, 2**256 - 1).op("ADD", "CLZ").raw(b"\x0c")
    assert code.build().hex() == "60006001610100" + "7f" + "ff" * 32 + "011e0c"
    assert len(code) == len(code.build())


def test_jumps_forward_and_back() -> None:
    code = Code()
    end, again = code.label(), code.label()
    code.mark(again).push(1).jump_if(end).jump(again).mark(end).op("STOP")
    assert code.build().hex() == "5b" + "6001" + "61000b57" + "61000056" + "5b00"


def test_data_has_no_jump_destination() -> None:
    code = Code()
    label = code.label()
    code.push_label(label).op("STOP").mark(label, is_destination=False).raw(b"\xaa")
    assert code.build().hex() == "61000400aa"


def test_mistakes() -> None:
    code = Code()
    label = code.label()
    with pytest.raises(ValueError, match="label 0 is used but was never placed"):
        code.jump(label).build()
    with pytest.raises(ValueError, match="a PUSH takes 1 to 32 bytes, not 33"):
        Code().push(2**256)
    with pytest.raises(ValueError, match="a PUSH takes 1 to 32 bytes, not 0"):
        Code().push(b"")


def test_names_of_all_forks() -> None:
    assert OPCODES["DIFFICULTY"] == OPCODES["PREVRANDAO"] == 0x44
    assert OPCODES["PUSH1"] == 0x60
    assert OPCODES["PUSH0"] == 0x5F
