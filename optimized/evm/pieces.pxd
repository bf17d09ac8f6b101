# Blocks of the EVM in pieces. See pieces.py, and pieces.hpp for what each part means.

from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

from samestate.optimized.core.block_run cimport BlockRun
from samestate.optimized.core.watching cimport Listener, Watch
from samestate.optimized.evm.direct cimport Direct
from samestate.optimized.evm.ledger cimport StateBefore
from samestate.optimized.evm.packing cimport PackedBlock
from samestate.optimized.evm.running cimport EvmRun
from samestate.optimized.evm.seams cimport Code, CodeTable
from samestate.optimized.evm.worker_seams cimport BlockInput, Deposits, Settlement, Source, StepRecords, StepResult, Worker
from samestate.optimized.evm.world cimport World

cdef extern from "samestate/optimized/evm/piece_source.hpp" namespace "samestate::evm" nogil:
    cppclass ListedState:
        pass
    cppclass PieceSource(Source):
        StateBefore before
        CodeTable* codes
        const Code* lacking_code
        const ListedState* list

cdef extern from "samestate/optimized/evm/pieces.hpp" namespace "samestate::evm" nogil:
    enum class Discarded(uint8_t):
        NO
    const char* name_of(Discarded reason) noexcept
    cppclass PieceSteps:
        StepResult (*open)(Worker* worker) noexcept nogil
        StepResult (*execute)(Worker* worker, uint64_t transaction) noexcept nogil
        StepResult (*close)(Worker* worker, const Deposits* deposits) noexcept nogil
    cppclass StepPlace:
        uint32_t worker
    cppclass PieceWorker:
        Worker* worker
        PieceSource source
        uint64_t executed
        uint64_t busy
    cppclass PieceWork:
        PieceSteps steps
        vector[PieceWorker] workers
        vector[uint64_t] began
        vector[uint64_t] ended
        vector[StepPlace] places
        ListedState list
        void begin(size_t transactions, size_t workers, const uint8_t* list, size_t length) except +
        void begin(const BlockInput& input, size_t workers, cbool is_dealt) except +
        size_t pieces() noexcept
        @staticmethod
        size_t pieces_of(size_t transactions, size_t workers) noexcept
        uint64_t longest() noexcept
        Discarded discarded() noexcept
        void work(size_t number) except +
        cbool conclude(Settlement& settlement) except +
        void give(StepRecords& records) except +

cdef struct Watcher:
    # What a worker looks at to see whether to stop.
    const Watch* watch
    Listener listener

cdef class EvmPieces(BlockRun):
    cdef PackedBlock block
    cdef World world
    cdef Direct direct
    cdef PieceWork pieces
    cdef Settlement settlement
    cdef vector[Watcher] watchers
    cdef EvmRun shared              # whose workers work here too
    cdef bytes proposed             # the access list that the pieces start from
    cdef bint recording
    cdef bint learning
