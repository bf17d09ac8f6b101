"""Shanghai, mainnet timestamp 1681338455 (EIP-3651, EIP-3855, EIP-3860, EIP-4895)."""

from __future__ import annotations

from samestate.spec.evm import intrinsic, validity
from samestate.spec.evm.forks.paris import PARIS
from samestate.spec.evm.gas import initcode
from samestate.spec.evm.instructions import push0
from samestate.spec.evm.withdrawals import pay_withdrawals

SHANGHAI = PARIS.fork(
    name="Shanghai",
    # New
    instructions={0x5F: push0},  # EIP-3855
    transaction_rules=(*PARIS.transaction_rules, validity.check_initcode_size),  # EIP-3860
    closing=(*PARIS.closing, pay_withdrawals),  # EIP-4895
    warms_coinbase=True,  # EIP-3651
    # Modified
    intrinsic_charges=(*PARIS.intrinsic_charges, intrinsic.initcode_charge),  # EIP-3860
    initcode_gas=initcode,  # EIP-3860
    initcode_size_limit=2 * PARIS.code_size_limit,  # EIP-3860
    header_fields=17,  # EIP-4895: withdrawals_root
)
