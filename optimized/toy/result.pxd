# What a block of the toy machine did: the ledger's memory, and its Python form.

from libc.stdint cimport uint32_t, uint64_t

from samestate.optimized.toy.ledger cimport Ledger
from samestate.optimized.toy.packing cimport PackedBlock
from samestate.optimized.words.word cimport Word

cdef class ToyResult:
    cdef Ledger ledger
    cdef readonly PackedBlock block
    cdef readonly object rejection
    cdef public object make_metrics
    cdef object _metrics
    cdef public object trace
    cdef void* _allocated
    cdef object _receipts
    cdef object _changes
    cdef object _steps

    cdef void* _array(self, uint64_t count, uint64_t size, bint zeroed) except NULL
    cdef void lay_out(self, bint recording) except *
    cdef void conclude(self) except *
    cdef object _value(self, uint32_t key, const Word* word)
    cdef tuple _source(self, uint32_t newest)
