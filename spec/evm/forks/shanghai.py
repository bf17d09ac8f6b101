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
    instructions={0x5F: push0},
    transaction_rules=(*PARIS.transaction_rules, validity.check_initcode_size),
    closing=(*PARIS.closing, pay_withdrawals),
    warms_coinbase=True,
    # Modified
    intrinsic_charges=(*PARIS.intrinsic_charges, intrinsic.initcode_charge),
    initcode_gas=initcode,
    initcode_size_limit=2 * PARIS.code_size_limit,
    header_fields=17,
)
