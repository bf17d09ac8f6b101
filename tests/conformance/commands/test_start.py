"""What a command imports before it does anything: whoever only asks waits for no machine's rules."""

from __future__ import annotations

import subprocess
import sys

from samestate.conformance.fixtures import choices, networks

HEAVY = ("samestate.spec", "samestate.reference", "samestate.optimized", "yaml", "rich", "jsonschema", "hypothesis")


def test_check_starts_without_machines_and_engines() -> None:
    program = "import sys, samestate.conformance.commands.check; print('\\n'.join(sys.modules))"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = ended.stdout.split()
    assert "samestate.conformance.checking.session" in loaded
    assert [name for name in loaded if name.startswith(HEAVY)] == []


def test_little_is_imported_before_ctrl_c_is_awaited() -> None:
    """Until then it is Python itself that tells of it, at length."""
    program = "import sys; before = {*sys.modules}; import samestate.__main__; print(*{*sys.modules} - before)"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert {*ended.stdout.split()} <= {"samestate", "samestate.__main__", "importlib", "warnings"}


def test_chains_known_by_name_are_the_public_networks() -> None:
    assert list(choices.PUBLIC_CHAINS) == list(networks.NAMES)
