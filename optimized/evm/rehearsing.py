"""Transactions of a kind of which nothing is known, executed on the state before their block: to see what they access.

What they do there counts for nothing. A sender's nonce is taken for the one that the transaction has, so that it can
be rehearsed though others of the same sender come before it.
"""

import cython
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.libc.string import memcmp
from cython.cimports.samestate.optimized.core.shim import now_nanoseconds
from cython.cimports.samestate.optimized.evm.direct import has_storage_alone, load_account_directly, load_slot_directly
from cython.cimports.samestate.optimized.evm.running import ANALYSES
from cython.cimports.samestate.optimized.evm.seams import Account
from cython.cimports.samestate.optimized.evm.worker_seams import STEP_DONE, delete_worker, new_worker
from cython.cimports.samestate.optimized.evm.worker_steps import do_transaction

from samestate.optimized.errors import OutOfMemory


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def load_account(itself: cython.p_void, account: cython.pointer(Account), part: cython.int) -> cython.int:
    """As the state before the block has it, but for the sender's nonce."""
    rehearsed: cython.pointer(Rehearsed) = cython.cast(cython.pointer(Rehearsed), itself)
    answer: cython.int = load_account_directly(cython.address(rehearsed.direct), account, part)
    if memcmp(account.address.bytes, rehearsed.sender.bytes, 20) == 0:
        account.nonce_before = rehearsed.nonce
    return answer


@cython.cclass
class Rehearsals:
    """One engine's. Not for two blocks at once."""

    def __cinit__(self):
        self.worker = new_worker()
        if self.worker == cython.NULL:
            raise OutOfMemory("this process cannot have the address space of a worker's stacks")
        self.worker.executor.hashes.messages.keeps = True

    def __dealloc__(self):
        delete_worker(self.worker)

    def begin_block(self, block: PackedBlock, world: World) -> cython.void:
        """A new block, on a state. Its rehearsals use no more gas together than the block may."""
        worker: cython.pointer(Worker) = self.worker
        self.block = block
        self.gas = block.input.environment.gas_limit
        self.rehearsed.direct.state = world.asked
        self.rehearsed.direct.no_code = cython.address(world.codes.empty())
        self.rehearsed.direct.lacking_code = world.lacking_code
        self.rehearsed.direct.lacking_length = 0
        world.codes.begin_block(block.ruleset.rules, ANALYSES)
        worker.options.with_effect = True
        worker.options.with_reads = True
        worker.source.keeps = False
        worker.source.itself = cython.address(self.rehearsed)
        worker.source.load_account = load_account
        worker.source.load_slot = load_slot_directly
        worker.source.storage_alone = has_storage_alone
        worker.begin_block(
            cython.address(block.ruleset.rules),
            cython.address(block.input),
            cython.address(world.codes),
            now_nanoseconds(),
            cython.address(self.stop),
        )

    def rehearse(self, transaction: uint64_t) -> cython.pointer(cython.const[OutcomeRecord]):
        """See rehearsing.pxd."""
        worker: cython.pointer(Worker) = self.worker
        limit: uint64_t = self.block.input.transactions[transaction].gas_limit
        if limit > self.gas:
            return cython.NULL
        self.rehearsed.nonce = self.block.input.transactions[transaction].nonce
        self.rehearsed.sender = self.block.input.senders[transaction].address
        worker.record.clear()
        worker.executor.state.begin_run()
        if do_transaction(worker, transaction) != STEP_DONE or worker.last().fault_code():
            return cython.NULL
        self.gas -= min(self.gas, worker.last().figures.execution_gas)
        return worker.last()
